import { describe, expect, test } from "vitest";
import { clock } from "#client/lab/reference/clock.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: 40, progress: () => {} };
const measure = async (...changes: string[]) => {
  const [stretch, mixture] = await clock.measure(settle("clock", clock.parameters, changes), run);
  return {
    stretch: Number.parseFloat(stretch?.ours ?? ""),
    mixture: Number.parseFloat(mixture?.ours ?? ""),
  };
};

describe("the reference of the receipt clock", () => {
  test("claims no published figure, for there is none", async () => {
    for (const row of await clock.rows({ ...run, trials: 4 })) {
      expect(row).toMatchObject({ published: "", agrees: null });
    }
  });

  test("tells the night from receipts at once, and less the coarser they are", async () => {
    const [atOnce, minute, ten] = [
      await measure(),
      await measure("window=60"),
      await measure("window=60", "windows=10"),
    ];
    expect(atOnce.stretch).toBeGreaterThan(0.95);
    expect(atOnce.stretch).toBeGreaterThan(minute.stretch);
    expect(minute.stretch).toBeGreaterThan(ten.stretch);
  });

  test("tells less from fewer probes, and nothing where sleep changes no delay", async () => {
    const product = ["window=60", "windows=10"];
    const many = await measure(...product, "probes=1000");
    const few = await measure(...product, "probes=24");
    expect(many.stretch).toBeGreaterThan(few.stretch);
    const even = await measure("asleep=1.5");
    // Forty persons: the mean of shares lies within four standard errors, each of at most a half.
    expect(Math.abs(even.mixture - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(40));
  });

  test.each([
    ["probes=1", /probes 8 to 2000/],
    ["windows=0.5", /whole/],
    ["night=30", /night shorter/],
    ["awake=0", /above 0/],
    ["tor=1", /no parameter "tor"; there are probes, hours/],
  ])("refuses %s", async (change, words) => {
    await expect((async () => measure(change))()).rejects.toMatchObject({
      code: "usage",
      message: words,
    });
  });
});
