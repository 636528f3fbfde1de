import { describe, expect, test } from "vitest";
import { settle } from "#client/lab/reference/settle.ts";
import { tracing } from "#client/lab/reference/tracing.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = (trials: number, ...changes: string[]) =>
  tracing.measure(settle("tracing", tracing.parameters, changes), { ...run, trials });

describe("the reference of tracing", () => {
  test("holds every row that LEAKLAB prints", async () => {
    const rows = await tracing.rows(run);
    expect(rows).toHaveLength(33);
    expect(rows.filter(({ agrees }) => agrees !== true)).toEqual([]);
  });

  test("accuses innocents rarely, whatever the colluders do, and says of how many trials none is none", async () => {
    for (const strategy of ["majority", "minority", "interleave", "coin"]) {
      const rows = await measure(300, "marks=64", "colluders=3", `strategy=${strategy}`);
      const wrong = rows.find(({ setting }) => setting.endsWith("false accusation"));
      expect(Number.parseFloat(wrong?.ours ?? "1")).toBeLessThan(0.03);
      if (wrong?.ours.startsWith("0.000")) expect(wrong.ours).toContain("none of 300");
    }
  });

  test.each([
    ["marks=0", /marks 1 to/],
    ["colluders=12", /fewer colluders/],
    ["epsilon=0", /epsilon between/],
    ["erase=1.5", /erase from/],
    ["strategy=clever", /one of majority/],
    ["rule=guess", /traced or best/],
    ["bias=odd", /arcsine or fair/],
  ])("refuses %s", async (change, words) => {
    await expect(measure(1, change)).rejects.toMatchObject({ code: "usage", message: words });
  });
});
