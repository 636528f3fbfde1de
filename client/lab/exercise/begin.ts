import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "#shared/failure.ts";
import { writeReport } from "../report/report.ts";
import type { RunResult } from "../result.ts";
import { type RunProgress, runScenario } from "../run.ts";
import { builtInPaths, readScenario } from "../scenario.ts";
import { factOf } from "../scenario-question.ts";
import { softwareName } from "../software.ts";
import { type Fact, type Sheet, sheetOf } from "./answer.ts";
import { domainOf } from "./domain.ts";
import { layOut, teamFiles } from "./layout.ts";
import { withLog } from "./log.ts";
import { pointsOf } from "./points.ts";
import { choiceName, priceOf, readPrices, singleChoices, writePrices } from "./prices.ts";
import {
  type Exercise,
  isRecord,
  type LateRule,
  minutesMax,
  openRecord,
  readPointer,
  readTeam,
  type Team,
  teamKey,
  teamPlace,
  worldSeed,
  writePointer,
  writeRecord,
  writeTeam,
} from "./record.ts";
import { firstPhase, teamsOf } from "./state.ts";

export interface BeginOptions {
  readonly scenario: { readonly id: string } | { readonly path: string };
  readonly team: string;
  /** The team's folder; must not exist, or be empty. */
  readonly folder: string;
  /** The facilitator's record: a new folder, or one of the same scenario with other teams. */
  readonly record: string;
  /** Fixes the worlds of a new record, for a demonstration; the key is always random. */
  readonly seed: number | null;
  readonly minutes: number | null;
  /** What becomes of answers after the time; null for refusing them, or as the record says. */
  readonly late?: LateRule | null;
  /** Whether every choice of defences is priced beforehand; else when somebody asks. Default true. */
  readonly prices?: boolean;
  readonly now: () => number;
  readonly onProgress?: (progress: RunProgress) => void;
}

export interface Begun {
  readonly v: 1;
  readonly type: "exercise";
  readonly scenario: string;
  readonly team: string;
  readonly folder: string;
  readonly record: string;
  readonly questions: number;
  readonly points: number;
}

/**
 * Stages a team's own world, attacks it with its controls and defences, and makes the team's folder and,
 * where there is none, the record. Failures: those of a run; `usage` for folders in use and names.
 */
export async function beginExercise(options: BeginOptions): Promise<Begun> {
  const { team, now } = options;
  const folder = resolve(options.folder);
  const record = resolve(options.record);
  const place = teamPlace(record, team);
  if (`${folder}/`.startsWith(`${record}/`) || `${record}/`.startsWith(`${folder}/`)) {
    throw new Failure("usage", "the team's folder and the record must lie apart");
  }
  checkMinutes(options.minutes);
  await mustBeFree(folder);
  const isNew = !(await isRecord(record));
  const exercise = await exerciseAt(record, options);
  try {
    await withLog(record, now, async (log) => {
      if (teamsOf(log.events).includes(team)) {
        throw new Failure("usage", `team ${team} is in this exercise already`);
      }
      if (log.events.length > 0) return;
      const { id, version } = exercise.scenario;
      const software = await softwareName();
      await log.append({
        ...{ type: "created", scenario: id, version, minutes: exercise.minutes, software },
      });
    });
    await mkdir(place, { recursive: true, mode: 0o700 });
    const made = await stageTeam(exercise, { team, folder, world: 0 }, options);
    await layOut(exercise, made, firstPhase(exercise.scenario.questions));
  } catch (error) {
    // A record without any team is in the way of the next attempt and of no use.
    if (isNew) await rm(record, { recursive: true, force: true });
    throw error;
  }
  await withLog(record, now, (log) => log.append({ type: "team", team, reset: false }));
  const points = pointsOf(exercise.scenario);
  return {
    ...{ v: 1, type: "exercise", scenario: exercise.scenario.id, team, folder, record },
    questions: points.size,
    points: [...points.values()].reduce((sum, each) => sum + each, 0),
  };
}

/** Stages a team's world with its controls and defences, and keeps what its answers are checked with. */
async function stageTeam(
  exercise: Exercise,
  place: Pick<Team, "team" | "folder" | "world">,
  options: Pick<BeginOptions, "onProgress" | "prices">,
): Promise<Team> {
  const { team, world } = place;
  const record = exercise.folder;
  const run = join(teamPlace(record, team), "run");
  const seed = worldSeed(exercise, team, world);
  await rm(run, { recursive: true, force: true });
  const result = await runScenario({
    scenario: { path: join(record, "scenario.yaml") },
    ...{ seed, out: run },
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  if (result.verdict !== "measured") throw new Failure("integrity", result.sentence);
  await writeReport(result, run);
  await keepPrices(exercise, seed, result, options);
  const facts = await factsOf(teamPlace(record, team), result.facts);
  const { hashes, metrics } = result.baseline;
  const sheets = sheetsOf(exercise, team, facts, metrics);
  const made: Team = { v: 1, type: "exercise-team", ...place, seed, sheets, hashes: [...hashes] };
  await writeTeam(record, made);
  return made;
}

/** The first world of an exercise tells what choices cost: what its run did not measure is staged besides. */
async function keepPrices(
  exercise: Exercise,
  seed: number,
  result: RunResult,
  { prices = true, onProgress }: Pick<BeginOptions, "onProgress" | "prices">,
): Promise<void> {
  const { scenario, folder } = exercise;
  const asks = scenario.questions.some(({ answer }) => answer.type === "switches");
  if (!asks || (await readPrices(folder)) !== null) return;
  const changes = Object.fromEntries(
    result.paired.map(({ change, run }) => [choiceName(scenario, change), { ...run.cost }]),
  );
  await writePrices(folder, { seed, base: { ...result.baseline.cost }, changes });
  if (!prices) return;
  const open = singleChoices(scenario).filter(
    (choice) => changes[choiceName(scenario, choice)] === undefined,
  );
  for (const [done, choice] of open.entries()) {
    onProgress?.({ step: `pricing ${choiceName(scenario, choice)}`, done, of: open.length });
    await priceOf(exercise, choice);
  }
}

/**
 * Gives a team the same world again, from the record, or another one; what it answered before no longer
 * counts. Failures: `usage` for a folder with other things, and those of a run.
 */
export async function resetTeam(
  record: string,
  team: string,
  now: () => number,
  fresh: { readonly onProgress?: (progress: RunProgress) => void } | null = null,
): Promise<{ folder: string }> {
  const exercise = await openRecord(record);
  const before = await readTeam(record, team);
  const { folder } = before;
  const pointer = await readPointer(folder).catch(() => null);
  const isOurs = pointer !== null && pointer.record === exercise.folder && pointer.team === team;
  const entries = await readdir(folder).catch(() => []);
  if (!isOurs && entries.length > 0) {
    throw new Failure("usage", `${folder}: holds something else than this team's exercise`);
  }
  const made = fresh === null ? before : await anotherWorld(exercise, before, fresh);
  for (const name of teamFiles) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  await layOut(exercise, made, firstPhase(exercise.scenario.questions));
  const more = fresh === null ? {} : { fresh: true };
  await withLog(record, now, (log) => log.append({ type: "team", team, reset: true, ...more }));
  return { folder };
}

/** The world that a team had is kept beside the new one, for the after-action report. */
async function anotherWorld(
  exercise: Exercise,
  { team, folder, world }: Team,
  options: { readonly onProgress?: (progress: RunProgress) => void },
): Promise<Team> {
  const place = teamPlace(exercise.folder, team);
  if (existsSync(join(place, "run"))) await rename(join(place, "run"), join(place, `run-${world}`));
  return stageTeam(exercise, { team, folder, world: world + 1 }, options);
}

/**
 * Tells a team's folder where the record lies now, and the record where the folder does: after one of them
 * was moved. Failure `usage` for a folder of another exercise or team.
 */
export async function relinkTeam(
  record: string,
  team: string,
  folder: string | null,
): Promise<{ folder: string }> {
  const exercise = await openRecord(record);
  const made = await readTeam(record, team);
  const place = resolve(folder ?? made.folder);
  const pointer = await readPointer(place);
  if (pointer.team !== team || pointer.scenario !== exercise.scenario.id) {
    throw new Failure("usage", `${place}: the folder of another team, or exercise`);
  }
  await writeTeam(record, { ...made, folder: place });
  await writePointer(place, { scenario: pointer.scenario, team, record: exercise.folder });
  return { folder: place };
}

function checkMinutes(minutes: number | null): void {
  const fits = minutes === null || (Number.isInteger(minutes) && minutes >= 1);
  if (fits && (minutes ?? 1) <= minutesMax) return;
  throw new Failure("usage", `an exercise takes 1 to ${minutesMax} minutes`);
}

async function mustBeFree(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  if (entries.length > 0) throw new Failure("usage", `${folder}: holds something already`);
}

async function exerciseAt(record: string, options: BeginOptions): Promise<Exercise> {
  const { scenario: from } = options;
  const path = "path" in from ? from.path : (await builtInPaths()).get(from.id);
  if (path === undefined) {
    const known = [...(await builtInPaths()).keys()].join(", ");
    throw new Failure("not-found", `no such scenario; there are ${known}`);
  }
  const { scenario, text } = await readScenario(path);
  if (scenario.questions.length === 0) {
    throw new Failure("usage", `${scenario.id}: this scenario asks no questions`);
  }
  if (!(await isRecord(record))) {
    await mustBeFree(record);
    const secret = randomBytes(32).toString("hex");
    const { seed } = options;
    const minutes = options.minutes ?? scenario.minutes;
    const late = options.late ?? "refused";
    await writeRecord(record, { scenario, text, minutes, secret, seed, late });
    return openRecord(record);
  }
  await chmod(record, 0o700);
  const exercise = await openRecord(record);
  if (text !== (await readFile(join(record, "scenario.yaml"), "utf8"))) {
    throw new Failure("usage", `${record}: this is an exercise of another scenario, or version`);
  }
  const { minutes = null, seed = null, late = null } = options;
  const differs =
    (minutes !== null && minutes !== exercise.minutes) ||
    (seed !== null && seed !== exercise.seed) ||
    (late !== null && late !== exercise.late);
  if (differs) {
    const has = `${exercise.minutes} minutes, late answers ${exercise.late}`;
    throw new Failure(
      "usage",
      `minutes, seed and late answers belong to the whole exercise, which has ${has}; \`clock extend\` gives more time`,
    );
  }
  return exercise;
}

/** Everything that a question of a team may ask for: the facts of its run, and the secrets of its world. */
export async function factsOf(
  place: string,
  facts: Readonly<Record<string, Fact>>,
): Promise<Readonly<Record<string, Fact>>> {
  const secrets = Object.entries(await secretsOf(place));
  return { ...facts, ...Object.fromEntries(secrets.map(([name, it]) => [`secrets.${name}`, it])) };
}

/** What a team's answers are checked with, from its world's facts; units say which numbers are taken. */
export function sheetsOf(
  exercise: Exercise,
  team: string,
  facts: Readonly<Record<string, Fact>>,
  metrics: readonly { readonly id: string; readonly unit: string }[],
): Record<string, Sheet> {
  const key = teamKey(exercise, team);
  const { scenario } = exercise;
  return Object.fromEntries(
    scenario.questions.map((question) => {
      const fact = factOf(question.answer);
      const place = { scenario: scenario.id, question: question.id };
      const value = fact === null ? null : (facts[fact] ?? null);
      const unit = metrics.find(({ id }) => id === fact)?.unit ?? null;
      const domain = domainOf(unit, typeof value === "number" ? value : null);
      return [question.id, sheetOf(key, place, question.answer, value, domain)];
    }),
  );
}

/** The secrets of a staged world, from the ground truth that its rig wrote; none where it knows none. */
export async function secretsOf(place: string): Promise<Readonly<Record<string, string>>> {
  const truth: unknown = JSON.parse(await readFile(join(place, "run", "truth.json"), "utf8"));
  if (typeof truth !== "object" || truth === null || !("secrets" in truth)) return {};
  const { secrets } = truth;
  if (typeof secrets !== "object" || secrets === null) return {};
  return Object.fromEntries(
    Object.entries(secrets).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}
