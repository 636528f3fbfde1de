import { describe, expect, test } from "vitest";
import { guessing, rounds } from "#client/lab/reference/guessing.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: 1, progress: () => {} };
const measure = (...changes: string[]) =>
  guessing.measure(settle("guessing", guessing.parameters, ["calibrate=0", ...changes]), run);

describe("the reference of guessing", () => {
  test("computes every published figure, and compares no speed", async () => {
    const rows = await guessing.rows(run);
    const compared = rows.filter(({ agrees }) => agrees !== null);
    expect(compared.filter(({ agrees }) => agrees === false)).toEqual([]);
    // Five rates, five sets of OWASP, and three rows of bits and five prices each.
    expect(compared).toHaveLength(5 + 5 + 3 * 6);
    const here = rows.filter(({ setting }) => setting.startsWith("EXECUTED"));
    expect(here.map(({ agrees }) => agrees)).toEqual(here.map(() => null));
    expect(here.length).toBeGreaterThan(4);
  });

  test("has rows for the product's own words", async () => {
    const rows = await measure();
    const own = rows.filter(({ setting }) => setting.includes("the product's 1296 words"));
    expect(own).toHaveLength(8);
    expect(own.every(({ agrees, published }) => agrees === null && published === "")).toBe(true);
    expect(own[3]?.setting).toContain("41.36 bits");
  });

  test("takes every parameter, and compares nothing with figures of others then", async () => {
    const rows = await measure("words=2", "list=1296", "memory=8", "passes=1", "price=1");
    expect(rows.every(({ agrees }) => agrees === null)).toBe(true);
    expect(rows.map(({ setting }) => setting)).toContain("2 words of 1296, Argon2id 8 KiB t1");
    const price = async (...changes: string[]) => {
      const found = (await measure("words=4", ...changes)).find(({ setting }) =>
        setting.startsWith("4 words of 7776, Argon2id 64 MiB t2"),
      );
      return Number(found?.ours.slice(1));
    };
    const usual = await price();
    expect((await price("price=0.7")) / usual).toBeCloseTo(2, 2);
    expect((await price("bandwidth=504")) / usual).toBeCloseTo(2, 2);
    expect((await price("share=1")) / usual).toBeCloseTo(2, 2);
  });

  test.each([
    "words=31",
    "words=2.5",
    "list=1",
    "share=0",
    "memory=7",
    "passes=0",
    "bandwidth=0",
    "bcrypt=4",
    "iterations=0",
    "calibrate=2",
  ])("refuses %s by its name", async (change) => {
    const name = change.split("=")[0] ?? "";
    await expect(measure(change)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(name),
    });
  });
});

test.each([
  [1_437.5, "1,437", true],
  [1_438, "1,437", false],
  [14_761.4, "14,760", true],
  [14_766, "14,760", false],
  [62_877, "6e4", true],
  [65_001, "6e4", false],
  [0.00104, "0.001", true],
  [0.0016, "0.001", false],
  [38.774, "38.8", true],
  [38.74, "38.8", false],
])("%d rounds to %s: %s", (value, printed, does) => {
  expect(rounds(value, printed)).toBe(does);
});
