import { describe, expect, test } from "vitest";
import { seeded } from "#client/lab/seeded.ts";
import { chanceTail, mutualInformation, permutedLeakage, wilson } from "#client/lab/statistics.ts";

describe("Wilson's interval", () => {
  test.each([
    [20, 20, 0.84, 1],
    [0, 20, 0, 0.16],
    [0, 300, 0, 0.013],
  ])("%i of %i gives the figures of the reference", (hits, of, low, high) => {
    const [from, to] = wilson(hits, of)!;
    expect(from).toBeCloseTo(low, 2);
    expect(to).toBeCloseTo(high, 2);
  });

  test("nothing measured has no interval", () => {
    expect(wilson(0, 0)).toBeNull();
  });
});

describe("the tail of chance", () => {
  // By hand: sums of single terms, with factorials as logarithms.
  test.each([
    [7, 60, 1 / 40, 7.385430881521173e-4],
    [2, 150, Math.exp(-8), 1.2167157301665424e-3],
    [20, 1000, 0.01, 3.2883597877312754e-3],
    [12, 12, 1 / 11, 3.1863081771035635e-13],
    [30, 60, 1 / 40, 4.9213940954382564e-32],
  ])("%i of %i at a chance of %f is as rare as it is", (hits, of, chance, p) => {
    expect(chanceTail(hits, of, chance) / p).toBeCloseTo(1, 8);
  });

  test("nothing hit is sure, more than there are never, and no chance gives no hit", () => {
    expect(chanceTail(0, 60, 0.1)).toBe(1);
    expect(chanceTail(61, 60, 0.1)).toBe(0);
    expect(chanceTail(1, 60, 0)).toBe(0);
    expect(chanceTail(60, 60, 1)).toBe(1);
    expect(chanceTail(1, 0, 0.5)).toBe(1);
  });
});

describe("leakage", () => {
  test("a label that follows from another tells its whole entropy", () => {
    const xs = ["a", "b", "a", "b"];
    expect(mutualInformation(xs, ["1", "2", "1", "2"])).toBeCloseTo(1, 12);
    expect(mutualInformation(xs, ["1", "1", "1", "1"])).toBe(0);
  });

  test("what is only chance is taken away again", () => {
    const choices = seeded("test", 3);
    const xs = Array.from({ length: 60 }, () => String(choices.below(8)));
    const ys = Array.from({ length: 60 }, () => String(choices.below(2)));
    const leakage = permutedLeakage(xs, ys, seeded("permutation", 1))!;
    expect(leakage.plugIn).toBeGreaterThan(0.02);
    expect(leakage.bits).toBeLessThan(0.08);
    expect(leakage.p).toBeGreaterThan(0.05);
  });
});

describe("seeded choices", () => {
  test("depend on purpose and seed alone", () => {
    const draw = (purpose: string, seed: number) => {
      const choices = seeded(purpose, seed);
      return Array.from({ length: 20 }, () => choices.below(1_000));
    };
    expect(draw("a", 1)).toEqual(draw("a", 1));
    expect(draw("a", 1)).not.toEqual(draw("b", 1));
    expect(draw("a", 1)).not.toEqual(draw("a", 2));
  });

  test("a shuffle keeps every value", () => {
    const values = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = seeded("s", 1).shuffle(values);
    expect(shuffled).not.toEqual(values);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(values);
  });
});
