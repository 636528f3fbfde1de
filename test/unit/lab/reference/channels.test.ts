import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { confusionOf } from "#client/lab/algorithms/offers.ts";
import { channels } from "#client/lab/reference/channels.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = async (...changes: string[]) => {
  const settled = settle("channels", channels.parameters, changes);
  return (await channels.measure(settled, { ...run, trials: 300 })).map(({ ours }) => Number(ours));
};

describe("the reference of channels", () => {
  test("holds every row that LEAKLAB prints but one, which is a little off and says so", async () => {
    const rows = await channels.rows(run);
    expect(rows).toHaveLength(16);
    const differing = rows.filter(({ agrees }) => agrees !== true);
    expect(differing.map(({ setting }) => setting)).toEqual([
      "4 channels, 24 h: superseded, with a chain",
    ]);
    expect(differing[0]?.note).toContain("ours stands");
  });

  test("more channels and more delay confuse more; a chain ends stepping back and not staleness", async () => {
    const [stale = 0, back = 0, chained = 0, never] = await measure();
    const [more = 0, backMore = 0] = await measure("channels=4", "delay=24");
    expect(more).toBeGreaterThan(stale);
    expect(backMore).toBeGreaterThan(back);
    expect(chained).toBeGreaterThan(0);
    expect(never).toBe(0);
  });

  test.each([
    ["channels=0", /channels 1 to/],
    ["delay=-1", /delay from 0/],
    ["rate=1000000", /at most 10000 offers/],
    ["memory=both", /newest or last/],
  ])("refuses %s", async (change, words) => {
    await expect(measure(change)).rejects.toMatchObject({ code: "usage", message: words });
  });
});

describe("a receiver who acts on arrival", () => {
  test("by hand: the second offer overtakes the first", () => {
    const offers = [
      { sentAt: 0, arrivesAt: 10 },
      { sentAt: 1, arrivesAt: 2 },
    ];
    expect(confusionOf(offers, false)).toEqual({ actions: 2, stale: 1, steppedBack: 1 });
    expect(confusionOf(offers, true)).toEqual({ actions: 1, stale: 0, steppedBack: 0 });
  });

  test("with a chain never steps back, whatever arrives when", () => {
    const offer = fc
      .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }))
      .map(([sentAt, late]) => ({ sentAt, arrivesAt: sentAt + late }));
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 30 }), (offers) => {
        expect(confusionOf(offers, true).steppedBack).toBe(0);
        const plain = confusionOf(offers, false);
        expect(plain.actions).toBe(offers.length);
        expect(plain.stale).toBeGreaterThanOrEqual(plain.steppedBack);
      }),
    );
  });
});
