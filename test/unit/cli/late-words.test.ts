import { expect, test } from "vitest";
import { lateWords, parseLate } from "#client/cli/late-words.ts";

test.each([
  [{ epochs: 1, windowMs: 120_000 }, "late messages of 1 past epoch are read, for 2m at most"],
  [{ epochs: 8, windowMs: 86_400_000 }, "late messages of 8 past epochs are read, for 1d at most"],
  [{ epochs: 0, windowMs: 120_000 }, "no key of a past epoch is kept for late messages"],
  [{ epochs: 4, windowMs: 0 }, "no key of a past epoch is kept for late messages"],
])("%o reads: %s", (rule, words) => {
  expect(lateWords(rule)).toBe(words);
});

test("what is not said stays the product's to choose", () => {
  expect(parseLate({})).toEqual({ lateEpochs: null, lateWindowMs: null });
  expect(parseLate({ lateEpochs: "0", lateWindow: "30m" })).toEqual({
    lateEpochs: 0,
    lateWindowMs: 1_800_000,
  });
});

test.each([
  { lateEpochs: "9" },
  { lateEpochs: "-1" },
  { lateEpochs: "1.5" },
  { lateEpochs: "" },
  { lateEpochs: "10" },
  { lateWindow: "soon" },
  { lateWindow: "0m" },
])("refuses %o", (options) => {
  expect(() => parseLate(options)).toThrow(expect.objectContaining({ code: "usage" }));
});
