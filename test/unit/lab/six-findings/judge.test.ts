import { describe, expect, test } from "vitest";
import type { Cell } from "#client/lab/matrix/cell.ts";
import type { Claim } from "#client/lab/six-findings/finding.ts";
import { armOf, judge } from "#client/lab/six-findings/judge.ts";

/** Cells of one metric, a share of `of` things each; null where there was nothing to measure. */
const cells = (of: number, ...hits: readonly (number | null)[]): Cell[] =>
  hits.map((each, at) => ({
    ...{ scenario: "s", file: "f", change: "", seed: at + 1, units: {}, cost: {}, broken: [] },
    metrics: { m: each === null ? null : each / of },
    shares: { m: [each ?? 0, each === null ? 0 : of] },
    software: "none",
  }));

const verdictOf = (claim: Claim, a: readonly Cell[], b: readonly Cell[] = []) =>
  judge(claim, { a: armOf("A", "m", a), b: armOf("B", "m", b) });

const less: Claim = { words: "w", kind: "less", arm: "a", than: "b" };
const more: Claim = { words: "w", kind: "more", arm: "a", than: "b" };
const same: Claim = { words: "w", kind: "same", arm: "a", as: "b", margin: 0.1 };

describe("a claim on differences", () => {
  test("holds when the whole interval keeps to its side, and the opposite then does not", () => {
    const [low, high] = [cells(10, 1, 2, 1, 2, 1, 2), cells(10, 8, 7, 8, 9, 8, 7)];
    expect(verdictOf(less, low, high)).toMatchObject({ verdict: "holds", isDifference: true });
    expect(verdictOf(more, high, low)).toMatchObject({ verdict: "holds" });
    expect(verdictOf(less, high, low).verdict).toBe("does not hold");
    expect(verdictOf(more, low, high).verdict).toBe("does not hold");
    expect(verdictOf(same, low, high).verdict).toBe("does not hold");
  });

  test("is not decided where the interval holds 0, and no difference at all is no proof of less", () => {
    const noise = verdictOf(less, cells(10, 4, 6, 5, 5, 6, 4), cells(10, 5, 5, 6, 4, 4, 5));
    expect(noise.verdict).toBe("not decided");
    const equal = cells(10, 5, 5, 5, 5, 5, 5);
    expect(verdictOf(less, equal, equal).verdict).not.toBe("holds");
    expect(verdictOf(more, equal, equal).verdict).not.toBe("holds");
  });

  test("that arms are the same needs an interval within the margin, not one that holds 0", () => {
    const equal = cells(10, 5, 5, 5, 5, 5, 5);
    expect(verdictOf(same, equal, equal).verdict).toBe("holds");
    const wide = verdictOf(same, cells(10, 0, 9, 1, 8, 2, 10), equal);
    expect(wide.interval?.[0]).toBeLessThan(0);
    expect(wide.interval?.[1]).toBeGreaterThan(0);
    expect(wide.verdict).toBe("not decided");
  });

  test("is paired by seed, and seeds that could not be measured do not count", () => {
    const [a, b] = [cells(100, 10, 20, 30, 40, 50, 60), cells(100, 11, 21, 31, 41, 51, 61)];
    expect(verdictOf(less, a, b)).toMatchObject({ verdict: "holds", value: expect.closeTo(-0.01) });
    const gap = cells(100, 10, 20, null, 40, 50, 60);
    expect(verdictOf(less, gap, b)).toMatchObject({ verdict: "not decided", interval: null });
  });

  test("is never decided from fewer than six seeds", () => {
    const [low, high] = [cells(10, 0, 0, 0, 0, 0), cells(10, 10, 10, 10, 10, 10)];
    for (const claim of [less, more, same]) {
      expect(verdictOf(claim, low, high).verdict).toBe("not decided");
    }
  });
});

describe("a claim on one arm", () => {
  test("about a share counts all seeds together, by Wilson's interval", () => {
    const below: Claim = { words: "w", kind: "below", arm: "a", bound: 0.01 };
    const none = verdictOf(below, cells(1000, 0, 0, 0, 0, 0, 0));
    expect(none).toMatchObject({ verdict: "holds", value: 0, isDifference: false });
    expect(none.interval?.[1]).toBeCloseTo(3.8415 / 6003.8415, 6);
    expect(verdictOf(below, cells(10, 0, 0, 0, 0, 0, 0)).verdict).toBe("not decided");
    expect(verdictOf(below, cells(1000, 30, 30, 30, 30, 30, 30)).verdict).toBe("does not hold");
    const above: Claim = { words: "w", kind: "above", arm: "a", bound: 0.1 };
    expect(verdictOf(above, cells(100, 30, 30, 30, 30, 30, 30)).verdict).toBe("holds");
    expect(verdictOf(above, cells(100, 2, 2, 2, 2, 2, 2)).verdict).toBe("does not hold");
  });

  test("about what is no share is not decided by counting", () => {
    const areas = cells(10, 5, 5, 5, 5, 5, 5).map((cell) => ({ ...cell, shares: {} }));
    const below: Claim = { words: "w", kind: "below", arm: "a", bound: 0.9 };
    expect(verdictOf(below, areas)).toMatchObject({ verdict: "not decided", interval: null });
    const at: Claim = { words: "w", kind: "at", arm: "a", value: 0.5, margin: 0.05 };
    expect(verdictOf(at, areas).verdict).toBe("holds");
    expect(verdictOf({ ...at, value: 0.8 }, areas).verdict).toBe("does not hold");
  });

  test("of which nothing was measured is not decided", () => {
    const nothing = cells(10, null, null, null, null, null, null);
    for (const kind of ["above", "below"] as const) {
      const claim: Claim = { words: "w", kind, arm: "a", bound: 0.5 };
      expect(verdictOf(claim, nothing)).toMatchObject({ verdict: "not decided", value: null });
    }
  });

  test("of an arm that is not there is a mistake of the programme", () => {
    expect(() => judge({ ...less, than: "c" }, { a: armOf("A", "m", []) })).toThrow();
  });
});
