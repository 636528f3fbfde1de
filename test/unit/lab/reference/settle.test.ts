import { describe, expect, test } from "vitest";
import { settle } from "#client/lab/reference/settle.ts";

const parameters = {
  users: { value: 20, words: "users of the mix", source: "LEAKLAB" },
  strategy: { value: "majority", words: "what colluders do", source: "paper" },
} as const;

const settled = (...changes: string[]) => settle("sample", parameters, changes);

describe("parameters of a reference", () => {
  test("are its own, with what was changed marked as such", () => {
    const { number, text, changed, all } = settled("users=7");
    expect([number("users"), text("strategy"), [...changed]]).toEqual([7, "majority", ["users"]]);
    expect([all.users?.source, all.strategy?.source]).toEqual(["set here", "paper"]);
  });

  test.each([
    ["people=7", 'sample has no parameter "people"; there are users, strategy'],
    ["constructor=1", 'sample has no parameter "constructor"'],
    ["__proto__=1", 'sample has no parameter "__proto__"'],
    ["users", "users: expected users=value"],
    ["users=", "users=: expected a number"],
    ["users=many", "users=many: expected a number"],
    ["users=Infinity", "users=Infinity: expected a number"],
  ])("%s is refused, and the message names it", (change, message) => {
    expect(() => settled(change)).toThrow(message);
  });
});
