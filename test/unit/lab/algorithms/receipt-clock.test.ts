import { mean } from "simple-statistics";
import { describe, expect, test } from "vitest";
import {
  balancedAccuracy,
  fitMixture,
  slowness,
  slowStretch,
} from "#client/lab/algorithms/receipt-clock.ts";
import { seeded } from "#client/lab/seeded.ts";

const choices = seeded("receipt clock", 1);
/** Normal by the sum of twelve uniform numbers: near enough for these bounds. */
const normal = (centre: number, deviation: number) =>
  centre +
  deviation * (Array.from({ length: 12 }, () => choices.next()).reduce((a, b) => a + b) - 6);
const draw = (count: number, centre: number, deviation: number) =>
  Array.from({ length: count }, () => normal(centre, deviation));

describe("a mixture of two kinds of answers", () => {
  test("finds the share, mean and deviation of each within four standard errors", () => {
    const [fast, slow] = [draw(3_000, 0, 0.5), draw(1_000, 4, 0.8)];
    const found = fitMixture(choices.shuffle([...fast, ...slow]));
    expect(Math.abs((found?.fast.mean ?? 9) - mean(fast))).toBeLessThan(
      (4 * 0.5) / Math.sqrt(3_000),
    );
    expect(Math.abs((found?.slow.mean ?? 9) - mean(slow))).toBeLessThan(
      (4 * 0.8) / Math.sqrt(1_000),
    );
    expect(found?.slow.share).toBeCloseTo(0.25, 1);
    expect(found?.slow.deviation).toBeCloseTo(0.8, 1);
  });

  test("says of a delay of which kind it is", () => {
    const found = fitMixture([...draw(200, 0, 0.5), ...draw(200, 4, 0.5)]);
    if (found === null) throw new Error("there is a mixture");
    expect(slowness(found, 0)).toBeLessThan(0.01);
    expect(slowness(found, 4)).toBeGreaterThan(0.99);
  });

  test("of too few answers is none, and answers that are all alike break nothing", () => {
    expect(fitMixture([1, 2, 3])).toBe(null);
    const alike = fitMixture([2, 2, 2, 2, 2]);
    expect(alike?.fast.mean).toBeCloseTo(2);
    expect(alike?.slow.mean).toBeCloseTo(2);
  });
});

describe("the slow stretch", () => {
  test("is found where it is, at either end and in the middle", () => {
    for (const at of [0, 20, 36]) {
      const values = Array.from({ length: 48 }, (_, index) =>
        index >= at && index < at + 12 ? 3 : 0,
      );
      expect(slowStretch(values, 4)).toMatchObject({ from: at, until: at + 12 });
    }
  });

  test("is none among values that do not differ, and none shorter than asked for", () => {
    expect(slowStretch([1, 1, 1, 1, 1, 1], 2)).toBe(null);
    expect(slowStretch([0, 0, 9, 0, 0, 0, 0, 0], 3)?.until).toBeGreaterThanOrEqual(3);
    expect(slowStretch([], 2)).toBe(null);
  });

  test("is the one that an exhaustive search by sums of squares finds", () => {
    for (let trial = 0; trial < 30; trial++) {
      const values = draw(14, 0, 1);
      const squares = (part: readonly number[]) => {
        const centre = part.length === 0 ? 0 : mean([...part]);
        return part.reduce((sum, value) => sum + (value - centre) ** 2, 0);
      };
      let best = { cost: Number.POSITIVE_INFINITY, from: 0, until: 0 };
      for (let from = 0; from <= 12; from++) {
        for (let until = from + 2; until <= 14 && until - from <= 12; until++) {
          const [inside, outside] = [
            values.slice(from, until),
            [...values.slice(0, from), ...values.slice(until)],
          ];
          if (mean(inside) <= mean(outside)) continue;
          const cost = squares(inside) + squares(outside);
          if (cost < best.cost - 1e-12) best = { cost, from, until };
        }
      }
      expect(slowStretch(values, 2)).toMatchObject({ from: best.from, until: best.until });
    }
  });
});

test("balanced accuracy weighs day and night alike, and needs both", () => {
  const truth = [true, false, false, false];
  expect(balancedAccuracy(truth, [true, false, false, false])).toBe(1);
  expect(balancedAccuracy(truth, [false, false, false, false])).toBe(0.5);
  expect(balancedAccuracy(truth, [false, true, true, true])).toBe(0);
  expect(balancedAccuracy([false, false], [false, false])).toBe(null);
});
