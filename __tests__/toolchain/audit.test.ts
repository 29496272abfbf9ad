import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goAudit, npmAudit } from "../../toolchain/advisories";
import { byLicence, licenceIn, licenceOf, npmLicences } from "../../toolchain/licences";

const printed = (exitCode: number, stdout: string, stderr = "") => ({ exitCode, stdout, stderr });

describe("licences", () => {
  const lock = {
    packages: {
      "": { version: "1.0.0", license: "MPL-2.0" },
      "node_modules/a": { version: "1.0.0", license: "MIT" },
      "node_modules/b/node_modules/@x/c": { version: "2.0.0" },
      "node_modules/b/node_modules/a": { version: "1.0.0", license: "MIT" },
      "node_modules/d": { version: "3.0.0", license: "ISC", dev: true },
    },
  };

  test("of npm's packages: each once, what runs apart from what builds", () => {
    expect(npmLicences(lock, false)).toEqual([
      { name: "@x/c", version: "2.0.0", licence: "not stated" },
      { name: "a", version: "1.0.0", licence: "MIT" },
    ]);
    expect(byLicence(npmLicences(lock, true))).toEqual(["ISC (1): d 3.0.0"]);
  });

  test("of this project's own lock file: none that runs is without one", () => {
    const own = npmLicences(JSON.parse(readFileSync("package-lock.json", "utf8")), false);
    expect(own.length).toBeGreaterThan(50);
    expect(own.filter(({ licence }) => licence === "not stated")).toEqual([]);
  });

  test("a text is known by its words", () => {
    expect(licenceOf(readFileSync("LICENSE", "utf8"))).toBe("MPL-2.0");
    expect(licenceOf("Apache License\n        Version 2.0, January 2004")).toBe("Apache-2.0");
    expect(licenceOf("Redistribution and use in source and binary forms ...\nNeither the name of")).toBe(
      "BSD-3-Clause",
    );
    expect(licenceOf("Redistribution and use in source and binary forms ...")).toBe("BSD-2-Clause");
    expect(licenceOf("Business Source License 1.1 ... Mozilla Public License, version 2.0")).toBe("BUSL-1.1");
    expect(licenceOf("All rights reserved.")).toBe("not stated");
  });

  test("of a folder: all of its texts", () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-licence-"));
    expect(licenceIn(folder)).toBe("not stated");
    writeFileSync(join(folder, "LICENSE-MIT"), "Permission is hereby granted, free of charge, to any person");
    writeFileSync(join(folder, "COPYING"), "GNU GENERAL PUBLIC LICENSE\n   Version 3");
    expect(licenceIn(folder)).toBe("GPL and MIT");
    rmSync(folder, { recursive: true });
  });
});

describe("a database that does not answer is no clean result", () => {
  test("npm", () => {
    expect(npmAudit(printed(1, '{"message": "405 Method Not Allowed", "error": {}}'))).toEqual({
      of: "npm",
      result: "unknown",
      text: "405 Method Not Allowed",
    });
    expect(npmAudit(printed(1, "", "npm error network"))).toMatchObject({
      result: "unknown",
      text: "npm error network",
    });
    expect(npmAudit(printed(0, '{"vulnerabilities": {}}'))).toMatchObject({ result: "clean", text: "" });
    const one = { a: { name: "a", severity: "high", range: "<2", fixAvailable: false } };
    expect(npmAudit(printed(1, JSON.stringify({ vulnerabilities: one })))).toMatchObject({
      result: "found",
      text: "a <2: high, and no version without it",
    });
  });

  test("Go", () => {
    expect(goAudit("node", printed(0, "No vulnerabilities found."))).toMatchObject({ of: "node", result: "clean" });
    expect(goAudit("node", printed(1, "", "govulncheck: no such host\nexit status 1"))).toMatchObject({
      result: "unknown",
      text: "govulncheck: no such host\nexit status 1",
    });
    expect(goAudit("node", printed(1, "Vulnerability #1: GO-1\n", "exit status 3"))).toMatchObject({ result: "found" });
  });
});
