import { judgeCallsOut, type OtherFacts } from "../../preflight/judge-calls-out";
import { mesh } from "../support/parts";

const declared = mesh({ others: [{ name: "legacy", protocol: "http" }] });
const facts = (changes: Partial<OtherFacts> = {}): OtherFacts => ({
  name: "legacy",
  instances: 1,
  protocol: "http",
  refused: [],
  ...changes,
});
const judged = (changes?: Partial<OtherFacts>) =>
  judgeCallsOut(declared, [facts(changes)]).map(({ severity, where, found }) => [severity, where.what, found]);

test("one that is there, speaks as declared and may be called", () => {
  expect(judged()).toEqual([]);
  expect(judged({ protocol: undefined })).toEqual([]);
});

test("one that is not registered: its protocol is not known yet", () => {
  expect(judged({ instances: 0, protocol: "tcp" })).toEqual([
    ["warning", "consul.services.legacy", "Consul's catalogue has no service legacy"],
  ]);
});

test("another protocol than declared is a problem", () => {
  expect(judged({ protocol: "tcp" })).toEqual([
    ["problem", "consul.services.legacy", "Consul has tcp as the protocol of legacy, and http is declared"],
  ]);
});

test("calls that its intentions refuse are named", () => {
  expect(judged({ refused: ["frontend", "edge"] })).toEqual([
    ["warning", "consul.services.legacy", "no intention of legacy allows calls of frontend, edge"],
  ]);
});
