import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Findings } from "#client/lab/attacks/findings.ts";
import { pairedEffect } from "#client/lab/matrix/effect.ts";
import type { Metric } from "#client/lab/metric.ts";
import type { RunResult, ScoredRun } from "#client/lab/result.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import { check } from "#client/lab/run.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { factOf } from "#client/lab/scenario-question.ts";
import { assert } from "#shared/failure.ts";
import type { Gain } from "./gain.ts";
import { elsewhere, renamed } from "./other-script.ts";
import { attackRun, findIn, kept, type Played, playWorld, takenAway } from "./played.ts";
import { type SmallWorld, smallWorlds } from "./small-worlds.ts";
import { expectAllToHold, type Raw, trials } from "./trial.ts";

/** Seeds on which every expectation of a file is asked. */
const seeds = [1, 2, 3] as const;
/** Besides them, where chance has a part in a gain: five seeds make an interval. */
const moreSeeds = [4, 5] as const;
/** A seed that no other test of the lab plays. */
const anotherSeed = 7;

/**
 * What every scenario must stand, in this process as far as staging and attacking go: its file's expectations
 * and controls on three seeds, the same findings again, artefacts taken away, other names, another script.
 */
export function conform(group: SmallWorld["group"]): void {
  const ids = Object.keys(smallWorlds).filter((id) => smallWorlds[id]?.group === group);
  describe.each(ids)("%s", (id) => {
    const world = smallWorlds[id] as SmallWorld;
    const { edited, fresh, run } = trials();
    const small = once(() => edited(id, ...world.edits));
    /** Each test asks for the runs that it needs; whoever comes first pays for them. */
    const runOn = byNumber(async (seed) => {
      const lighter = seed === seeds[0] ? [] : (world.lighter ?? []);
      return run(await edited(id, ...world.edits, ...lighter), { seed });
    });
    const play = async (path: string, seed: number) => {
      const scenario = await loadScenario({ path });
      return playWorld({ scenario, seed, out: fresh(), cipher: world.cipher });
    };
    /** The baseline of a run where there is one. */
    const playedOn = byNumber(async (seed) => {
      const isRun = world.cipher === undefined && seeds.some((each) => each === seed);
      if (!isRun) return play(await small(), seed);
      const { baseline } = await runOn(seed);
      return attackRun(baseline, await loadScenario({ path: await small() }), fresh());
    });

    test.each(seeds)("every expectation and control holds on seed %i", async (seed) => {
      const result = await runOn(seed);
      expectAllToHold(result);
      expectNullLevel(result);
      await expectFacts(await small(), result);
      await expectTold(await small(), result);
    });

    test("the saved evidence gives the same findings again", async () => {
      const { baseline } = await runOn(1);
      const { findings } = await attackRun(
        baseline,
        await loadScenario({ path: await small() }),
        fresh(),
      );
      expect(findings).toEqual(baseline.findings);
    });

    test("taking an artefact away never gives more", async () => {
      const all = world.guessed === undefined ? seeds : [...seeds, ...moreSeeds];
      const numbers = world.isSlow === true ? all.slice(0, 1) : all;
      const played: Played[] = [];
      for (const seed of numbers) played.push(await playedOn(seed));
      await expectNoMore(world, played);
    });

    test("without any artefact nothing is found, and the findings say so", async () => {
      await expectNothing(world, await playedOn(1));
    });

    test("under other names every number is the same", async () => {
      const { raw, labels } = renamed(await rawOf(await small()));
      const [first, second] = [await playedOn(1), await play(await written(fresh(), raw), 1)];
      const told = ({ metrics }: Played) =>
        metrics
          .filter(({ id: metric }) => !(world.varies ?? []).includes(metric))
          .map(({ id: metric, value, hits, of }) => ({ metric, value, hits, of }));
      expect(told(second)).toEqual(told(first));
      const names = first.findings.labels.map((label) => labels.get(label) ?? label);
      expect(new Set(second.findings.labels)).toEqual(new Set(names));
    });

    test("under other names, with another script and on another seed the file's expectations hold", async () => {
      const raw = elsewhere(renamed(await rawOf(await small())).raw);
      world.script(raw);
      const path = await written(fresh(), raw);
      const scenario = await loadScenario({ path });
      const { metrics, findings } = await play(path, anotherSeed);
      const asItIs = scenario.expect.filter(({ when }) => Object.keys(when).length === 0);
      if (world.cipher === undefined) {
        const results = asItIs.map((each) => check(each, { metrics } as ScoredRun, []));
        expect(results.filter(({ ok }) => !ok)).toEqual([]);
      }
      expect(hasGain(world, metrics), "there is a gain").toBe(true);
      expect(findings.notes.filter((note) => note.startsWith("No artefact"))).toEqual([]);
    });
  });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

function byNumber<T>(make: (number: number) => Promise<T>): (number: number) => Promise<T> {
  const made = new Map<number, Promise<T>>();
  return (number) => {
    const known = made.get(number) ?? make(number);
    made.set(number, known);
    return known;
  };
}

async function rawOf(path: string): Promise<Raw> {
  return parse(await readFile(path, "utf8"));
}

async function written(folder: string, raw: Raw): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "scenario.yaml");
  // JSON is YAML.
  await writeFile(path, JSON.stringify(raw, null, 1));
  return path;
}

/** What was read that way, by message where the artefact shows one. */
function readings({ read }: Findings): Set<string> {
  return new Set(read.map(({ id, text }) => `${id}: ${text}`));
}

async function expectNoMore(world: SmallWorld, played: readonly Played[]): Promise<void> {
  const [first] = played;
  assert(first !== undefined, "there is a seed");
  const guessed = world.guessed ?? [];
  let hasLess = false;
  for (const { name } of takenAway(first.evidence)) {
    const pairs = new Map<Gain, { without: number; with: number }[]>();
    for (const { rig, bundle, truth, evidence, findings, metrics } of played) {
      const away = takenAway(evidence).find((each) => each.name === name);
      assert(away !== undefined, "each seed has the same artefacts");
      const less = await findIn(kept(evidence, away.isKept));
      const fewer = (await rig.score(less, truth, bundle)).metrics;
      const whole = readings(findings);
      expect([...readings(less)].filter((each) => !whole.has(each))).toEqual([]);
      for (const gain of world.exact) {
        const [before, after] = [gain.of(metrics), gain.of(fewer)];
        expect(after, `${gain.name} without ${name}`).toBeLessThanOrEqual(before);
        hasLess ||= after < before;
      }
      for (const gain of guessed) {
        // `without` and `with` are the effect's words: here, what is taken away is the change.
        const pair = { without: gain.of(metrics), with: gain.of(fewer) };
        pairs.set(gain, [...(pairs.get(gain) ?? []), pair]);
      }
    }
    for (const [gain, values] of pairs) {
      const { n, interval } = pairedEffect(values);
      expect(n).toBeGreaterThanOrEqual(seeds.length + moreSeeds.length);
      expect(interval?.[0], `${gain.name} without ${name}`).toBeLessThanOrEqual(1e-9);
      hasLess ||= (interval?.[1] ?? 0) < 0;
    }
  }
  expect(hasLess, "something depends on an artefact").toBe(true);
}

async function expectNothing(world: SmallWorld, played: Played): Promise<void> {
  const { rig, bundle, truth, evidence, metrics } = played;
  const findings = await findIn(kept(evidence, () => false));
  expect(findings.read).toEqual([]);
  expect(findings.labels).toEqual([]);
  expect(findings.notes.some((note) => note.startsWith("No artefact"))).toBe(true);
  const scored = await rig.score(findings, truth, bundle);
  const gains = [...world.exact, ...(world.guessed ?? [])];
  for (const gain of gains) {
    const chance = gain.chance(scored.metrics);
    expect(gain.of(scored.metrics), gain.name).toBeLessThanOrEqual(chance + 1e-9);
  }
  // With everything there was something, or nothing could have become less.
  expect(hasGain(world, metrics), "there is a gain to lose").toBe(true);
}

function hasGain({ exact, guessed = [] }: SmallWorld, metrics: readonly Metric[]): boolean {
  return [...exact, ...guessed].some((gain) => gain.of(metrics) > gain.chance(metrics));
}

/** Every question has its answer in the run, and a choice has it among its options. */
async function expectFacts(path: string, { facts }: RunResult): Promise<void> {
  for (const { answer } of (await loadScenario({ path })).questions) {
    const name = factOf(answer);
    if (name === null || name.startsWith("secrets.")) continue;
    const fact = facts[name];
    expect(fact, name).toBeDefined();
    if (answer.type === "choice") {
      expect(answer.options.map(({ value }) => value)).toContain(String(fact));
    }
  }
}

/** An attack says what it found in tables that fit, and has words for nothing found too. */
async function expectTold(path: string, { baseline }: RunResult): Promise<void> {
  const { attack } = await loadScenario({ path });
  const tables = rigs.get(attack.algorithm)?.tell(baseline.findings) ?? [];
  expect(tables.length).toBeGreaterThan(0);
  for (const { title, head, rows } of tables) {
    expect(
      rows.filter((row) => row.length !== head.length),
      title,
    ).toEqual([]);
  }
}

/** Every null control tells of how many it speaks, and is judged at 0.1 %. */
function expectNullLevel({ controls }: RunResult): void {
  const nulls = controls.filter(({ kind }) => kind === "null");
  const told = nulls.filter(({ expected, measured }) => {
    return /\d+ of \d+/.test(measured) && /0\.1 %/.test(`${expected} ${measured}`);
  });
  expect(told.map(({ name }) => name)).toEqual(nulls.map(({ name }) => name));
}
