// `eval "$(npm run -s env)"` gives a shell the choice of providers that Gatehouse's own commands make.

import { delimiter } from "node:path";
import { chooseProviders, outputFolder, settleProviders, terraformEnv } from "../terraform";

async function main(): Promise<void> {
  const choice = await chooseProviders((line) => console.error(line));
  settleProviders(outputFolder(), choice);
  const { PATH, ...rest } = { ...terraformEnv(), ...choice.env };
  for (const [name, value] of Object.entries(rest)) console.log(`export ${name}=${quote(value)}`);
  // npm puts its own folders into this process's PATH: only what was added belongs into the person's shell.
  if (PATH) console.log(`export PATH=${quote(PATH.split(delimiter)[0] ?? "")}":$PATH"`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
