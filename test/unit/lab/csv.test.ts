import { expect, test } from "vitest";
import { csv } from "#client/lab/csv.ts";

test.each([
  ["plain", "plain"],
  ["a,b", '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ["two\nlines", '"two\nlines"'],
  ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
  ["@cmd", "'@cmd"],
  [-0.5, "-0.5"],
  [null, ""],
])("%j becomes %s", (value, cell) => {
  expect(csv(["x"], [[value]])).toBe(`x\n${cell}\n`);
});
