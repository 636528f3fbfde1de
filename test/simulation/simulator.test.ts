import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { live } from "./simulator/live.ts";
import { mutants } from "./simulator/mutants/mutants.ts";
import { showCounts, showViolations, sumOf } from "./simulator/report.ts";
import { commitSeed, keptSeeds } from "./simulator/seeds.ts";

beforeAll(ready);

const lives = 40;

describe("the simulator", () => {
  test("lives the same life for the same seed", async () => {
    const [one, other] = [await live(5), await live(5)];
    expect(other.trace).toEqual(one.trace);
    expect(other.ending).toEqual(one.ending);
    expect(other.counts).toEqual(one.counts);
    expect((await live(6)).ending).not.toEqual(one.ending);
  });

  test("finds no promise broken, in lives from the commit's hash on and in those that once failed", async () => {
    const first = commitSeed();
    const seeds = [...keptSeeds(), ...Array.from({ length: lives }, (_, at) => first + at)];
    const lived = [];
    for (const seed of seeds) lived.push(await live(seed));
    const failed = lived.filter(({ violations }) => violations.length > 0);
    console.log(`${lived.length} lives, the first seed is ${first}\n${showCounts(sumOf(lived))}`);
    expect(failed.map(showViolations).join("\n")).toBe("");
    // What is not in them proves nothing.
    const counts = sumOf(lived);
    for (const name of ["drops", "duplicates", "crashes", "admissions granted", "texts"] as const) {
      expect(counts[name], name).toBeGreaterThan(0);
    }
  }, 300_000);
});

describe("a weakened world is noticed", () => {
  test.each(mutants)(
    "$mutant.name: $checker",
    async ({ checker, mutant }) => {
      const seedsMax = 200;
      let caughtAt: number | null = null;
      for (let seed = 1; seed <= seedsMax && caughtAt === null; seed++) {
        const { violations } = await live(seed, mutant);
        if (violations.some((one) => one.checker === checker)) caughtAt = seed;
      }
      console.log(`${mutant.name}: caught in life ${caughtAt} of at most ${seedsMax}`);
      expect(caughtAt).not.toBeNull();
    },
    300_000,
  );
});
