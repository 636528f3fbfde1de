import { expect, test } from "vitest";
import type { ScoredRun } from "#client/lab/result.ts";
import { exactControl, levelControl, noneAtMost } from "#client/lab/rigs/chance-control.ts";
import { chanceTail } from "#client/lab/statistics.ts";

const exact = (kind: "positive" | "null", hits: number, of: number) =>
  exactControl({ kind, name: "a control", bundle: "evidence", hits, of, what: "messages read" });

test("a positive control must hit everything, and a null control nothing", () => {
  expect(exact("positive", 12, 12).ok).toBe(true);
  expect(exact("positive", 11, 12).ok).toBe(false);
  expect(exact("null", 0, 12).ok).toBe(true);
  expect(exact("null", 1, 12).ok).toBe(false);
});

test.each(["positive", "null"] as const)("a %s control of nothing at all does not hold", (kind) => {
  expect(exact(kind, 0, 0).ok).toBe(false);
});

test("a null control tells of how many it speaks and what it excludes, and only where it held", () => {
  expect(exact("null", 0, 20).measured).toBe(
    "0 of 20 messages read; a share above 29 % is excluded at 0.1 %",
  );
  expect(exact("null", 2, 20).measured).toBe("2 of 20 messages read");
});

test.each([1, 8, 24, 1000])(
  "of %i, none is seen once in a thousand at the share it excludes",
  (of) => {
    // By the binomial tail: at least one is seen in all other runs.
    expect(chanceTail(1, of, noneAtMost(of))).toBeCloseTo(0.999, 9);
  },
);

test("what chance does once in a thousand runs passes a null control no more", () => {
  const of = (kind: "positive" | "null", p: number) =>
    levelControl(
      { kind, name: "a control", run: { bundle: "evidence" } as ScoredRun },
      p,
      "3 of 9",
    );
  expect(of("null", 0.001).ok).toBe(true);
  expect(of("null", 0.0009).ok).toBe(false);
  expect(of("positive", 0.0009).ok).toBe(true);
  expect(of("positive", 0.001).ok).toBe(false);
});
