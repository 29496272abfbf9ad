/** Resources that another one waits for. */
import { dependable, type ITerraformDependable, TerraformResource } from "cdktf";

/**
 * The addresses that stand in `depends_on`, for a resource to take once it is constructed: its constructor would make
 * two tokens of each, only for the address to be looked up again in the end.
 */
export function addressesOf(resources: readonly ITerraformDependable[] | undefined): string[] | undefined {
  return resources?.map((one) =>
    TerraformResource.isTerraformResource(one)
      ? `${one.terraformResourceType}.${one.friendlyUniqueId}`
      : dependable(one),
  );
}
