import { describe, expect, test } from "vitest";
import { receipts } from "#client/lab/reference/receipts.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = (...changes: string[]) =>
  receipts.measure(settle("receipts", receipts.parameters, changes), run);
const need = async (...changes: string[]) =>
  Number.parseInt((await measure(...changes))[0]?.ours ?? "", 10);

describe("the reference of receipts", () => {
  test("holds every row that LEAKLAB prints but the one that hangs on an unstated cut-off", async () => {
    const rows = await receipts.rows(run);
    expect(rows).toHaveLength(13);
    const differing = rows.filter(({ agrees }) => agrees !== true);
    expect(differing.map(({ setting }) => setting)).toEqual(["cover 0.95"]);
    expect(differing[0]?.note).toContain("cut-off");
    expect(await need("cover=0.95", "cap=0.991")).toBeGreaterThan(3_477 * 0.9);
  });

  test("needs more messages with every defence, and few more for many more users", async () => {
    const open = await need();
    expect(await need("present=0.3")).toBeGreaterThan(open);
    expect(await need("cover=0.5")).toBeGreaterThan(open);
    // Error falls exponentially and grows linearly in users: a thousand times as many cost a few.
    expect(await need("users=50000")).toBeLessThan(open + 8);
  });

  test("says not reached, and after how many, and never safe", async () => {
    const [row] = await measure("present=0", "most=50");
    expect(row?.ours).toBe("not reached in 50");
    expect(JSON.stringify(row)).not.toContain("safe");
  });

  test.each([
    ["users=1", /users from 2/],
    ["occupancy=1.5", /from 0 to 1/],
    ["cover=-1", /from 0 to 1/],
    ["success=1", /between 0 and 1/],
    ["most=0", /most 1 to/],
  ])("refuses %s", async (change, words) => {
    await expect(measure(change)).rejects.toMatchObject({ code: "usage", message: words });
  });
});
