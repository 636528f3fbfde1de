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

  test.each([
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
