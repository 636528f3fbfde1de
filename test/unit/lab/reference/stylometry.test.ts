import { expect, test } from "vitest";
import { settle } from "#client/lab/reference/settle.ts";
import { stylometry } from "#client/lab/reference/stylometry.ts";

const run = { seed: 1, trials: 60, progress: () => {} };
const measured = async (...changes: string[]) =>
  (await stylometry.measure(settle("stylometry", stylometry.parameters, changes), run))[0];

test("authors without habits are told apart no better than by chance", async () => {
  expect(await measured("habit=0", "known=500")).toMatchObject({
    published: "chance",
    agrees: true,
  });
});

test("authors of strong habits are told apart", async () => {
  const row = await measured("habit=1", "known=1000");
  expect(Number(row?.ours)).toBeGreaterThan(0.9);
  expect(row?.note).toMatch(/low confidence/);
});

test.each(["authors=1", "words=5", "known=0", "list=1000", "habit=-1", "authors=2.5"])(
  "%s is refused",
  async (change) => {
    await expect(measured(change)).rejects.toMatchObject({ code: "usage" });
  },
);
