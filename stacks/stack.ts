/**
 * The base of both stacks. Two steps of its synthesis look up the tokens in every value of a stack, three times in
 * all, where few values have any: in a large mesh that was half of the work. Here each value is looked up once, and only
 * where there is a token. A test holds what comes out against what cdktf itself would write.
 */
import { DefaultTokenResolver, StringConcat, TerraformElement, TerraformStack, Token, Tokenization } from "cdktf";

type Block = { [name: string]: unknown };

export class Stack extends TerraformStack {
  /** cdktf looks for references to other stacks here; ours have none. */
  override prepareStack(): void {
    this.ensureBackendExists();
  }

  /** The whole of cdk.tf.json: all that its elements say. */
  override toTerraform(): Block {
    const metadata = { version: this.node.getContext("cdktfVersion"), stackName: this.node.id };
    const document = { "//": { metadata, outputs: {} } };
    for (const element of this.node.findAll().filter(TerraformElement.isTerraformElement)) {
      merge(metadata, this.resolved(element.toMetadata()));
      merge(document, this.resolved(element.toTerraform()));
    }
    return document;
  }

  /** It would not be written. */
  override addOverride(path: string): never {
    throw new Error(`an override of a whole stack (${path}) is not supported: put it on the resource`);
  }

  private resolved(block: Block): Block {
    return hasToken(block) ? Tokenization.resolve(block, { scope: this, resolver }) : block;
  }
}

const resolver = new DefaultTokenResolver(new StringConcat());

/** Whether cdktf would find a token in here; rather once too often than once too rarely. */
function hasToken(value: unknown): boolean {
  if (typeof value === "string") return mayBeToken(value);
  if (typeof value === "number") return Token.isUnresolved(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasToken) || (typeof value[0] === "number" && Token.isUnresolved(value));
  if (Tokenization.isResolvable(value)) return true;
  return Object.entries(value).some(([key, inner]) => mayBeToken(key) || hasToken(inner));
}

/** A token that became text is `${TfToken[...]}`, or a number of this size when it was one before. */
function mayBeToken(text: string): boolean {
  return text.includes("TfToken[") || text.includes("e+298");
}

/** Puts the parts of one block into another that has been begun. */
function merge(into: Block, from: Block): void {
  for (const [name, value] of Object.entries(from)) {
    const begun = into[name];
    if (isBlock(begun) && isBlock(value)) merge(begun, value);
    else if (Array.isArray(begun) && Array.isArray(value)) into[name] = [...begun, ...value];
    else if (value !== undefined) into[name] = value;
  }
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
