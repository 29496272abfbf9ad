/** How the text of a program stands in `inline`: line by line, for people, and what all programs share only once. */
import { TerraformLocal, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { runScript } from "../templates";
import { terraformLines, terraformLiteral } from "./terraform-literal";

const SHARED = "run";

/** The items of `inline`, which Terraform joins to the program. */
export function inlineOf(scope: Construct, program: string, when: "create" | "destroy"): string[] {
  const [before, after] = program.split(runScript());
  // On destroy Terraform allows no reference.
  if (when === "destroy" || before === undefined || after === undefined) return terraformLines(program);
  return [...terraformLines(before.slice(0, -1)), shared(scope), ...terraformLines(after)];
}

/**
 * A reference to the part that all programs have. It is most of a short program, and Terraform reads the text of each
 * resource some ten times a plan.
 */
function shared(scope: Construct): string {
  const stack = TerraformStack.of(scope);
  if (!stack.node.tryFindChild(SHARED)) {
    new TerraformLocal(stack, SHARED, terraformLiteral(runScript().slice(0, -1)));
  }
  return `\${local.${SHARED}}`;
}
