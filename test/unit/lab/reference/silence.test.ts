import { describe, expect, test } from "vitest";
import { countFalseAlarms, detectionDelay, falseAlarm } from "#client/lab/algorithms/heartbeats.ts";
import { settle } from "#client/lab/reference/settle.ts";
import { silence } from "#client/lab/reference/silence.ts";
import { seeded } from "#client/lab/seeded.ts";
import { wilson } from "#client/lab/statistics.ts";

const run = { seed: 1, trials: null, progress: () => {} };

describe("a heartbeat gap detector", () => {
  test.each([
    { every: 60, missing: 1, delay: 60 },
    { every: 60, missing: 2, delay: 90 },
    { every: 10, missing: 3, delay: 40 },
  ])("raises false alarms as often as computed: %o", (line) => {
    const looks = 200_000;
    const alarms = countFalseAlarms(line, looks, seeded("clean", 3));
    const [low, high] = wilson(alarms, looks, 0.999) ?? [1, 0];
    expect(falseAlarm(line)).toBeGreaterThan(low);
    expect(falseAlarm(line)).toBeLessThan(high);
  });

  test("on a line without delay none is false, and none comes before k intervals or after one more", () => {
    const line = { every: 30, missing: 2, delay: 0 };
    expect(falseAlarm(line)).toBe(0);
    expect(countFalseAlarms(line, 1_000, seeded("clean", 1))).toBe(0);
    const choices = seeded("suppressed", 1);
    for (let trial = 0; trial < 500; trial++) {
      const delay = detectionDelay(line, choices);
      expect(delay).toBeGreaterThanOrEqual(60);
      expect(delay).toBeLessThanOrEqual(90);
    }
  });

  test("more missing ones: later, and less often for nothing", () => {
    const rate = (missing: number) => falseAlarm({ every: 60, missing, delay: 60 });
    expect(rate(2)).toBeLessThan(rate(1));
    expect(rate(3)).toBeLessThan(rate(2));
  });

  test("every row agrees with what is computed, where there are enough alarms to compare", async () => {
    const rows = await silence.rows(run);
    expect(rows).toHaveLength(18);
    expect(rows.filter(({ agrees }) => agrees === false)).toEqual([]);
    expect(rows.filter(({ agrees }) => agrees === true)).toHaveLength(13);
  });

  test.each([["missing=0"], ["missing=1.5"], ["every=0"], ["delay=-1"], ["trials=1e9"]])(
    "%s is refused",
    async (change) => {
      const settled = settle("silence", silence.parameters, [change]);
      await expect(async () => silence.measure(settled, run)).rejects.toThrow(/^silence: /);
    },
  );
});
