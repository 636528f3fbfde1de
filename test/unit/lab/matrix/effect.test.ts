import { describe, expect, test } from "vitest";
import { type Pair, pairedEffect, verdictOf } from "#client/lab/matrix/effect.ts";
import { seeded } from "#client/lab/seeded.ts";

const pairs = (...values: readonly (readonly [number | null, number | null])[]): Pair[] =>
  values.map(([without, withIt]) => ({ without, with: withIt }));

const many = (n: number, pair: (index: number) => readonly [number | null, number | null]) =>
  pairs(...Array.from({ length: n }, (_, index) => pair(index)));

describe("the effect of a defence over paired seeds", () => {
  test("is the mean difference, with an interval that holds it", () => {
    const effect = pairedEffect(many(30, (at) => [0.5 + (at % 3) / 10, 0.2 + (at % 2) / 10]));
    expect(effect.n).toBe(30);
    expect(effect.difference).toBeCloseTo(-0.35, 9);
    const [low, high] = effect.interval ?? [0, 0];
    expect(low).toBeLessThan(-0.35);
    expect(high).toBeGreaterThan(-0.35);
    expect(high - low).toBeLessThan(0.1);
    expect(verdictOf(effect, true)).toBe("less leaks");
    expect(verdictOf(effect, false)).toBe("more leaks");
  });

  test("pairs, and does not compare means: what differs between seeds cancels", () => {
    const effect = pairedEffect(many(30, (at) => [at, at - 0.01]));
    expect(effect.difference).toBeCloseTo(-0.01, 9);
    expect(verdictOf(effect, true)).toBe("less leaks");
  });

  test("that is none is called no effect seen, never safe", () => {
    expect(verdictOf(pairedEffect(many(30, () => [0.4, 0.4])), true)).toBe("no effect seen");
    const choices = seeded("noise", 3);
    const noise = many(30, () => [choices.next(), choices.next()]);
    expect(verdictOf(pairedEffect(noise), true)).toBe("no effect seen");
  });

  test("is found in at most about one of twenty runs where there is none", () => {
    const found = Array.from({ length: 200 }, (_, run) => {
      const choices = seeded("no effect", run);
      const effect = pairedEffect(many(30, () => [choices.next(), choices.next()]));
      return verdictOf(effect, true) !== "no effect seen";
    }).filter(Boolean).length;
    // 200 trials at 5 %, and the bootstrap's own excess at n = 30 (to 7 %): 30 is beyond its 99.9 % bound.
    expect(found).toBeLessThan(30);
    expect(found).toBeGreaterThan(0);
  });

  test("that the adversary could not reach is called not reached", () => {
    const effect = pairedEffect(many(30, () => [12, null]));
    expect(effect).toMatchObject({
      n: 0,
      without: 12,
      with: null,
      difference: null,
      interval: null,
    });
    expect(verdictOf(effect, false)).toBe("not reached");
  });

  test("is not claimed from fewer than six pairs, nor from none", () => {
    expect(verdictOf(pairedEffect(many(6, () => [1, 0])), true)).toBe("less leaks");
    expect(verdictOf(pairedEffect(many(5, () => [1, 0])), true)).toBe("too few");
    expect(verdictOf(pairedEffect([]), true)).toBe("too few");
    expect(verdictOf(pairedEffect(many(30, () => [null, 0.3])), true)).toBe("too few");
  });

  test("seeds that could not be measured on one side do not count", () => {
    const effect = pairedEffect(many(12, (at) => (at % 2 === 0 ? [1, 0] : [1, null])));
    expect(effect.n).toBe(6);
    expect(effect.difference).toBe(-1);
  });

  test("comes out the same each time", () => {
    const values = many(30, (at) => [at % 7, at % 5]);
    expect(pairedEffect(values)).toEqual(pairedEffect(values));
  });
});
