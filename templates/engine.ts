/**
 * Fills in the templates. Each language has its own engine whose escaping applies to every value, so that no template
 * can forget it; a value that is missing is an error.
 */
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { Liquid, type Template } from "liquidjs";
import { environmentValue, hclString, systemdWord, yamlString } from "./escape";

const escapes: Record<string, (text: string) => string> = {
  ".hcl": hclString,
  ".service": systemdWord,
  ".socket": systemdWord,
  ".env": environmentValue,
  ".yaml": yamlString,
};

const engines = new Map<string, Liquid>();
const parsed = new Map<string, Template[]>();
const texts = new Map<string, string>();

function engineFor(language: string): Liquid {
  let engine = engines.get(language);
  if (!engine) {
    const escaping = escapes[language];
    if (!escaping) throw new Error(`no escaping is known for templates named *${language}`);
    engine = new Liquid({
      strictFilters: true,
      strictVariables: true,
      outputEscape: (value: unknown) => (typeof value === "string" ? escaping(value) : String(value)),
    });
    engines.set(language, engine);
  }
  return engine;
}

/** A file of this folder as it is. Read once: every program has the same ones. */
export function readTemplate(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(join(__dirname, name), "utf8");
    texts.set(name, text);
  }
  return text;
}

/**
 * Renders a template of this folder.
 * @param name path below `templates/`; its ending decides how values are escaped
 * @throws when the template uses a value that is not given
 */
export function render(name: string, values: object): string {
  const engine = engineFor(extname(name));
  let template = parsed.get(name);
  if (!template) {
    template = engine.parse(readTemplate(name));
    parsed.set(name, template);
  }
  return engine.renderSync(template, values);
}
