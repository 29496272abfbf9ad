/** Has gatehouse-node answer on a node: the one that is installed there, or one that is uploaded to look and removed again. */
import { readFileSync } from "node:fs";
import type { Finding } from "../findings";
import type { MeshNode } from "../model";
import { runAsLogin, runOn } from "../nodes";
import {
  isUpload,
  type PreflightQuestions,
  preflightScript,
  UPLOAD_COMMAND,
  uploadedScript,
  WANTED,
} from "../templates";
import type { Output } from "../toolchain";
import { NODE_MODULE, type NodeProgram, nodeProgram, nodeProgramVersion } from "../toolchain";
import { judgeArch } from "./judge-node";

/** Asks nodes, each program read and built once. */
export class Asker {
  private readonly version = nodeProgramVersion(NODE_MODULE);
  private readonly programs = new Map<MeshNode["arch"], Promise<NodeProgram>>();

  /**
   * The node's answer; a finding where no gatehouse-node can run.
   * @param begins called right before the node is asked
   */
  async ask(node: MeshNode, questions: PreflightQuestions, begins: () => void): Promise<Output | Finding> {
    begins();
    const installed = await runOn(node, preflightScript(questions, this.version));
    const [said, arch = ""] = installed.stdout.split("\t");
    if (said !== WANTED) return installed;
    const [wrong] = judgeArch(node, { arch: arch.trim() });
    if (wrong) return node.retired ? wrong : { ...wrong, blind: true };
    const { path, sha256 } = await this.program(node.arch);
    const uploaded = await runAsLogin(node, UPLOAD_COMMAND, readFileSync(path));
    const file = uploaded.stdout.trim();
    if (uploaded.exitCode !== 0 || !isUpload(file)) return uploaded;
    begins();
    return runOn(node, uploadedScript(questions, { file, sha256 }));
  }

  private program(arch: MeshNode["arch"]): Promise<NodeProgram> {
    const known = this.programs.get(arch) ?? nodeProgram(arch, (line) => console.error(line));
    this.programs.set(arch, known);
    return known;
  }
}
