import { describe, expect, test } from "vitest";
import { seeded } from "#client/lab/seeded.ts";
import { mutualInformation, permutedLeakage, wilson } from "#client/lab/statistics.ts";

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
