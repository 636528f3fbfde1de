import { describe, expect, test } from "vitest";
import { guessChance, recover, recoveredShare } from "#client/lab/algorithms/sharing.ts";

const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

describe("shares of an archive's key", () => {
  test.each([
    [3, 2],
    [5, 3],
    [7, 7],
    [255, 2],
  ])("of %i shares any %i open it, and one less does not", async (shares, threshold) => {
    const forth = Array.from({ length: shares }, (_, index) => index);
    for (const order of [forth, [...forth].reverse()]) {
      const plan = { secret, shares, threshold, order };
      expect(await recover({ ...plan, leaked: threshold })).toEqual(secret);
      expect(await recover({ ...plan, leaked: threshold - 1 })).not.toEqual(secret);
    }
  });

  test("more shares than are needed open it just the same", async () => {
    const plan = { secret, shares: 5, threshold: 2, order: [4, 2, 0, 1, 3] };
    for (const leaked of [2, 3, 4, 5]) expect(await recover({ ...plan, leaked })).toEqual(secret);
  });

  test("no share gives nothing to guess from", async () => {
    const order = [0, 1, 2];
    expect(await recover({ secret, shares: 3, threshold: 2, leaked: 0, order })).toBeNull();
  });

  test.each([
    ["a threshold of one, which is no sharing", { shares: 3, threshold: 1, leaked: 1 }],
    ["a threshold above the shares", { shares: 3, threshold: 4, leaked: 1 }],
    ["more leaks than shares", { shares: 3, threshold: 2, leaked: 4 }],
  ])("%s is refused", async (_, plan) => {
    await expect(recover({ ...plan, secret, order: [0, 1, 2] })).rejects.toThrow();
  });

  test("the share of thieves who hold the key is counted over all trials", async () => {
    const trials = Array.from({ length: 20 }, () => ({ secret, order: [2, 0, 1] }));
    const seen: number[] = [];
    const found = await recoveredShare({ shares: 3, threshold: 2, leaked: 2 }, trials, (done) =>
      seen.push(done),
    );
    expect(found).toEqual({ hits: 20, of: 20 });
    expect(seen.at(-1)).toBe(20);
  });

  test("below the threshold the chance is that of a guess, and at it certain", () => {
    expect(guessChance({ shares: 3, threshold: 2, leaked: 1 }, 1)).toBe(1 / 256);
    expect(guessChance({ shares: 3, threshold: 2, leaked: 1 }, 32)).toBe(2 ** -256);
    expect(guessChance({ shares: 3, threshold: 2, leaked: 2 }, 32)).toBe(1);
  });
});
