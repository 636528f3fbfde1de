import { expect, test } from "vitest";
import { settle } from "#client/lab/reference/settle.ts";
import { sharing } from "#client/lab/reference/sharing.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measured = (...changes: string[]) =>
  sharing.measure(settle("sharing", sharing.parameters, changes), run);

test("every row agrees: nothing below the threshold but a guess, everything from it on", async () => {
  const rows = await sharing.rows(run);
  expect(rows.length).toBe(7);
  expect(rows.filter(({ agrees }) => agrees !== true)).toEqual([]);
});

test("any other sharing can be measured", async () => {
  const [row] = await measured("shares=9", "threshold=4", "leaked=4", "octets=16");
  expect(row).toMatchObject({ ours: "400 of 400", agrees: true });
});

test.each(["threshold=1", "threshold=9", "leaked=4", "octets=0", "leaked=1.5", "shares=256"])(
  "%s is refused",
  async (change) => {
    await expect(measured(change)).rejects.toMatchObject({ code: "usage" });
  },
);
