import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawLength, lengthShares } from "#client/lab/algorithms/log-normal.ts";
import {
  entropyOf,
  multipleOf,
  paddingOf,
  padme,
  throughPadding,
} from "#client/lab/algorithms/padding.ts";
import { seeded } from "#client/lab/seeded.ts";

const names = ["none", "16", "padme", "256", "256+padme", "1024", "pow2"] as const;

describe("a padding", () => {
  test.each(names)(
    "%s never shortens, keeps the order, and pads what is padded no further",
    (name) => {
      const padding = paddingOf(name);
      expect(padding).not.toBeNull();
      if (padding === null) return;
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 2 ** 20 }),
          fc.integer({ min: 1, max: 1_000 }),
          (length, more) => {
            const size = padding(length);
            expect(size).toBeGreaterThanOrEqual(length);
            expect(padding(length + more)).toBeGreaterThanOrEqual(size);
            expect(padding(size)).toBe(size);
          },
        ),
      );
    },
  );

  test("Padmé is multiples of 16 between 257 and 512 octets, and finer below", () => {
    const sixteens = multipleOf(16);
    for (let length = 257; length <= 512; length++) expect(padme(length)).toBe(sixteens(length));
    expect(padme(60)).toBeLessThan(sixteens(60));
  });

  test.each(["", "0", "-16", "1.5", "0+padme", "padmé", "16 ", "1e3", "99999999"])(
    "%j is no name of one",
    (name) => {
      expect(paddingOf(name)).toBeNull();
    },
  );

  // By hand from the paper's formula: L = 9 has E = 3 and S = 2, so one bit is rounded; 129 has E = 7, S = 3.
  test.each([
    [1, 1],
    [8, 8],
    [9, 10],
    [100, 104],
    [128, 128],
    [129, 144],
    [1_000, 1_024],
  ])("Padmé makes %i bytes %i", (length, size) => {
    expect(padme(length)).toBe(size);
  });

  test("Padmé costs at most 12 % of any length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (length) => {
        expect(padme(length) / length).toBeLessThanOrEqual(1.12);
      }),
    );
  });
});

describe("what a size tells", () => {
  test("is all bits of equal shares, and none of a certain one", () => {
    expect(entropyOf([1, 1, 1, 1])).toBeCloseTo(2, 12);
    expect(entropyOf([5])).toBe(0);
    expect(entropyOf([0.5, 0.25, 0.25, 0])).toBeCloseTo(1.5, 12);
    expect(entropyOf([])).toBe(0);
  });

  test("never grows by padding", () => {
    const shares = lengthShares({ mu: 4.1, sigma: 0.95, min: 1, max: 4_000 });
    const plain = entropyOf(shares.values());
    for (const name of names) {
      const padding = paddingOf(name);
      if (padding === null) continue;
      expect(entropyOf(throughPadding(shares, padding).values())).toBeLessThanOrEqual(plain + 1e-9);
    }
  });
});

describe("the model of lengths", () => {
  const model = { mu: 4.1, sigma: 0.95, min: 1, max: 4_000 };

  test("has shares that add up to one, and its median where exp(mu) lies", () => {
    const shares = lengthShares(model);
    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    let below = 0;
    for (const [length, share] of shares) if (length <= 60) below += share;
    expect(below).toBeGreaterThan(0.49);
    expect(below).toBeLessThan(0.51);
  });

  test("is drawn from as its shares say", () => {
    const choices = seeded("lengths", 5);
    const n = 20_000;
    let short = 0;
    for (let at = 0; at < n; at++) if (drawLength(model, choices) <= 30) short += 1;
    const shares = lengthShares(model);
    let expected = 0;
    for (const [length, share] of shares) if (length <= 30) expected += share;
    // Four standard deviations of a binomial share.
    const bound = 4 * Math.sqrt((expected * (1 - expected)) / n);
    expect(Math.abs(short / n - expected)).toBeLessThan(bound);
  });

  test("keeps its bounds", () => {
    const choices = seeded("bounds", 5);
    const narrow = { mu: 10, sigma: 3, min: 2, max: 50 };
    for (let at = 0; at < 500; at++) {
      const length = drawLength(narrow, choices);
      expect(length).toBeGreaterThanOrEqual(2);
      expect(length).toBeLessThanOrEqual(50);
    }
  });
});
