import { describe, expect, test } from "vitest";
import { healing } from "#client/lab/reference/healing.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = (...changes: string[]) =>
  healing.measure(settle("healing", healing.parameters, changes), run);
const share = async (...changes: string[]) =>
  Number.parseFloat((await measure(...changes))[0]?.ours ?? "");

describe("the reference of healing", () => {
  test("holds every row that LEAKLAB prints, on our own MLS", async () => {
    const rows = await healing.rows(run);
    expect(rows).toHaveLength(13);
    expect(rows.filter(({ agrees }) => agrees !== true)).toEqual([]);
  });

  test("only the victim's own update heals, whenever it comes", async () => {
    expect(await share("update=5")).toBe(0.05);
    expect(await share("update=7")).toBe(0.25);
    expect(await share("others=1")).toBe(0.55);
    expect(await share("others=5")).toBe(0.55);
    expect(await share("members=3", "update=5", "others=2")).toBe(0.05);
  });

  test("an update before the theft heals nothing", async () => {
    expect(await share("update=4")).toBe(0.55);
  });

  test("each withheld commit costs one round", async () => {
    expect(await share("update=5", "withheld=1")).toBe(0.15);
    expect(await share("update=5", "withheld=2")).toBe(0.25);
  });

  test("the more past epochs are kept, the more undelivered messages are read", async () => {
    const late = async (retain: number) =>
      Number((await measure("others=1", "theft=9", `retain=${retain}`)).at(-1)?.ours);
    const shares = [await late(0), await late(2), await late(8)];
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares[2]).toBe(1);
    expect(shares[0]).toBeLessThan(0.1);
  });

  test.each([
    ["members=1", /members 2 to 32/],
    ["theft=11", /theft within/],
    ["others=6", /others fewer/],
    ["update=-1", /from 0/],
    ["undelivered=2", /undelivered from 0 to 1/],
    ["epochs=2.5", /whole numbers/],
  ])("refuses %s", async (change, words) => {
    await expect(measure(change)).rejects.toMatchObject({ code: "usage", message: words });
  });
});
