// Finds or makes one part and prints where it is: `tsx toolchain/part.ts consul`.
import { type Part, part } from "./parts";

part(process.argv[2] as Part, (line) => console.error(line)).then(console.log, (error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
