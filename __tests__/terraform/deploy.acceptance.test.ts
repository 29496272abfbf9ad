/** The order of a deploy, with a shell program in Terraform's place. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FakeProject } from "../support/fake-project";

jest.setTimeout(180_000);

const project = new FakeProject();
const state = join(project.folder, "mesh.tfstate");
const program = { provisioner: [{ "remote-exec": { inline: ["#!/bin/sh\nRESOURCE='a'\nCREATION='${self.id}'\n"] } }] };

beforeAll(() => {
  project.synthesized("cluster", {
    terraform: { backend: { local: { path: join(project.folder, "cluster.tfstate") } } },
  });
  project.synthesized("mesh", {
    terraform: { backend: { local: { path: state } } },
    resource: { null_resource: { a: program } },
  });
  const instances = [{ attributes: { id: "17", triggers: { machine: "m1" } } }];
  writeFileSync(state, JSON.stringify({ resources: [{ type: "null_resource", name: "a", instances }] }));
});

afterAll(() => project.remove());

/** Terraform, which asks where it is not approved, and ends with 1 when it is told no. */
const ASKS =
  'case "$*" in apply*-auto-approve*) ;; apply*) read -r answer; echo "answer $answer" ; [ "$answer" = yes ] ;; esac';

const deploy = (ran: object, terraform = ASKS, args = ["-auto-approve"]) =>
  project.run(
    `require("${resolve("terraform/deploy.ts")}").deploy(${JSON.stringify(args)}, { preflight: async () => (${JSON.stringify(ran)}) })`,
    terraform,
  );

const onM1 = (creations: object, believed = false) => ({ m1: { creations, believed, binaries: [] } });

test("Terraform is told yes where the nodes know all that the state has", async () => {
  const { exitCode, calls } = await deploy(onM1({ a: "17" }));
  expect(exitCode).toBe(0);
  expect(calls.filter((call) => call.includes(" apply"))).toEqual(["cluster apply", "mesh apply"]);
});

test("a program that a killed deploy left in the state without running it runs again, and nothing is applied before", async () => {
  const { exitCode, calls, text } = await deploy(onM1({}));
  expect(exitCode).toBe(0);
  expect(calls.filter((call) => call.includes(" apply"))).toEqual([
    "cluster apply",
    "mesh apply",
    "cluster apply -auto-approve",
    "mesh apply -auto-approve -replace=null_resource.a",
  ]);
  expect(text).toContain("An earlier deploy of mesh was killed");
  expect(text).toContain("They run again: null_resource.a");
});

test("where a person is asked, the first plan has it already", async () => {
  const { calls } = await deploy(onM1({ a: "16" }), "", []);
  expect(calls.filter((call) => call.includes(" apply"))).toEqual([
    "cluster apply",
    "mesh apply -replace=null_resource.a",
  ]);
});

test("the preflight's exit code counts, and Terraform is told no", async () => {
  const ended = `require("${resolve("terraform/ended.ts")}").Ended`;
  const { exitCode, text } = await project.run(
    `require("${resolve("terraform/deploy.ts")}").deploy(["-auto-approve"], { preflight: async () => { throw new (${ended})(2) } })`,
    ASKS,
  );
  expect(exitCode).toBe(2);
  expect(text).toContain("answer no");
});

test("Ctrl-C while a stack is applied begins no later stack, though Terraform ended with 0", async () => {
  const { exitCode, calls, text } = await deploy(
    {},
    `${ASKS}; case $1 in apply) trap '' INT; kill -INT 0; sleep 1; exit 0 ;; esac`,
  );
  expect(exitCode).toBe(3);
  expect(calls.filter((call) => call.startsWith("mesh"))).toEqual([]);
  expect(text).toContain("Interrupted: mesh and what follows it were not deployed.");
});
