import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  disclosure,
  disclosureBound,
  hittingSets,
  ranked,
  topOf,
} from "#client/lab/algorithms/disclosure.ts";
import {
  differenceOf,
  scoreEpochs,
  successAfter,
  successesOf,
} from "#client/lab/algorithms/receipts.ts";
import { seeded } from "#client/lab/seeded.ts";

describe("statistical disclosure", () => {
  test("by hand: what one received beyond the others' share", () => {
    const attack = disclosure(4);
    attack.add({ withTarget: true, receivers: [0, 1] });
    attack.add({ withTarget: true, receivers: [0, 2] });
    // b = 2; user 0 received once a round, less one times a quarter.
    expect([...attack.scores()]).toEqual([0.75, 0.25, 0.25, -0.25]);
    attack.add({ withTarget: false, receivers: [1, 1] });
    expect([...attack.scores()]).toEqual([1, -0.5, 0.5, 0]);
    expect(ranked(attack.scores(), [3, 2, 1, 0])).toEqual([0, 2, 3, 1]);
  });

  test("has the same top by either way, for any scores and any order of ties", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 12 }), fc.integer(), (values, count, seed) => {
        const order = seeded("order", seed).shuffle(values.map((_, user) => user));
        const all = Float64Array.from(values);
        expect(topOf(all, order, count)).toEqual(ranked(all, order).slice(0, count));
      }),
    );
  });

  test("without any round knows nothing", () => {
    expect([...disclosure(3).scores()]).toEqual([0, 0, 0]);
  });

  test("has the bound that LEAKLAB prints", () => {
    expect(Math.round(disclosureBound(20, 5, 2, 2))).toBe(19);
    expect(Math.round(disclosureBound(50, 10, 2, 3))).toBe(41);
  });
});

describe("the hitting set", () => {
  test("of enough rounds is the friends", () => {
    const rounds = [
      [1, 4],
      [2, 5],
      [1, 6],
      [2, 7],
      [1, 2],
    ];
    expect(hittingSets(rounds, 2, 100)).toEqual([[1, 2]]);
  });

  test("of few rounds leaves several, and of none one that is empty", () => {
    expect(hittingSets([[1, 2]], 1, 100)).toHaveLength(2);
    expect(hittingSets([], 2, 100)).toEqual([[]]);
  });

  test("always meets every round", () => {
    const round = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 6 }), (rounds) => {
        for (const set of hittingSets(rounds, 3, 500)) {
          for (const receivers of rounds) {
            expect(receivers.some((each) => set.includes(each))).toBe(true);
          }
        }
      }),
    );
  });
});

describe("target epochs against random ones", () => {
  test("counts of trials are Pascal's", () => {
    expect([...successesOf(3, 0.5)]).toEqual([0.125, 0.375, 0.375, 0.125]);
    expect([...successesOf(0, 0.3)]).toEqual([1]);
  });

  test("differences add up to one", () => {
    const shares = differenceOf(successesOf(5, 0.3), successesOf(4, 0.8));
    expect(shares).toHaveLength(10);
    expect(shares.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  });

  test("an associate who is always there and nobody else ever is found at once; one like all others is not", () => {
    const alone = { users: 100, present: 1, occupancies: [{ chance: 0, weight: 1 }] };
    expect(successAfter(1, alone)).toBe(1);
    const alike = { users: 100, present: 0, occupancies: [{ chance: 0.5, weight: 1 }] };
    expect(successAfter(50, alike)).toBeLessThan(0.02);
  });

  test("scores are hits less false hits", () => {
    const scores = scoreEpochs([new Set(["a", "b"]), new Set(["a"])], [new Set(["b"]), new Set()]);
    expect(Object.fromEntries(scores)).toEqual({ a: 2, b: 0 });
  });
});
