import { describe, expect, test } from "vitest";
import { correlation } from "#client/lab/reference/correlation.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = async (trials: number, ...changes: string[]) => {
  const settled = settle("correlation", correlation.parameters, changes);
  const rows = await correlation.measure(settled, { ...run, trials });
  const of = (what: string) => Number(rows.find(({ setting }) => setting.endsWith(what))?.ours);
  return { event: of("event AUC"), shape: of("shape AUC"), rows };
};

describe("the reference of correlation", () => {
  test("holds every row that LEAKLAB prints", async () => {
    const rows = await correlation.rows(run);
    expect(rows).toHaveLength(24);
    expect(rows.filter(({ agrees }) => agrees === null)).toEqual([]);
    // Each row is asked at 99 %, so of 24 one may lie outside: two do with probability .02.
    expect(rows.filter(({ agrees }) => !agrees).length).toBeLessThanOrEqual(1);
  });

  test("random cover does nothing, constant slots leave chance", async () => {
    const covered = await measure(80, "cover=0.5");
    expect(covered.event).toBeGreaterThan(0.97);
    const slotted = await measure(80, "slot=10");
    expect(slotted.event).toBe(0.5);
    expect(slotted.shape).toBe(0.5);
  });

  test("a delay must exceed the gap between messages before it helps", async () => {
    const short = await measure(80, "delay=10");
    const long = await measure(80, "delay=300");
    expect(short.event).toBeGreaterThan(0.97);
    expect(long.event).toBeLessThan(short.event);
  });

  test("the one printed area that ours does not hold is of talks in which somebody wrote", async () => {
    const [all, spoken] = [
      await measure(2_000, "minutes=5"),
      await measure(2_000, "minutes=5", "silent=0"),
    ];
    expect(spoken.shape).toBeGreaterThan(all.shape);
    const shape = spoken.rows.find(({ setting }) => setting.endsWith("shape AUC"));
    const [low = 1, high = 0] = (shape?.interval.match(/\d\.\d+/gu) ?? []).map(Number);
    expect(low).toBeLessThanOrEqual(0.9915);
    expect(high).toBeGreaterThanOrEqual(0.9905);
  });

  test.each([
    ["silent=2", /silent 0 or 1/],
    ["minutes=0", /minutes above 0/],
    ["minutes=9999", /to 1440/],
    ["cover=-1", /cover 0 to 100/],
    ["pairs=0", /pairs and sample 1 to/],
    ["lags=0.5", /correlation:/],
    ["speed=1", /no parameter "speed"/],
  ])("refuses %s", async (change, words) => {
    await expect((async () => measure(1, change))()).rejects.toMatchObject({
      code: "usage",
      message: words,
    });
  });
});
