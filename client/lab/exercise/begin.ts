import { randomBytes, randomInt } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "#shared/failure.ts";
import { writeReport } from "../report/report.ts";
import { type RunProgress, runScenario } from "../run.ts";
import { builtInPaths, readScenario } from "../scenario.ts";
import { factOf } from "../scenario-question.ts";
import { softwareName } from "../software.ts";
import { type Fact, type Sheet, sheetOf } from "./answer.ts";
import { briefOf, publicQuestion } from "./brief.ts";
import { withLog } from "./log.ts";
import { pointsOf } from "./points.ts";
import {
  type Exercise,
  isRecord,
  openRecord,
  readPointer,
  readTeam,
  replace,
  type Team,
  teamKey,
  teamPlace,
  teamSeed,
  writePointer,
  writeRecord,
  writeTeam,
} from "./record.ts";
import { teamsOf } from "./state.ts";

export interface BeginOptions {
  readonly scenario: { readonly id: string } | { readonly path: string };
  readonly team: string;
  /** The team's folder; must not exist, or be empty. */
  readonly folder: string;
  /** The facilitator's record: a new folder, or one of the same scenario with other teams. */
  readonly record: string;
  /** Fixes the worlds of a new record; the key is always random. */
  readonly seed: number | null;
  readonly minutes: number | null;
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
  await mustBeFree(folder);
  const exercise = await exerciseAt(record, options);
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
  await rm(join(place, "run"), { recursive: true, force: true });
  const seed = teamSeed(exercise.seed, team);
  const result = await runScenario({
    scenario: { path: join(record, "scenario.yaml") },
    ...{ seed, out: join(place, "run") },
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  if (result.verdict !== "measured") throw new Failure("integrity", result.sentence);
  await writeReport(result, join(place, "run"));
  const { hashes } = result.baseline;
  const sheets = sheetsOf(exercise, team, await factsOf(place, result.facts));
  const made: Team = {
    v: 1,
    type: "exercise-team",
    ...{ team, folder, seed, sheets },
    hashes: [...hashes],
  };
  await writeTeam(record, made);
  await layOut(exercise, made);
  await withLog(record, now, (log) => log.append({ type: "team", team, reset: false }));
  const points = pointsOf(exercise.scenario);
  return {
    ...{ v: 1, type: "exercise", scenario: exercise.scenario.id, team, folder, record },
    questions: points.size,
    points: [...points.values()].reduce((sum, each) => sum + each, 0),
  };
}

/** Gives a team the same world again, from the record; what it answered before no longer counts. */
export async function resetTeam(
  record: string,
  team: string,
  now: () => number,
): Promise<{ folder: string }> {
  const exercise = await openRecord(record);
  const made = await readTeam(record, team);
  const pointer = await readPointer(made.folder).catch(() => null);
  const isOurs = pointer !== null && pointer.record === exercise.folder && pointer.team === team;
  const entries = await readdir(made.folder).catch(() => []);
  if (!isOurs && entries.length > 0) {
    throw new Failure("usage", `${made.folder}: holds something else than this team's exercise`);
  }
  for (const name of teamFiles) {
    await rm(join(made.folder, name), { recursive: true, force: true });
  }
  await layOut(exercise, made);
  await withLog(record, now, (log) => log.append({ type: "team", team, reset: true }));
  return { folder: made.folder };
}

/** What a reset takes away and lays out anew; other files in the folder are the team's own. */
const teamFiles = ["exercise.json", "BRIEF.md", "questions.json", "evidence", "inbox"];

async function layOut(exercise: Exercise, made: Team): Promise<void> {
  const { scenario, minutes, folder: record } = exercise;
  const { team, folder } = made;
  const points = pointsOf(scenario);
  await mkdir(join(folder, "inbox"), { recursive: true });
  await cp(join(teamPlace(record, team), "run", "evidence"), join(folder, "evidence"), {
    recursive: true,
  });
  await writeFile(join(folder, "BRIEF.md"), briefOf(scenario, team, points, minutes));
  await replace(join(folder, "questions.json"), {
    v: 1,
    type: "exercise-questions",
    scenario: scenario.id,
    questions: scenario.questions.map((each) => publicQuestion(each, points.get(each.id) ?? 0)),
  });
  await writePointer(folder, { scenario: scenario.id, team, record });
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
    const seed = options.seed ?? randomInt(2 ** 31);
    const minutes = options.minutes ?? scenario.minutes;
    await writeRecord(record, { scenario, text, minutes, secret, seed });
    return openRecord(record);
  }
  await chmod(record, 0o700);
  const exercise = await openRecord(record);
  if (text !== (await readFile(join(record, "scenario.yaml"), "utf8"))) {
    throw new Failure("usage", `${record}: this is an exercise of another scenario, or version`);
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

/** What a team's answers are checked with, from its world's facts. */
export function sheetsOf(
  exercise: Exercise,
  team: string,
  facts: Readonly<Record<string, Fact>>,
): Record<string, Sheet> {
  const key = teamKey(exercise, team);
  const { scenario } = exercise;
  return Object.fromEntries(
    scenario.questions.map((question) => {
      const fact = factOf(question.answer);
      const place = { scenario: scenario.id, question: question.id };
      const value = fact === null ? null : (facts[fact] ?? null);
      return [question.id, sheetOf(key, place, question.answer, value)];
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
