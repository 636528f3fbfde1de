import { mean } from "simple-statistics";
import { describe, expect, test } from "vitest";
import {
  countFalseAlarms,
  countStillOut,
  drawDelay,
  falseAlarm,
  stillOut,
} from "#client/lab/algorithms/heartbeats.ts";
import { seeded } from "#client/lab/seeded.ts";
import { wilson } from "#client/lab/statistics.ts";

const exponential = { every: 10, missing: 4, delay: 5 };
const heavy = { ...exponential, sigma: 1.5 };

describe("a frame that is only late", () => {
  test("is still out after k heartbeats with exp(-k·h/mean)", () => {
    expect(stillOut(exponential)).toBeCloseTo(Math.exp(-8), 12);
    expect(stillOut({ ...exponential, missing: 1 })).toBeCloseTo(Math.exp(-2), 12);
  });

  test("is out of nothing where nothing is late", () => {
    expect(stillOut({ ...exponential, delay: 0 })).toBe(0);
    expect(stillOut({ ...heavy, delay: 0 })).toBe(0);
    expect(countStillOut({ ...heavy, delay: 0 }, 100, seeded("clean", 1))).toBe(0);
  });

  test("is out fifty times as often where delays of the same mean have a heavy tail", () => {
    // By hand: (ln 40 − (ln 5 − 1.5²/2)) / 1.5 = 2.1363, and 1 − Φ(2.1363) = 0.01633.
    expect(stillOut(heavy)).toBeCloseTo(0.01633, 4);
    expect(stillOut(heavy) / stillOut(exponential)).toBeGreaterThan(45);
  });

  test("is out less often the longer one waits", () => {
    for (const line of [exponential, heavy]) {
      const rates = [1, 2, 4, 8].map((missing) => stillOut({ ...line, missing }));
      expect([...rates].sort((a, b) => b - a)).toEqual(rates);
    }
  });

  test.each([
    { ...exponential, missing: 1 },
    { ...heavy, missing: 1 },
    heavy,
    { every: 10, missing: 2, delay: 20, sigma: 0.8 },
  ])("is called suppressed on a clean line as often as computed: %o", (line) => {
    const frames = 100_000;
    const [low, high] = wilson(countStillOut(line, frames, seeded("clean", 5)), frames, 0.999) ?? [
      1, 0,
    ];
    expect(stillOut(line)).toBeGreaterThan(low);
    expect(stillOut(line)).toBeLessThan(high);
  });

  test("under a heavy tail is no longer what the exponential law says: that would be told apart", () => {
    const frames = 100_000;
    const [low] = wilson(countStillOut(heavy, frames, seeded("clean", 5)), frames, 0.999) ?? [0];
    expect(stillOut(exponential)).toBeLessThan(low);
  });
});

describe("delays", () => {
  test.each([exponential, { ...exponential, sigma: 0.8 }])(
    "have the mean that was asked for: %o",
    (line) => {
      const choices = seeded("delays", 2);
      const drawn = Array.from({ length: 50_000 }, () => drawDelay(line, choices));
      expect(Math.min(...drawn)).toBeGreaterThan(0);
      expect(mean(drawn)).toBeGreaterThan(4.9);
      expect(mean(drawn)).toBeLessThan(5.1);
    },
  );
});

test("several in a row that are out for nothing come as often as computed with a heavy tail, too", () => {
  const line = { every: 10, missing: 2, delay: 20, sigma: 1 };
  const looks = 100_000;
  const alarms = countFalseAlarms(line, looks, seeded("clean", 4));
  const [low, high] = wilson(alarms, looks, 0.999) ?? [1, 0];
  expect(falseAlarm(line)).toBeGreaterThan(low);
  expect(falseAlarm(line)).toBeLessThan(high);
});
