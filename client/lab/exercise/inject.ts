import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#shared/failure.ts";
import type { Inject } from "../scenario-inject.ts";
import { clockOf } from "./clock.ts";
import type { ExerciseEvent } from "./event.ts";
import { type EventLog, withLog } from "./log.ts";
import { pointsOf } from "./points.ts";
import { type Exercise, readTeam } from "./record.ts";
import { teamState, teamsOf } from "./state.ts";

/** One inject on the facilitator's list. */
export interface InjectRow {
  readonly inject: Inject;
  readonly delivered: boolean;
  readonly isDue: boolean;
}

/** The facilitator's list of injects, with what is due now. */
export function injectRows(
  exercise: Exercise,
  events: readonly ExerciseEvent[],
  wallMs: number,
): InjectRow[] {
  return exercise.scenario.injects.map((inject) => ({
    inject,
    delivered: events.some((event) => event.type === "inject" && event.inject === inject.id),
    isDue: isDue(inject, exercise, events, wallMs),
  }));
}

/**
 * Holds the log and brings what is due before anything else: whoever does or looks at anything delivers what
 * the clock would have. No process of an exercise runs all the time, unless a facilitator watches.
 */
export async function withExercise<T>(
  exercise: Exercise,
  now: () => number,
  use: (log: EventLog) => Promise<T>,
): Promise<T> {
  return withLog(exercise.folder, now, async (log) => {
    await deliverDue(exercise, log, now());
    return use(log);
  });
}

/** Delivers what comes by itself and is due; nothing is delivered twice. */
export async function deliverDue(exercise: Exercise, log: EventLog, wallMs: number): Promise<void> {
  for (const { inject, delivered, isDue: due } of injectRows(exercise, log.events, wallMs)) {
    if (due && !delivered && inject.mode === "auto") await put(log, inject, "clock");
  }
  await project(exercise, log.events);
}

/** Delivers one inject by hand. Failures: `not-found`; `usage` when it was delivered before. */
export async function deliver(exercise: Exercise, log: EventLog, id: string): Promise<void> {
  const inject = exercise.scenario.injects.find((each) => each.id === id);
  if (inject === undefined) throw new Failure("not-found", `no inject "${id.slice(0, 40)}"`);
  if (log.events.some((event) => event.type === "inject" && event.inject === id)) {
    throw new Failure("usage", `${id} was delivered already`);
  }
  await put(log, inject, "facilitator");
  await project(exercise, log.events);
}

/** The line in the log is the delivery: it is there as a whole or not at all. */
async function put(log: EventLog, inject: Inject, by: "clock" | "facilitator"): Promise<void> {
  const { id, to, via, body, objective = null, effect = null } = inject;
  await log.append({
    type: "inject",
    ...{ inject: id, to, via, body, objective, effect, by },
    expectedAction: inject.expected_action ?? null,
  });
}

/** Teams' inboxes are what the log says; one that is missing after a crash is written again. */
async function project(exercise: Exercise, events: readonly ExerciseEvent[]): Promise<void> {
  const delivered = events.filter((event) => event.type === "inject" && event.to === "all");
  if (delivered.length === 0) return;
  for (const team of teamsOf(events)) {
    const { folder } = await readTeam(exercise.folder, team);
    if (!existsSync(folder)) continue;
    await mkdir(join(folder, "inbox"), { recursive: true });
    for (const [at, event] of delivered.entries()) {
      if (event.type !== "inject") continue;
      const path = join(folder, "inbox", `${String(at + 1).padStart(2, "0")}-${event.inject}.txt`);
      if (!existsSync(path)) await writeFile(path, `${event.body.trim()}\n`);
    }
  }
}

function isDue(
  { at, on }: Inject,
  exercise: Exercise,
  events: readonly ExerciseEvent[],
  wallMs: number,
): boolean {
  const { state, atMs } = clockOf(events, wallMs);
  if (state !== "running") return false;
  if (at !== undefined && atMs < at) return false;
  const facts = factsOf(exercise, events, atMs);
  return (on ?? []).every(({ fact, op, than }) => compare(facts[fact], op, than));
}

/** What conditions ask about: always the team that has done least. */
function factsOf(exercise: Exercise, events: readonly ExerciseEvent[], atMs: number) {
  const points = pointsOf(exercise.scenario);
  const states = teamsOf(events).map((team) =>
    teamState(events, team, exercise.scenario.questions, points),
  );
  const least = (count: (state: (typeof states)[number]) => number) =>
    states.length === 0 ? 0 : Math.min(...states.map(count));
  return {
    minutes: Math.floor(atMs / 60_000),
    closed: least(
      ({ questions }) => questions.filter(({ closedAtMs }) => closedAtMs !== null).length,
    ),
    wrong: least(({ questions }) => questions.reduce((sum, { wrong }) => sum + wrong, 0)),
    hints: least(({ questions }) => questions.reduce((sum, { hints }) => sum + hints.length, 0)),
    defences: least(
      ({ questions }) =>
        questions.filter(
          ({ question, answers }) => question.answer.type === "switches" && answers.length > 0,
        ).length,
    ),
  };
}

function compare(value: number, op: "<" | "<=" | "==" | ">=" | ">", than: number): boolean {
  if (op === "<") return value < than;
  if (op === "<=") return value <= than;
  if (op === "==") return value === than;
  return op === ">=" ? value >= than : value > than;
}
