import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { mean } from "simple-statistics";
import { z } from "zod";
import { assert, Failure } from "#shared/failure.ts";
import { stageAndAttack } from "../attempt.ts";
import { pairedEffect, pairsMin } from "../matrix/effect.ts";
import { metricValue } from "../metrics.ts";
import { rigs } from "../rigs/catalogue.ts";
import { scratchFolder } from "../scratch.ts";
import { type Settings, settingsOf } from "../settings.ts";
import { clockOf } from "./clock.ts";
import type { ExerciseEvent } from "./event.ts";
import { withExercise } from "./inject.ts";
import { readEvents } from "./log.ts";
import { choiceName, spending } from "./prices.ts";
import { type Exercise, replace, worldSeed } from "./record.ts";
import { type QuestionState, teamsOf } from "./state.ts";
import { checkChoice } from "./switches.ts";
import { stateOf } from "./table.ts";

export interface Measured {
  readonly team: string;
  readonly question: string;
  readonly chosen: string;
  readonly metric: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly seeds: number;
  /** 95 % interval of `after - before` over the pairs; null for too few of them. */
  readonly interval: readonly [number, number] | null;
  /** What the choice cost beyond the scenario as it is, on average. */
  readonly spent: Readonly<Record<string, number>>;
  readonly earned: number;
  readonly of: number;
  readonly words: string;
}

/** Enough to show a room while the clock runs, and enough to stand in a report. */
export const seedsInTime = 5;
export const seedsAfter = 30;

/** How many worlds a measurement takes unless somebody says otherwise: few while people wait for it. */
export async function seedsDefault(exercise: Exercise, now: () => number): Promise<number> {
  const { state } = clockOf(await readEvents(exercise.folder), now());
  return state === "running" ? seedsInTime : seedsAfter;
}

export interface MeasureOptions {
  readonly seeds: number;
  readonly now: () => number;
  /** Stops between two worlds; what was measured is kept, and the next measurement goes on from it. */
  readonly signal?: AbortSignal;
  /** `done` of `of` worlds; `fresh` of them in this call. */
  readonly onProgress?: (words: string, done: number, of: number, fresh: number) => void;
}

/**
 * Measures every choice of defences that waits, or was measured on fewer worlds, on worlds of seeds that no
 * team has, in pairs with the scenario as it is. What a choice earns is the part of the leak that it took
 * away. Failure `interrupted`.
 */
export async function measureChoices(
  exercise: Exercise,
  options: MeasureOptions,
): Promise<Measured[]> {
  const { seeds, now, signal, onProgress } = options;
  const waiting = waitingOf(exercise, await readEvents(exercise.folder), seeds);
  const kept = await openKept(exercise);
  const wanted = new Map<string, { readonly seed: number; readonly settings: Settings }>();
  for (let at = 0; at < seeds && waiting.length > 0; at++) {
    const seed = hiddenSeed(exercise, at);
    for (const { settings } of [{ settings: settingsOf(exercise.scenario, {}) }, ...waiting]) {
      wanted.set(keyOf(exercise, seed, settings), { seed, settings });
    }
  }
  const open = [...wanted].filter(([key]) => !kept.has(key));
  const done = wanted.size - open.length;
  for (const [fresh, [key, { seed, settings }]] of open.entries()) {
    const name = choiceName(exercise.scenario, settings) || "as it is";
    onProgress?.(name, done + fresh, wanted.size, fresh);
    if (!isStopped(signal)) {
      // Whoever only measures still brings what the clock would have.
      await withExercise(exercise, now, async () => undefined);
      try {
        await kept.add(key, await runOnce(exercise, seed, settings));
      } catch (error) {
        // Ctrl-C reaches the attack's process as well.
        if (!isStopped(signal)) throw error;
      }
    }
    if (isStopped(signal)) {
      const ready = [...wanted.keys()].filter((each) => kept.has(each)).length;
      throw new Failure(
        "interrupted",
        `${ready} of ${wanted.size} worlds are measured and kept; \`measure\` goes on from there`,
      );
    }
  }
  if (open.length > 0) onProgress?.("done", wanted.size, wanted.size, open.length);
  const made: Measured[] = [];
  for (const each of waiting) made.push(await judgeMeasured(exercise, each, kept, options));
  return made;
}

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

interface Waiting {
  readonly team: string;
  readonly state: QuestionState;
  readonly said: string;
  readonly settings: Settings;
}

function waitingOf(exercise: Exercise, events: readonly ExerciseEvent[], seeds: number): Waiting[] {
  return teamsOf(events).flatMap((team) =>
    stateOf(exercise, events, team).questions.flatMap((state) => {
      const said = state.answers.at(-1)?.said;
      if (state.question.answer.type !== "switches" || said === undefined) return [];
      const { judged } = state;
      const isOpen = judged === null || (judged.by === "measurement" && judged.seeds < seeds);
      return isOpen ? [{ team, state, said, settings: checkChoice(exercise.scenario, said) }] : [];
    }),
  );
}

async function judgeMeasured(
  exercise: Exercise,
  { team, state, said, settings }: Waiting,
  kept: Kept,
  { seeds, now }: MeasureOptions,
): Promise<Measured> {
  const worlds: HiddenWorlds = {
    exercise,
    async run(at, each) {
      const run = kept.get(keyOf(exercise, hiddenSeed(exercise, at), each));
      assert(run !== undefined, "every pair was measured");
      return run;
    },
  };
  const choice = await measureChoice(worlds, state, said, seeds, () => undefined);
  const { before, after, interval, spent, earned, of, words } = choice;
  const { id, answer } = state.question;
  await withExercise(exercise, now, (log) =>
    log.append({
      ...{ type: "judged", team, question: id, earned, of, by: "measurement" },
      ...{ before, after, seeds, words, interval, spent },
    }),
  );
  const chosen = choiceName(exercise.scenario, settings) || "nothing";
  const metric = answer.type === "switches" ? answer.metric : "";
  return { team, question: id, chosen, metric, seeds, ...choice };
}

/** Runs on the seeds that no team has. */
export interface HiddenWorlds {
  readonly exercise: Exercise;
  run(at: number, settings: Settings): Promise<HiddenRun>;
}

/** Worlds that are staged when they are asked for, the same one once; nothing of before is taken for them. */
export function hiddenWorlds(exercise: Exercise): HiddenWorlds {
  const made = new Map<string, Promise<HiddenRun>>();
  return {
    exercise,
    run(at, settings) {
      const seed = hiddenSeed(exercise, at);
      const key = keyOf(exercise, seed, settings);
      const run = made.get(key) ?? runOnce(exercise, seed, settings);
      made.set(key, run);
      return run;
    },
  };
}

function hiddenSeed(exercise: Exercise, at: number): number {
  return worldSeed(exercise, `hidden ${at}`);
}

/**
 * Measures one choice of defences: its effect with a bootstrap interval, its price, and what it earns: the
 * part of the leak that it took away. Whether it was within the budget was decided when it was chosen.
 */
export async function measureChoice(
  worlds: HiddenWorlds,
  { question, of, hintPct }: QuestionState,
  said: string,
  seeds: number,
  onProgress: (done: number) => void,
): Promise<Omit<Measured, "team" | "question" | "chosen" | "metric" | "seeds">> {
  const { answer } = question;
  assert(answer.type === "switches", "only a choice of defences is measured");
  const { scenario } = worlds.exercise;
  const settings = checkChoice(scenario, said);
  const base = settingsOf(scenario, {});
  const pairs: { before: HiddenRun; after: HiddenRun }[] = [];
  for (let at = 0; at < seeds; at++) {
    onProgress(at);
    pairs.push({ before: await worlds.run(at, base), after: await worlds.run(at, settings) });
  }
  const leakOf = ({ metrics }: HiddenRun) => metrics[answer.metric] ?? null;
  const effect = pairedEffect(
    pairs.map((pair) => ({ without: leakOf(pair.before), with: leakOf(pair.after) })),
  );
  const { without: before, with: after } = effect;
  const spent = spentOf(pairs);
  // What guessing reaches no defence takes away.
  const floor = mean(pairs.map(({ before: { chance } }) => chance[answer.metric] ?? 0));
  const part = fallOf(before, after, floor);
  const earned = Math.round(of * part * (1 - Math.min(60, hintPct) / 100));
  const paid = spending(answer.budget, spent).map(({ words }) => words);
  const words = paid.length === 0 ? "" : `it cost ${paid.join(", ")}`;
  // Of fewer pairs a bootstrap says nothing: the means stand alone then.
  const interval = effect.n < pairsMin ? null : effect.interval;
  return { before, after, interval, spent, earned, of, words };
}

/** The part, 0 to 1, that a leak lost of what it was above the floor. */
function fallOf(before: number | null, after: number | null, floor: number): number {
  if (before === null || after === null || before <= floor) return 0;
  return Math.min(1, Math.max(0, (before - after) / (before - floor)));
}

/** What the choice cost beyond the scenario as it is, on average, by name. */
function spentOf(
  pairs: readonly { readonly before: HiddenRun; readonly after: HiddenRun }[],
): Record<string, number> {
  const names = new Set(
    pairs.flatMap(({ before, after }) => [before, after].flatMap(({ cost }) => Object.keys(cost))),
  );
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      mean(pairs.map(({ before, after }) => (after.cost[name] ?? 0) - (before.cost[name] ?? 0))),
    ]),
  );
}

const hiddenRunSchema = z.strictObject({
  metrics: z.record(z.string(), z.number().nullable()),
  /** What guessing reaches of a metric, where it reaches anything. */
  chance: z.record(z.string(), z.number()),
  cost: z.record(z.string(), z.number()),
});
/** What is kept of a run: its metrics and its price. */
export type HiddenRun = z.infer<typeof hiddenRunSchema>;

interface Kept {
  has(key: string): boolean;
  get(key: string): HiddenRun | undefined;
  add(key: string, run: HiddenRun): Promise<void>;
}

/** What was measured of hidden worlds, in the record, so that nothing is measured twice. */
async function openKept({ folder }: Exercise): Promise<Kept> {
  const path = join(folder, "measured.json");
  const text = await readFile(path, "utf8").catch(() => "{}");
  const parsed = z.record(z.string(), hiddenRunSchema).safeParse(JSON.parse(text));
  if (!parsed.success) throw new Failure("malformed", "measured.json: not of an exercise");
  const runs = new Map(Object.entries(parsed.data));
  return {
    has: (key) => runs.has(key),
    get: (key) => runs.get(key),
    async add(key, run) {
      runs.set(key, run);
      await replace(path, Object.fromEntries(runs));
    },
  };
}

function keyOf({ scenario }: Exercise, seed: number, settings: Settings): string {
  return `${seed} ${choiceName(scenario, settings)}`;
}

async function runOnce(exercise: Exercise, seed: number, settings: Settings): Promise<HiddenRun> {
  const { scenario } = exercise;
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  const out = await scratchFolder("exercise");
  try {
    const { metrics, cost } = await stageAndAttack(rig, { scenario, seed, settings, out });
    return {
      metrics: Object.fromEntries(
        scenario.metrics.map((id) => [id, metricValue(metrics, id)] as const),
      ),
      chance: Object.fromEntries(
        metrics.flatMap(({ id, chance }) => (chance === null ? [] : [[id, chance] as const])),
      ),
      cost: { ...cost },
    };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
