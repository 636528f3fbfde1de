import { expect, test } from "vitest";
import { redaction } from "#client/lab/reference/redaction.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measured = (...changes: string[]) =>
  redaction.measure(settle("redaction", redaction.parameters, changes), run);

test("boxes of one width come out at chance", async () => {
  const rows = await redaction.rows(run);
  expect(
    rows.filter(({ published }) => published === "chance").map(({ agrees }) => agrees),
  ).toEqual([true]);
});

test("any other document can be measured", async () => {
  const [row] = await measured("names=2", "box=fixed", "font=Times-Roman", "size=12");
  expect(row).toMatchObject({ agrees: true, ours: "0.500 named; 0 alone of their width" });
});

test.each(["names=1", "names=1.5", "size=0", "grid=-1", "font=Comic", "box=round"])(
  "%s is refused",
  async (change) => {
    await expect(measured(change)).rejects.toMatchObject({ code: "usage" });
  },
);
