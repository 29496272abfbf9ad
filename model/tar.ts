/** Bytes of a tar archive: POSIX ustar, with a pax header for a name that does not fit. Without times and owners. */

export interface TarEntry {
  /** With `/` between its steps. */
  name: string;
  kind: "file" | "folder" | "link";
  /** For a file alone. */
  executable: boolean;
  /** Bytes of a file; 0 for others. */
  size: number;
  /** Where a link leads; empty for others. */
  target: string;
}

const BLOCK = 512;
/** Bytes that a header has for a name, and for the target of a link. */
const SHORT = 100;
const TYPES = { file: "0", folder: "5", link: "2" } as const;

/** Everything before the content of an entry. */
export function tarHeader({ name, kind, executable, size, target }: TarEntry): Buffer {
  const mode = kind === "file" && !executable ? 0o644 : 0o755;
  const records = (isShort(name) ? "" : record("path", name)) + (isShort(target) ? "" : record("linkpath", target));
  const content = Buffer.from(records);
  const pax = records ? [block("PaxHeader", 0o644, content.length, "x", ""), content, tarPadding(content.length)] : [];
  return Buffer.concat([...pax, block(short(name), mode, size, TYPES[kind], short(target))]);
}

/** Everything behind a content of so many bytes. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** The end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK);

/** Letters outside of ASCII have no agreed meaning in a header without pax. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const isShort = (text: string): boolean => text.length <= SHORT && /^[\x00-\x7f]*$/.test(text);
const short = (text: string): string => (isShort(text) ? text : "long");

/** "LENGTH key=value\n", where the length counts its own digits. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function block(name: string, mode: number, size: number, type: string, target: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  header.write(name, 0, "latin1");
  octal(mode, 100, 8);
  octal(0, 108, 8); // user root
  octal(0, 116, 8); // group root
  octal(size, 124, 12);
  octal(0, 136, 12); // 1970
  header.write("        ", 148, "latin1"); // the checksum counts itself as spaces
  header.write(type, 156, "latin1");
  header.write(target, 157, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
