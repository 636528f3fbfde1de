import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { moveClock } from "#client/lab/exercise/facilitate.ts";
import { measureChoices, seedsDefault } from "#client/lab/exercise/measure.ts";
import { answer, nextPhase } from "#client/lab/exercise/play.ts";
import { worldSeed } from "#client/lab/exercise/record.ts";
import { statusOf, type Table } from "#client/lab/exercise/table.ts";
import { type Desk, openDesk } from "./desk.ts";

/** A team that chose a defence, and worlds that were measured before. */
async function chosen(): Promise<{
  desk: Desk;
  blue: Table;
  keep: (seeds: number, guessing?: number) => void;
}> {
  const desk = await openDesk();
  const blue = await desk.seat("blue", "x");
  await nextPhase(blue);
  await nextPhase(blue);
  await answer(blue, "switches", "victim_updates=after-theft");
  const keep = (seeds: number, guessing?: number) => {
    const runs = Array.from({ length: seeds }, (_, at) => worldSeed(blue.exercise, `hidden ${at}`));
    const run = (fraction: number, commits: number) => ({
      metrics: { "recovered.fraction": fraction },
      chance: guessing === undefined ? {} : { "recovered.fraction": guessing },
      cost: { commits },
    });
    const kept = runs.flatMap((seed) => [
      [`${seed} `, run(0.8, 10)],
      [`${seed} victim_updates=after-theft`, run(0.2, 12)],
    ]);
    writeFileSync(join(desk.record, "measured.json"), JSON.stringify(Object.fromEntries(kept)));
  };
  return { desk, blue, keep };
}

describe("a measurement", () => {
  test("takes what was measured before, and says what was measured and what it cost", async () => {
    const { desk, blue, keep } = await chosen();
    keep(2);
    const [made] = await measureChoices(blue.exercise, { seeds: 2, now: desk.now });
    expect(made).toMatchObject({
      ...{ team: "blue", chosen: "victim_updates=after-theft", metric: "recovered.fraction" },
      ...{ seeds: 2, words: "it cost commits +2 of 3" },
    });
    expect(made?.earned).toBe(Math.round((made?.of ?? 0) * 0.75));
    const { state } = await statusOf(blue);
    const own = state.questions.find(({ question }) => question.id === "switches");
    expect(own?.judged).toMatchObject({ by: "measurement", seeds: 2 });
  });

  test.each([
    ["all of what stood above guessing, and no more", 0.4, 1],
    ["a part, where guessing reaches nothing", 0, 0.75],
    ["nothing, where all of it was guessing", 0.8, 0],
  ])("counts %s", async (_, guessing, part) => {
    const { desk, blue, keep } = await chosen();
    keep(2, guessing);
    const [made] = await measureChoices(blue.exercise, { seeds: 2, now: desk.now });
    expect(made?.earned).toBe(Math.round((made?.of ?? 0) * part));
  });

  test("is not made twice, but again on more worlds", async () => {
    const { desk, blue, keep } = await chosen();
    keep(3);
    await measureChoices(blue.exercise, { seeds: 2, now: desk.now });
    expect(await measureChoices(blue.exercise, { seeds: 2, now: desk.now })).toEqual([]);
    expect(await measureChoices(blue.exercise, { seeds: 1, now: desk.now })).toEqual([]);
    const again = await measureChoices(blue.exercise, { seeds: 3, now: desk.now });
    expect(again).toHaveLength(1);
  });

  test("that is stopped judges nothing and says what it has", async () => {
    const { desk, blue, keep } = await chosen();
    keep(1);
    const stop = new AbortController();
    const seen: string[] = [];
    const options = { seeds: 2, now: desk.now, signal: stop.signal };
    const measuring = measureChoices(blue.exercise, {
      ...options,
      onProgress(words, done, of) {
        seen.push(`${words}: ${done} of ${of}`);
        stop.abort();
      },
    });
    await expect(measuring).rejects.toThrow(/2 of 4 worlds are measured and kept/);
    expect(seen).toEqual(["as it is: 2 of 4"]);
    expect((await desk.events()).some(({ type }) => type === "judged")).toBe(false);
    expect(existsSync(join(desk.record, "measured.json"))).toBe(true);
  });

  test("takes few worlds while people wait, and many afterwards", async () => {
    const { desk, blue } = await chosen();
    expect(await seedsDefault(blue.exercise, desk.now)).toBe(5);
    await moveClock(blue.exercise, "end", 0, desk.now);
    expect(await seedsDefault(blue.exercise, desk.now)).toBe(30);
  });
});
