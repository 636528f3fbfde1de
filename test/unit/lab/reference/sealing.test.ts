import { describe, expect, test } from "vitest";
import { harvest } from "#client/lab/reference/harvest.ts";
import { salamanderReference } from "#client/lab/reference/salamander.ts";
import { settle } from "#client/lab/reference/settle.ts";
import { weakRng } from "#client/lab/reference/weak-rng.ts";

const run = { seed: 1, trials: null, progress: () => {} };

describe("the references of salamander, harvest and weak-rng", () => {
  test.each([salamanderReference, harvest, weakRng])(
    "$name holds every row that LEAKLAB prints",
    async (reference) => {
      const rows = await reference.rows({
        ...run,
        trials: reference.name === "weak-rng" ? 2 : 100,
      });
      expect(rows.filter(({ agrees }) => agrees === false)).toEqual([]);
      expect(rows.some(({ agrees }) => agrees === true)).toBe(true);
    },
    20_000,
  );

  test("take other parameters, and claim nothing published for them", async () => {
    const rows = [
      ...(await salamanderReference.measure(
        settle("salamander", salamanderReference.parameters, ["letters=5", "first=16"]),
        run,
      )),
      ...(await harvest.measure(settle("harvest", harvest.parameters, ["members=3"]), run)),
      ...(await weakRng.measure(settle("weak-rng", weakRng.parameters, ["window=1"]), run)),
    ];
    for (const row of rows) expect(row).toMatchObject({ published: "", agrees: null });
  });

  test.each([
    [salamanderReference, "first=17"],
    [salamanderReference, "letters=0"],
    [harvest, "members=1"],
    [harvest, "secrecy=-1"],
    [weakRng, "window=0"],
    [weakRng, "colour=1"],
  ])("refuse what makes no sense", async (reference, change) => {
    const asked = async () =>
      reference.measure(settle(reference.name, reference.parameters, [change]), run);
    await expect(asked()).rejects.toMatchObject({ code: "usage" });
  });
});
