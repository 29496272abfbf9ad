// Called by terraform.sh after a run was killed, with the folder of a stack whose state is a file here.
import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { repairInterrupted } from "./interrupted";

const folder = resolve(process.argv[2] ?? ".");
const file = join(folder, "cdk.tf.json");
const { terraform } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
const path: string | undefined = terraform?.backend?.local?.path;
const again = path ? repairInterrupted(path) : [];
if (again.length > 0) {
  console.error(`The last deploy of ${basename(folder)} was killed. Done again, to be sure: ${again.join(", ")}`);
}
