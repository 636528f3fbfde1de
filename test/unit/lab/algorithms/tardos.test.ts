import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalQuantile } from "#client/lab/algorithms/normal.ts";
import {
  bestMatch,
  type Code,
  collude,
  drawCode,
  drawFairCode,
  erase,
  strategies,
  trace,
} from "#client/lab/algorithms/tardos.ts";
import { seeded } from "#client/lab/seeded.ts";

const choices = () => seeded("tardos", 7);

describe("a code", () => {
  test("has its biases between the cut-offs, and its variants as the biases say", () => {
    const code = drawCode({ recipients: 400, marks: 50, coalition: 2, choices: choices() });
    const cut = 1 / 600;
    for (const [mark, bias] of code.biases.entries()) {
      expect(bias).toBeGreaterThanOrEqual(cut - 1e-12);
      expect(bias).toBeLessThanOrEqual(1 - cut + 1e-12);
      const ones = code.words.filter((word) => word[mark] === 1).length / 400;
      // Five standard deviations of a binomial share: with 50 marks nothing lies beyond.
      expect(Math.abs(ones - bias)).toBeLessThan(5 * Math.sqrt((bias * (1 - bias)) / 400) + 1e-9);
    }
  });
});

describe("colluders", () => {
  test.each(strategies)("by %s publish only variants that one of them has", (strategy) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer(), (colluders, seed) => {
        const draws = seeded("collude", seed);
        const { words } = drawFairCode(colluders, 20, draws);
        const published = collude(words, strategy, draws);
        expect(published).toHaveLength(20);
        published.forEach((variant, mark) => {
          expect(words.some((word) => word[mark] === variant)).toBe(true);
        });
      }),
    );
  });

  test("by majority take what most have, by minority the other", () => {
    const words = [[1], [1], [0]] as const;
    expect(collude(words, "majority", choices())).toEqual([1]);
    expect(collude(words, "minority", choices())).toEqual([0]);
  });
});

describe("a trace", () => {
  const code: Code = {
    biases: [0.5, 0.2],
    words: [
      [1, 1],
      [0, 0],
      [1, 0],
    ],
  };

  test("scores by hand: rare variants count more", () => {
    const { scores } = trace(code, [1, 1], 0.01);
    // √((1−.5)/.5) = 1 and √((1−.2)/.2) = 2; against: −1 and −√(.2/.8) = −.5.
    expect(scores[0]).toBeCloseTo(3, 12);
    expect(scores[1]).toBeCloseTo(-1.5, 12);
    expect(scores[2]).toBeCloseTo(0.5, 12);
  });

  test("abstains where no mark can be read, and where two marks are too few", () => {
    expect(trace(code, [null, null], 0.01)).toMatchObject({ accused: null, marks: 0 });
    expect(trace(code, [1, 1], 0.01).accused).toBeNull();
  });

  test("names the one leaker from 256 marks, also renumbered", () => {
    const draws = choices();
    const long = drawCode({ recipients: 12, marks: 256, coalition: 1, choices: draws });
    for (const leaker of [0, 5, 11]) {
      expect(trace(long, long.words[leaker] ?? [], 0.01).accused).toBe(leaker);
    }
  });

  test("of a stranger's copy accuses nobody", () => {
    const draws = choices();
    let accused = 0;
    for (let trial = 0; trial < 300; trial++) {
      const drawn = drawCode({ recipients: 13, marks: 64, coalition: 1, choices: draws });
      const mine = { ...drawn, words: drawn.words.slice(1) };
      if (trace(mine, drawn.words[0] ?? [], 0.01).accused !== null) accused += 1;
    }
    // At 1 % for all together; 12 of 300 is beyond the 99.9 % bound of that.
    expect(accused).toBeLessThan(12);
  });

  test("loses marks to a paraphrase, and says how many are left", () => {
    const draws = choices();
    const long = drawCode({ recipients: 4, marks: 200, coalition: 1, choices: draws });
    const copy = erase(long.words[0] as (0 | 1)[], 0.6, draws);
    const left = copy.filter((variant) => variant !== null).length;
    expect(trace(long, copy, 0.01).marks).toBe(left);
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThan(110);
  });
});

test("the best match names somebody even without a mark", () => {
  const { words } = drawFairCode(3, 4, choices());
  expect(bestMatch({ biases: [], words }, [null, null, null, null])).toBe(0);
});

test.each([
  [0.5, 0],
  [0.975, 1.959964],
  [0.999, 3.090232],
  [1 - 0.01 / 12, 3.14398],
])("the normal quantile of %d is %d", (probability, quantile) => {
  expect(normalQuantile(probability)).toBeCloseTo(quantile, 3);
});
