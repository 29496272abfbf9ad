/** A text file as it will stand on a machine. */
export interface MachineFile {
  /** Absolute path on the machine. */
  path: string;
  /** Octal, for example "0644". */
  mode: string;
  content: string;
}
