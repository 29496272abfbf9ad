/** Licences of what this project is made with, as the packages themselves state them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package with its licence. */
export interface Licensed {
  name: string;
  version: string;
  licence: string;
}

export const NOT_STATED = "not stated";

interface LockFile {
  packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }>;
}

/**
 * The packages of a package-lock.json, sorted.
 * @param dev those that only building and testing need, or those that run
 */
export function npmLicences(lock: LockFile, dev: boolean): Licensed[] {
  const named = Object.entries(lock.packages)
    .filter(([path, { link, dev: forDevelopment = false }]) => path !== "" && !link && forDevelopment === dev)
    .map(([path, { version = "", license = NOT_STATED }]) => ({
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: license,
    }));
  const once = new Map(named.map((one) => [`${one.name} ${one.version}`, one])); // npm has some in several folders
  return [...once.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** By words that each licence has and the others before it in this list have not. */
const TEXTS: [licence: string, words: RegExp][] = [
  ["BUSL-1.1", /Business Source License 1\.1/],
  ["AGPL-3.0", /GNU AFFERO GENERAL PUBLIC LICENSE/],
  ["LGPL", /GNU LESSER GENERAL PUBLIC LICENSE/],
  ["GPL", /GNU GENERAL PUBLIC LICENSE\s+Version/],
  ["MPL-2.0", /Mozilla Public License,? [Vv]ersion 2\.0/],
  ["Apache-2.0", /Apache License\s+Version 2\.0/],
  ["MIT", /Permission is hereby granted, free of charge, to any person/],
  ["ISC", /Permission to use, copy, modify, and(?:\/or)? distribute this software/],
  ["BSD-3-Clause", /Redistribution and use in source and binary forms[\s\S]*Neither the name/i],
  ["BSD-2-Clause", /Redistribution and use in source and binary forms/],
  ["Unlicense", /This is free and unencumbered software/],
];

/** The licence that a text is. */
export const licenceOf = (text: string): string => TEXTS.find(([, words]) => words.test(text))?.[0] ?? NOT_STATED;

/** The licences in a package's folder: Go's modules state them nowhere else. */
export function licenceIn(folder: string): string {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying)/i.test(file));
  const found = files.map((file) => licenceOf(readFileSync(join(folder, file), "utf8")));
  return [...new Set(found)].sort().join(" and ") || NOT_STATED;
}

/** A paragraph for each licence, the frequent ones first. */
export function byLicence(packages: Licensed[]): string[] {
  const groups = new Map<string, Licensed[]>();
  for (const one of packages) groups.set(one.licence, [...(groups.get(one.licence) ?? []), one]);
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(
      ([licence, some]) => `${licence} (${some.length}): ${some.map((one) => `${one.name} ${one.version}`).join(", ")}`,
    );
}
