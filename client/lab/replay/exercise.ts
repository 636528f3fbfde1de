import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, Failure } from "#shared/failure.ts";
import type { AfterAction } from "../aar/after-action.ts";
import { afterActionFrom, readLabJson } from "../aar/from-record.ts";
import { stageAndAttack } from "../attempt.ts";
import { manifestName } from "../evidence.ts";
import { factsOf, sheetsOf } from "../exercise/begin.ts";
import { readEvents } from "../exercise/log.ts";
import { hiddenWorlds } from "../exercise/measure.ts";
import {
  type Exercise,
  openRecord,
  readPointer,
  readTeam,
  type Team,
  teamPlace,
  worldSeed,
} from "../exercise/record.ts";
import { teamsOf } from "../exercise/state.ts";
import { rigs } from "../rigs/catalogue.ts";
import { replayLog, replayMeasurements } from "./log.ts";
import { compared, comparedWhole, type ReplayedNumber } from "./number.ts";
import {
  compareRuns,
  manifestAt,
  type RecordedReport,
  readReport,
  refuseOther,
  replayReport,
  runsOf,
} from "./run.ts";

export interface ExerciseReplayPlan {
  readonly record: string;
  /** A team's folder, to replay that team from what it holds; null for every team of the record. */
  readonly team: string | null;
  /** The `after-action.json` to compare with; null for that of the record, where there is one. */
  readonly report: string | null;
  /** The matrix that the report was made with. */
  readonly matrix: string | null;
  /** Whether worlds are staged anew from scenario and seed: prices, and choices on hidden seeds, need that. */
  readonly stagesAnew: boolean;
  readonly onProgress?: (words: string, done: number, of: number) => void;
}

export interface ExerciseReplay {
  readonly v: 1;
  readonly type: "lab-exercise-replay";
  readonly scenario: string;
  readonly teams: readonly string[];
  readonly numbers: readonly ReplayedNumber[];
  /** What was not replayed, and why. */
  readonly left: readonly string[];
  readonly same: boolean;
}

/**
 * Makes every number of an exercise again: attacks the teams' evidence, stages their worlds and the hidden
 * ones anew, marks every answer, and builds the after-action report, all compared with what the record
 * says. Failures: `integrity` with the file that is not what it was, or for what belongs to another team;
 * `not-found`, `malformed`.
 */
export async function replayExercise(plan: ExerciseReplayPlan): Promise<ExerciseReplay> {
  const exercise = await openRecord(plan.record);
  const events = await readEvents(exercise.folder);
  const all = teamsOf(events);
  const teams = plan.team === null ? all : [await teamAt(plan.team, exercise, all)];
  const tell = plan.onProgress ?? (() => undefined);
  const made = new Map<string, Team>();
  for (const team of all) made.set(team, await readTeam(exercise.folder, team));
  const numbers: ReplayedNumber[] = [];
  for (const team of teams) {
    const numbersOf = await replayTeam(plan, exercise, team, made, tell).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.code, `team ${team}: ${error.message}`);
    });
    numbers.push(...numbersOf);
  }
  const sheets = new Map([...made].map(([team, { sheets: own }]) => [team, own]));
  numbers.push(...replayLog(exercise, events, sheets));
  const left: string[] = [];
  if (plan.stagesAnew) {
    numbers.push(...(await replayMeasurements(exercise, events, hiddenWorlds(exercise), tell)));
  } else {
    left.push("prices, and choices of defences on hidden seeds: no world was staged anew");
  }
  const judged = events.filter((event) => event.type === "judged" && event.by === "facilitator");
  if (judged.length > 0) left.push(`${judged.length} answers that a person judged`);
  numbers.push(...(await replayAfterAction(plan, exercise, left)));
  const same = numbers.every((number) => number.same || number.isSpeed);
  const { id: scenario } = exercise.scenario;
  return { v: 1, type: "lab-exercise-replay", scenario, teams, numbers, left, same };
}

/** The team whose folder this is, if it is one of this record's. */
async function teamAt(folder: string, exercise: Exercise, all: readonly string[]): Promise<string> {
  const { team, scenario } = await readPointer(folder);
  if (scenario !== exercise.scenario.id || !all.includes(team)) {
    throw new Failure(
      "integrity",
      `${folder}: is of team ${team} in ${scenario}; this record has ${all.join(", ") || "no team"} in ${exercise.scenario.id}`,
    );
  }
  return team;
}

async function replayTeam(
  plan: ExerciseReplayPlan,
  exercise: Exercise,
  team: string,
  made: ReadonlyMap<string, Team>,
  tell: (words: string, done: number, of: number) => void,
): Promise<ReplayedNumber[]> {
  const own = made.get(team);
  assert(own !== undefined, "every team of the log was read");
  const folder = join(teamPlace(exercise.folder, team), "run");
  const report = await readReport(folder);
  refuseOtherTeam(exercise, team, own, report, made);
  const bundle = await bundleOf(plan, own, made, join(folder, "evidence"));
  const label = (number: ReplayedNumber): ReplayedNumber => ({
    ...number,
    run: number.run === "" ? team : `${team}, ${number.run}`,
  });
  const numbers = await replayReport({
    ...{ folder, report, bundle: bundle ?? join(folder, "evidence") },
    onProgress: (done, of) => tell(`${team}: attacking the evidence`, done, of),
  });
  const facts = await factsOf(teamPlace(exercise.folder, team), report.facts);
  numbers.push(
    ...comparedWhole(
      "",
      "answer sheets",
      own.sheets,
      sheetsOf(exercise, team, facts, report.baseline.metrics),
    ),
  );
  if (plan.stagesAnew) {
    numbers.push(
      ...(await stageAgain(exercise, report, (done, of) =>
        tell(`${team}: staging its world anew`, done, of),
      )),
    );
  }
  return numbers.map(label);
}

/** A run, a seed or hashes that are not this team's: whose they are is said where that is known. */
function refuseOtherTeam(
  exercise: Exercise,
  team: string,
  own: Team,
  report: RecordedReport,
  made: ReadonlyMap<string, Team>,
): void {
  const seed = worldSeed(exercise, team, own.world);
  const whose = (other: number) =>
    [...made].find(
      ([name, { world }]) => name !== team && worldSeed(exercise, name, world) === other,
    )?.[0];
  for (const [what, found] of [
    ["team.json", own.seed],
    ["run/report.json", report.seed],
  ] as const) {
    if (found === seed) continue;
    const other = whose(found);
    const words = other === undefined ? "of no team of this exercise" : `of team ${other}`;
    throw new Failure("integrity", `${what}: seed ${found} is ${words}, this team's is ${seed}`);
  }
  if (own.team !== team) throw new Failure("integrity", `team.json: is of team ${own.team}`);
  if (report.scenario !== exercise.scenario.id) {
    throw new Failure("integrity", `run/report.json: is of ${report.scenario}`);
  }
  const hashes = new Map(report.baseline.hashes.map(({ path, sha256 }) => [path, sha256]));
  const odd = own.hashes.find(({ path, sha256 }) => hashes.get(path) !== sha256);
  if (odd !== undefined || own.hashes.length !== hashes.size) {
    const path = odd?.path ?? "run/report.json";
    throw new Failure("integrity", `${path}: its hash in team.json is not that in the report`);
  }
}

/** Where the team's own copy of the evidence lies; null where it is gone, and the record's is taken. */
async function bundleOf(
  plan: ExerciseReplayPlan,
  own: Team,
  made: ReadonlyMap<string, Team>,
  kept: string,
): Promise<string | null> {
  const bundle = join(plan.team ?? own.folder, "evidence");
  const isThere = (await stat(join(bundle, manifestName)).catch(() => null)) !== null;
  if (!isThere && plan.team === null) return null;
  const manifest = await manifestAt(bundle);
  const other = [...made.values()].find((each) => {
    try {
      refuseOther(manifest, each.hashes);
      return each.team !== own.team;
    } catch {
      return false;
    }
  });
  if (other !== undefined) {
    throw new Failure("integrity", `${bundle}: is the evidence of team ${other.team}`);
  }
  refuseOther(manifest, own.hashes);
  const [theirs, ours] = await Promise.all(
    [bundle, kept].map((place) => readFile(join(place, manifestName), "utf8")),
  );
  // The attack's parameters stand there too.
  if (theirs !== ours)
    throw new Failure("integrity", `${manifestName}: is not what was handed out`);
  return bundle;
}

/**
 * Every run of a report from its scenario and seed alone: prices cannot be read off the evidence. What hangs on
 * freshly drawn keys is compared on the evidence alone.
 */
async function stageAgain(
  { scenario }: Exercise,
  report: RecordedReport,
  tell: (done: number, of: number) => void,
): Promise<ReplayedNumber[]> {
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  const runs = runsOf(report);
  const numbers: ReplayedNumber[] = [];
  for (const [at, { name, run }] of runs.entries()) {
    tell(at, runs.length);
    const out = await mkdtemp(join(tmpdir(), "backchannel-replay-"));
    try {
      const { seed } = report;
      const again = await stageAndAttack(rig, { scenario, seed, settings: run.defences, out });
      const staged = name === "" ? "staged anew" : `${name}, staged anew`;
      const compares = compareRuns(staged, run, again);
      numbers.push(...compares.filter(({ name: metric }) => rig.drawn?.includes(metric) !== true));
      for (const [price, amount] of Object.entries(run.cost)) {
        const now = again.cost[price] ?? null;
        numbers.push(compared(staged, `price: ${price}`, amount, now, price === "cpuMs"));
      }
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  }
  return numbers;
}

/** The report itself, made again from the lines of the log that it was made from. */
async function replayAfterAction(
  plan: ExerciseReplayPlan,
  exercise: Exercise,
  left: string[],
): Promise<ReplayedNumber[]> {
  const usual = join(exercise.folder, "after-action", "after-action.json");
  const path = plan.report ?? usual;
  if (plan.report === null && (await stat(path).catch(() => null)) === null) {
    left.push("the after-action report: none was written into the record");
    return [];
  }
  const report = (await readLabJson(path, "lab-after-action")) as AfterAction;
  const { facts, software } = report;
  if (facts === null || !Array.isArray(report.sources)) {
    throw new Failure("malformed", `${path}: a report of an older version`);
  }
  const needsMatrix = report.sources.some((each) => each.path.endsWith("/matrix.json"));
  if (needsMatrix && plan.matrix === null) {
    left.push("the after-action report: it was made with a matrix; name its folder with --matrix");
    return [];
  }
  const { events, writtenAt } = facts;
  const again = await afterActionFrom({
    ...{ exercise, matrix: plan.matrix, events, software, writtenAt },
  });
  // Folders may have moved since; what lies in them is compared by its hash.
  return comparedWhole(
    "after-action report",
    "",
    { ...report, replay: "" },
    { ...again, replay: "" },
  );
}
