import { rm } from "node:fs/promises";
import { assert } from "#shared/failure.ts";
import { stageAndAttack } from "../attempt.ts";
import { metricValue } from "../metrics.ts";
import { settingText } from "../report/words.ts";
import type { ScoredRun } from "../result.ts";
import { rigs } from "../rigs/catalogue.ts";
import { scratchFolder } from "../scratch.ts";
import { type Settings, settingsOf } from "../settings.ts";
import { readEvents, withLog } from "./log.ts";
import { stateOf } from "./play.ts";
import { type Exercise, teamSeed } from "./record.ts";
import { teamsOf } from "./state.ts";
import { checkChoice, switchesIn } from "./switches.ts";

export interface Measured {
  readonly team: string;
  readonly question: string;
  readonly chosen: string;
  readonly before: number | null;
  readonly after: number | null;
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
  const baselines = new Map<number, ScoredRun>();
  const made: Measured[] = [];
  for (const team of teamsOf(events)) {
    for (const state of stateOf(exercise, events, team).questions) {
      const { question, answers, of, hintPct } = state;
      const said = answers.at(-1)?.said;
      const { answer } = question;
      if (state.earned !== null || answer.type !== "switches" || said === undefined) continue;
      const settings = checkChoice(exercise.scenario, said);
      const pairs: { before: ScoredRun; after: ScoredRun }[] = [];
      for (let at = 0; at < seeds; at++) {
        onProgress(`${team}: ${question.id}`, at, seeds);
        const seed = teamSeed(exercise.seed, `hidden ${at}`);
        const before =
          baselines.get(seed) ?? (await runOnce(exercise, seed, settingsOf(exercise.scenario, {})));
        baselines.set(seed, before);
        pairs.push({ before, after: await runOnce(exercise, seed, settings) });
      }
      const before = mean(pairs.map((pair) => metricValue(pair.before.metrics, answer.metric)));
      const after = mean(pairs.map((pair) => metricValue(pair.after.metrics, answer.metric)));
      const over = Object.entries(answer.budget).flatMap(([key, most]) => {
        const spent = mean(
          pairs.map((pair) => (pair.after.cost[key] ?? 0) - (pair.before.cost[key] ?? 0)),
        );
        return spent !== null && most !== undefined && spent > most
          ? [`${key} ${Math.round(spent)} of ${most}`]
          : [];
      });
      const fall = before === null || after === null || before <= 0 ? 0 : (before - after) / before;
      const part = over.length > 0 ? 0 : Math.min(1, Math.max(0, fall));
      const earned = Math.round(of * part * (1 - Math.min(60, hintPct) / 100));
      const words = over.length > 0 ? `over budget: ${over.join(", ")}` : "within budget";
      await withLog(exercise.folder, now, (log) =>
        log.append({
          ...{ type: "judged", team, question: question.id, earned, of, by: "measurement" },
          ...{ before, after, seeds, words },
        }),
      );
      const chosen = settingText(switchesIn(said)) || "nothing";
      made.push({ team, question: question.id, chosen, before, after, earned, of, words });
    }
  }
  return made;
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

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
}
