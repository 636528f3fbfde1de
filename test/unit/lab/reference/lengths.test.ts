import { describe, expect, test } from "vitest";
import { lengths } from "#client/lab/reference/lengths.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = (...changes: string[]) =>
  lengths.measure(settle("lengths", lengths.parameters, changes), run);

describe("the reference of lengths", () => {
  test("holds every row that LEAKLAB prints", async () => {
    const rows = await lengths.rows(run);
    expect(rows).toHaveLength(25);
    expect(rows.filter(({ agrees }) => agrees !== true)).toEqual([]);
  });

  test("claims no published figure for parameters that nobody published", async () => {
    for (const row of await measure("padding=512", "messages=50")) {
      expect(row).toMatchObject({ published: "", agrees: null });
    }
    for (const row of await measure("padding=256", "sigma=1.2", "messages=50")) {
      expect(row).toMatchObject({ published: "", agrees: null });
    }
  });

  test("takes any padding, and a larger one tells less", async () => {
    const bits = async (padding: string) =>
      Number((await measure(`padding=${padding}`, "messages=50"))[0]?.ours);
    const [none, small, large, product] = [
      await bits("none"),
      await bits("32"),
      await bits("512"),
      await bits("pow2"),
    ];
    expect(none).toBeGreaterThan(small);
    expect(small).toBeGreaterThan(large);
    expect(large).toBeGreaterThan(product);
  });

  test.each([
    ["padding=maybe", /no such padding/],
    ["padding=0", /no such padding/],
    ["sigma=0", /sigma above 0/],
    ["sigma=wide", /sigma=wide: expected a number/],
    ["max=1", /max from 2/],
    ["candidates=0.5", /whole/],
    ["colour=red", /no parameter "colour"; there are padding, mu, sigma/],
    ["sigma", /expected sigma=value/],
  ])("refuses %s", async (change, words) => {
    await expect((async () => measure(change))()).rejects.toMatchObject({
      code: "usage",
      message: words,
    });
  });
});
