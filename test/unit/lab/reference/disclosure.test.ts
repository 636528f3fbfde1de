import { describe, expect, test } from "vitest";
import { disclosure } from "#client/lab/reference/disclosure.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = (trials: number, ...changes: string[]) =>
  disclosure.measure(settle("disclosure", disclosure.parameters, changes), { ...run, trials });

describe("the reference of disclosure", () => {
  test("holds every row that LEAKLAB prints", async () => {
    const rows = await disclosure.rows(run);
    expect(rows).toHaveLength(12);
    expect(rows.filter(({ agrees }) => agrees !== true)).toEqual([]);
  });

  test("needs more rounds in larger batches", async () => {
    const rounds = async (b: number) => Number((await measure(60, `b=${b}`))[0]?.ours);
    expect(await rounds(40)).toBeGreaterThan(await rounds(5));
  });

  test.each([
    ["m=0", /m from 1/],
    ["N=2", /N above m/],
    ["b=2.5", /whole/],
    ["share=0", /above 0/],
    ["b=5000", /more than 5000 rounds/],
  ])("refuses %s", async (change, words) => {
    await expect(measure(1, change)).rejects.toMatchObject({ code: "usage", message: words });
  });
});
