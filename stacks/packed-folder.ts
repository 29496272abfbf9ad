/** Folders of the project as archives, next to what is synthesized: Terraform uploads files. In a run elsewhere they travel with it. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TerraformStack } from "cdktf";
import { addCustomSynthesis } from "cdktf/lib/synthesize/synthesizer";
import { Construct } from "constructs";
import { type Binary, FolderFault, packing } from "../model";

const ID = "packed-folders";
/** In the folder in which Terraform runs. */
const FOLDER = "assets/packed";

/** Where Terraform finds the archive of a folder. */
export function packedSource(scope: Construct, { path, sha256 }: Binary): string {
  const stack = TerraformStack.of(scope);
  const packed = (stack.node.tryFindChild(ID) as PackedFolders | undefined) ?? new PackedFolders(stack);
  packed.folders.set(sha256, path);
  return `\${path.module}/${FOLDER}/${sha256}.tar`;
}

class PackedFolders extends Construct {
  /** By SHA-256 of their archives. */
  readonly folders = new Map<string, string>();

  constructor(stack: TerraformStack) {
    super(stack, ID);
    addCustomSynthesis(this, {
      onSynthesize: ({ manifest }) => {
        const document = join(manifest.outdir, manifest.forStack(stack).synthesizedStackPath);
        writeArchives(join(dirname(document), FOLDER), this.folders);
      },
    });
  }
}

/** Those that are there already stay: each is whole, and its name is its SHA-256. Those of an earlier declaration go. */
function writeArchives(to: string, folders: ReadonlyMap<string, string>): void {
  mkdirSync(to, { recursive: true });
  const wanted = new Set([...folders.keys()].map((sha256) => `${sha256}.tar`));
  for (const name of readdirSync(to)) if (!wanted.has(name)) rmSync(join(to, name));
  for (const [sha256, folder] of folders) {
    const archive = join(to, `${sha256}.tar`);
    if (!existsSync(archive)) writeArchive(archive, folder, sha256);
  }
}

function writeArchive(archive: string, folder: string, sha256: string): void {
  const unfinished = `${archive}.unfinished`;
  try {
    if (writePieces(unfinished, folder) !== sha256) throw new FolderFault("", CHANGED, AGAIN);
  } catch (error) {
    rmSync(unfinished, { force: true });
    // It could be read when the declaration was checked.
    throw error instanceof FolderFault ? new FolderFault(join(folder, error.entry), CHANGED, AGAIN) : error;
  }
  renameSync(unfinished, archive);
}

const CHANGED = "the folder changed while it was packed";
const AGAIN = "let the build end, and try again";

/** Returns the SHA-256 of what it wrote. */
function writePieces(to: string, folder: string): string {
  const hash = createHash("sha256");
  const file = openSync(to, "w", 0o600);
  try {
    for (const piece of packing(folder)) {
      hash.update(piece);
      writeFileSync(file, piece);
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
