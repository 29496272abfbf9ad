/** A precondition that never holds: what is synthesized can be read, and Terraform refuses to plan it. */
import { terraformLiteral } from "./terraform-literal";

/** Terraform wants a condition to name something. */
const NEVER = '${path.module == ""}';

/** @param errorMessage says what is missing and what to do; a destroy goes on all the same */
export const refused = (errorMessage: string): { condition: string; errorMessage: string } => ({
  condition: NEVER,
  errorMessage: terraformLiteral(errorMessage),
});
