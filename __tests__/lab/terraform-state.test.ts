import { anyReplaced } from "../../lab/terraform-state";

describe("the machines of last time were replaced", () => {
  test.each<[string, Record<string, string> | undefined, Record<string, string>, boolean]>([
    ["when nothing is known of last time", undefined, { a: "1" }, true],
    ["when one was made again", { a: "1", b: "1" }, { a: "1", b: "2" }, true],
    ["not when all are the same", { a: "1", b: "1" }, { a: "1", b: "1" }, false],
    ["not when there is one more", { a: "1" }, { a: "1", b: "1" }, false],
    ["not when there is one less", { a: "1", b: "1" }, { a: "1" }, false],
  ])("%s", (_case, before, now, expected) => {
    expect(anyReplaced(before, now)).toBe(expected);
  });
});
