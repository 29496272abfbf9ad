/** The parts of the measured mesh that differ from run to run. */
export interface Declared {
  /** Pairs of a frontend and its backend have two. */
  services: number;
  /** A setting of the first frontend; another value is another release. @default none */
  revision?: string;
  /** One frontend without a backend more. @default no */
  added?: boolean;
}
