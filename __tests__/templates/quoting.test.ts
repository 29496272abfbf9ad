import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { parse as parseYaml } from "yaml";
import type { HealthDeclaration } from "../../model";
import { terraformLines, terraformLiteral, terraformString } from "../../stacks";
import { instanceRelease } from "../../templates";
import { render } from "../../templates/engine";
import { shellWord, yamlString } from "../../templates/escape";
import { content, instanceOf, mesh, service } from "../support/parts";
import { cases } from "../support/random";
import { readEnvironmentFile, readExecStart, readHclStrings } from "../support/readers";
import { readInline, readTemplate, readText } from "../support/terraform-text";

// Text that the model lets through: any without control characters and lone surrogates, with the troublemakers of
// shell, hcl, systemd and Terraform more often than chance would have them.
const nasty = fc.constantFrom(
  "$",
  "{",
  "}",
  "%",
  "${",
  "%{",
  "$$",
  "%%",
  '"',
  "'",
  "\\",
  "`",
  ";",
  " ",
  "#",
  "=",
  "$(",
  "~{",
  "é",
  "😀",
);
const text = fc
  .array(fc.oneof(nasty, fc.string({ unit: "grapheme" })), { maxLength: 12 })
  .map((parts) => parts.join("").replace(/\p{Cc}/gu, ""));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);

describe("what a person wrote comes out unchanged", () => {
  test("as arguments in a unit", () => {
    fc.assert(
      fc.property(fc.array(text), (args) => {
        const { files } = instanceRelease(mesh(), instanceOf(service({ args })));
        const words = readExecStart(content(files, "/etc/systemd/system/frontend.service"));
        expect(words.slice(1)).toEqual(args);
      }),
    );
  });

  test("as environment in an environment file", () => {
    fc.assert(
      fc.property(fc.dictionary(name, text), (env) => {
        const { files } = instanceRelease(mesh(), instanceOf(service({ env })));
        expect(readEnvironmentFile(content(files, "/opt/gatehouse/env/frontend.env"))).toEqual({ ...env });
      }),
    );
  });

  test("as a health check's path in hcl, and its script in a unit", () => {
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1 }), (path, script) => {
        expect(readHclStrings(definition({ http: `/${path}` }), "http")).toEqual([`http://127.0.0.1:9001/${path}`]);
        const { files } = instanceRelease(
          mesh(),
          instanceOf(service({ health: { script, interval: "2s", timeout: "1s" } })),
        );
        const unit = content(files, "/etc/systemd/system/gatehouse-health-frontend.service");
        expect(readExecStart(unit).slice(3)).toEqual(script);
      }),
    );
  });

  test("as a word in a shell", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (words) => {
        const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], {
          encoding: "utf8",
        });
        expect(printed.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: cases(50) },
    );
  });

  test("as a scalar in YAML", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(parseYaml(`key: ${yamlString(value)}`)).toEqual({ key: value });
      }),
    );
  });

  test("as a Terraform argument", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(readTemplate(terraformLiteral(value))).toBe(value);
      }),
    );
  });

  const lines = fc.array(fc.oneof(text, fc.constantFrom("", "\r")), { minLength: 1 }).map((all) => all.join("\n"));

  test("as lines of a Terraform argument", () => {
    fc.assert(
      fc.property(lines, (value) => {
        expect(readText(terraformString(value))).toBe(value);
        expect(terraformString(value)).not.toMatch(/[\n\r]/);
      }),
    );
  });

  test("as lines of a program", () => {
    fc.assert(
      fc.property(lines, (value) => {
        fc.pre(value !== "");
        const inline = terraformLines(value);
        expect(readInline(inline)).toBe(value);
        for (const line of inline) expect(line.replace(/^\n+|\n+$/g, "")).not.toContain("\n");
      }),
    );
  });
});

test("a template that lacks a value is an error", () => {
  expect(() => render("consul/ingress-gateway.hcl", { name: "x", mesh: "lab" })).toThrow(/readyUrl/);
});

test("a template language without escaping is refused", () => {
  expect(() => render("shell/run.sh", {})).toThrow("no escaping is known for templates named *.sh");
});

function definition(health: HealthDeclaration): string {
  const { files } = instanceRelease(
    mesh(),
    instanceOf(service({ health: { ...health, interval: "2s", timeout: "1s" } })),
  );
  return content(files, "/etc/consul.d/frontend.hcl");
}
