import { readReport } from "../../nodes";

test("a node that did not tell everything was not looked at", () => {
  expect(() => readReport('{"files":[],"uptime":3,"units":[]}')).toThrow(
    "the report lacks tree, needed, written, processes, open, envoys, edges",
  );
  for (const text of ["", "noise", "null", '{"files":']) {
    expect(() => readReport(text)).toThrow("it printed no report");
  }
});
