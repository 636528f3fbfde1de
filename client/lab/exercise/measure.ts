import { rm } from "node:fs/promises";
import { mean } from "simple-statistics";
import { assert } from "#shared/failure.ts";
import { stageAndAttack } from "../attempt.ts";
import { pairedEffect, pairsMin } from "../matrix/effect.ts";
import { metricValue } from "../metrics.ts";
import { settingText } from "../report/words.ts";
import type { ScoredRun } from "../result.ts";
import { rigs } from "../rigs/catalogue.ts";
import { scratchFolder } from "../scratch.ts";
import { changeName, type Settings, settingsOf } from "../settings.ts";
import { readEvents, withLog } from "./log.ts";
import { stateOf } from "./play.ts";
import { type Exercise, teamSeed } from "./record.ts";
import { type QuestionState, teamsOf } from "./state.ts";
import { checkChoice, switchesIn } from "./switches.ts";

export interface Measured {
  readonly team: string;
  readonly question: string;
  readonly chosen: string;
  readonly before: number | null;
  readonly after: number | null;
  /** 95 % interval of `after - before` over the pairs; null for fewer than five. */
  readonly interval: readonly [number, number] | null;
  /** What the choice cost beyond the scenario as it is, on average. */
  readonly spent: Readonly<Record<string, number>>;
  readonly earned: number;
  readonly of: number;
  readonly words: string;
}

/**
 * Measures every choice of defences that waits, on worlds of seeds that no team has, in pairs with the
 * scenario as it is. What a choice earns is the part of the leak that it took away.
 */
export async function measureChoices(
  exercise: Exercise,
  seeds: number,
  now: () => number,
  onProgress: (words: string, done: number, of: number) => void,
): Promise<Measured[]> {
  const events = await readEvents(exercise.folder);
  const worlds = hiddenWorlds(exercise);
  const made: Measured[] = [];
  for (const team of teamsOf(events)) {
    for (const state of stateOf(exercise, events, team).questions) {
      const { question, answers } = state;
      const said = answers.at(-1)?.said;
      if (state.earned !== null || question.answer.type !== "switches" || said === undefined) {
        continue;
      }
      const choice = await measureChoice(worlds, state, said, seeds, (done) =>
        onProgress(`${team}: ${question.id}`, done, seeds),
      );
      const { before, after, earned, of, words, interval, spent } = choice;
      await withLog(exercise.folder, now, (log) =>
        log.append({
          ...{ type: "judged", team, question: question.id, earned, of, by: "measurement" },
          ...{ before, after, seeds, words, interval, spent },
        }),
      );
      const chosen = settingText(switchesIn(said)) || "nothing";
      made.push({ team, question: question.id, chosen, ...choice });
    }
  }
  return made;
}

/** Runs on the seeds that no team has; the scenario as it is is run once for all choices. */
export interface HiddenWorlds {
  readonly exercise: Exercise;
  run(at: number, settings: Settings): Promise<ScoredRun>;
}

export function hiddenWorlds(exercise: Exercise): HiddenWorlds {
  const made = new Map<string, Promise<ScoredRun>>();
  return {
    exercise,
    run(at, settings) {
      const key = `${at} ${changeName(settings)}`;
      const seed = teamSeed(exercise.seed, `hidden ${at}`);
      const run = made.get(key) ?? runOnce(exercise, seed, settings);
      made.set(key, run);
      return run;
    },
  };
}

/** Measures one choice of defences: its effect with a bootstrap interval, its price, and what it earns. */
export async function measureChoice(
  worlds: HiddenWorlds,
  { question, of, hintPct }: QuestionState,
  said: string,
  seeds: number,
  onProgress: (done: number) => void,
): Promise<Omit<Measured, "team" | "question" | "chosen">> {
  const { answer } = question;
  assert(answer.type === "switches", "only a choice of defences is measured");
  const { scenario } = worlds.exercise;
  const settings = checkChoice(scenario, said);
  const base = settingsOf(scenario, {});
  const pairs: { before: ScoredRun; after: ScoredRun }[] = [];
  for (let at = 0; at < seeds; at++) {
    onProgress(at);
    pairs.push({ before: await worlds.run(at, base), after: await worlds.run(at, settings) });
  }
  const effect = pairedEffect(
    pairs.map((pair) => ({
      without: metricValue(pair.before.metrics, answer.metric),
      with: metricValue(pair.after.metrics, answer.metric),
    })),
  );
  const { without: before, with: after } = effect;
  const spent = spentOf(pairs);
  const over = Object.entries(answer.budget).flatMap(([key, most]) => {
    const used = spent[key] ?? 0;
    return most !== undefined && used > most ? [`${key} ${Math.round(used)} of ${most}`] : [];
  });
  const fall = before === null || after === null || before <= 0 ? 0 : (before - after) / before;
  const part = over.length > 0 ? 0 : Math.min(1, Math.max(0, fall));
  const earned = Math.round(of * part * (1 - Math.min(60, hintPct) / 100));
  const words = over.length > 0 ? `over budget: ${over.join(", ")}` : "within budget";
  // Of fewer pairs a bootstrap says nothing: the means stand alone then.
  const interval = effect.n < pairsMin ? null : effect.interval;
  return { before, after, interval, spent, earned, of, words };
}

/** What the choice cost beyond the scenario as it is, on average, by name. */
function spentOf(
  pairs: readonly { readonly before: ScoredRun; readonly after: ScoredRun }[],
): Record<string, number> {
  const names = new Set(pairs.flatMap(({ before, after }) => [before, after].flatMap(costNames)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      mean(pairs.map(({ before, after }) => (after.cost[name] ?? 0) - (before.cost[name] ?? 0))),
    ]),
  );
}

function costNames({ cost }: ScoredRun): string[] {
  return Object.keys(cost);
}

async function runOnce(exercise: Exercise, seed: number, settings: Settings): Promise<ScoredRun> {
  const { scenario } = exercise;
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  const out = await scratchFolder("exercise");
  try {
    return await stageAndAttack(rig, { scenario, seed, settings, out });
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
