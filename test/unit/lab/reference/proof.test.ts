import { expect, test } from "vitest";
import { proof } from "#client/lab/reference/proof.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: 40, progress: () => {} };
const measure = (...changes: string[]) =>
  proof.measure(settle("proof", proof.parameters, changes), run);

test("a signature proves until its key is out, and then nothing", async () => {
  const rows = await proof.rows(run);
  expect(rows.map(({ ours, agrees }) => [ours, agrees])).toEqual([
    ["1.000", true],
    ["0.000", true],
  ]);
});

test("where some keys are out the advantage lies between", async () => {
  const [row] = await measure("released=0.5");
  expect(Number(row?.ours)).toBeGreaterThan(0.2);
  expect(Number(row?.ours)).toBeLessThan(0.8);
});

test.each([
  ["excerpts=0", /excerpts 1 to/],
  ["excerpts=1.5", /excerpts 1 to/],
  ["released=2", /released from/],
])("refuses %s", async (change, words) => {
  await expect(measure(change)).rejects.toMatchObject({ code: "usage", message: words });
});
