import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barsOf, burstsOf, eventScore, shapeScore } from "#client/lab/algorithms/correlation.ts";
import { rocInterval, rocOf } from "#client/lab/algorithms/roc.ts";
import { seeded } from "#client/lab/seeded.ts";

describe("events", () => {
  test("are packets with a pause before them", () => {
    expect(burstsOf([0, 0.2, 0.4, 2, 2.9, 5], 1)).toEqual([0, 2, 5]);
    expect(burstsOf([0, 0, 3], 0)).toEqual([0, 3]);
    expect(burstsOf([], 1)).toEqual([]);
  });

  test("that all are followed score high, and none score low", () => {
    const channel = [10, 30, 50, 70];
    const member = channel.map((time) => time + 0.5);
    const other = [5, 25, 45, 65];
    expect(eventScore(channel, member, 2, 100)).toBeGreaterThan(2);
    expect(eventScore(channel, other, 2, 100)).toBeLessThan(0);
    // By hand: λ = 4/100, p = 1 − exp(−.08), (4 − 4p)/√(4p(1−p)).
    const p = 1 - Math.exp(-0.08);
    const expected = (4 - 4 * p) / Math.sqrt(4 * p * (1 - p));
    expect(eventScore(channel, member, 2, 100)).toBeCloseTo(expected, 12);
  });

  test("of nobody score nothing", () => {
    expect(eventScore([], [1], 2, 100)).toBe(0);
    expect(eventScore([1], [], 2, 100)).toBe(0);
  });
});

describe("shapes", () => {
  test("that are alike correlate fully, also a bar late", () => {
    const bars = barsOf([1, 3, 3.5, 9], 2, 12);
    expect([...bars]).toEqual([1, 2, 0, 0, 1, 0]);
    expect(shapeScore(bars, bars, 0)).toBeCloseTo(1, 12);
    const late = barsOf([3, 5, 5.5, 11], 2, 12);
    expect(shapeScore(bars, late, 0)).toBeLessThan(0.5);
    expect(shapeScore(bars, late, 1)).toBeGreaterThan(0.9);
  });

  test("that do not vary tell nothing", () => {
    const even = barsOf([1, 3, 5, 7], 2, 8);
    expect(shapeScore(even, barsOf([1], 2, 8), 1)).toBe(0);
  });
});

describe("a ROC", () => {
  test("by hand", () => {
    expect(rocOf([3, 4], [1, 2])).toEqual({ auc: 1, tprAt1Pct: 1 });
    expect(rocOf([1, 2], [3, 4])).toEqual({ auc: 0, tprAt1Pct: 0 });
    expect(rocOf([1, 1], [1, 1])).toEqual({ auc: 0.5, tprAt1Pct: 0 });
    expect(rocOf([2, 3], [1, 2]).auc).toBe(0.875);
  });

  test("turned round is the rest, for any scores", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(scores, scores, (a, b) => {
        expect(rocOf(a, b).auc + rocOf(b, a).auc).toBeCloseTo(1, 9);
      }),
    );
  });

  test("lies in its interval, which more scores make narrower", () => {
    const choices = seeded("roc", 1);
    const draw = (n: number, shift: number) =>
      Array.from({ length: n }, () => choices.next() + shift);
    const width = (n: number) => {
      const [members, others] = [draw(n, 0.3), draw(n, 0)];
      const { auc } = rocInterval(members, others, choices);
      expect(rocOf(members, others).auc).toBeGreaterThanOrEqual(auc[0]);
      expect(rocOf(members, others).auc).toBeLessThanOrEqual(auc[1]);
      return auc[1] - auc[0];
    };
    expect(width(400)).toBeLessThan(width(25));
  });
});
