import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { clockOf, type ExerciseClock } from "./clock.ts";
import { type ExerciseEvent, type Rating, typedText } from "./event.ts";
import { deliver, type InjectRow, injectRows, withExercise } from "./inject.ts";
import { readEvents } from "./log.ts";
import { type Exercise, readTeam } from "./record.ts";
import { type Room, roomOf } from "./room.ts";
import { type TeamState, teamsOf } from "./state.ts";
import { stateOf } from "./table.ts";

/** What a facilitator sees at a glance. Not for the projector: it tells what each team said last. */
export interface Board {
  readonly clock: ExerciseClock;
  readonly teams: readonly TeamState[];
  readonly injects: readonly InjectRow[];
  readonly flags: readonly { team: string; question: string; what: string; other: string | null }[];
}

export async function boardOf(exercise: Exercise, now: () => number): Promise<Board> {
  await withExercise(exercise, now, async () => undefined);
  const events = await readEvents(exercise.folder);
  return {
    clock: clockOf(events, now()),
    teams: teamsOf(events).map((team) => stateOf(exercise, events, team)),
    injects: injectRows(exercise, events, now()),
    flags: events.flatMap((event) =>
      event.type === "flag"
        ? [{ team: event.team, question: event.question, what: event.what, other: event.other }]
        : [],
    ),
  };
}

/** What the room may see now, with everything that is due delivered. */
export async function roomNow(exercise: Exercise, now: () => number): Promise<Room> {
  await withExercise(exercise, now, async () => undefined);
  return roomOf(exercise, await readEvents(exercise.folder), now());
}

export type ClockAct = "start" | "pause" | "resume" | "extend" | "end";

const acts = {
  start: { what: "started", from: ["not started"] },
  pause: { what: "paused", from: ["running"] },
  // An end can be taken back: it was one word, and teams sit there with the answer half typed.
  resume: { what: "resumed", from: ["paused", "ended"] },
  extend: { what: "extended", from: ["not started", "running", "paused"] },
  end: { what: "ended", from: ["running", "paused"] },
} as const;

/** Moves the exercise's clock. Failure `usage` when it is not in a state for that. */
export async function moveClock(
  exercise: Exercise,
  act: ClockAct,
  minutes: number,
  now: () => number,
): Promise<ExerciseClock> {
  return withExercise(exercise, now, async (log) => {
    const { state } = clockOf(log.events, now());
    const { what, from } = acts[act];
    if (!(from as readonly string[]).includes(state)) {
      throw new Failure("usage", `${act}: the clock is ${state}`);
    }
    if (act === "extend" && minutes < 1) throw new Failure("usage", "extend: at least one minute");
    await log.append({ type: "clock", what, byMs: act === "extend" ? minutes * 60_000 : 0 });
    return clockOf(log.events, now());
  });
}

/** Delivers an inject by hand. */
export async function deliverInject(exercise: Exercise, id: string, now: () => number) {
  await withExercise(exercise, now, (log) => deliver(exercise, log, id));
}

/** Opens a team's next hint without a price; null gives it to every team that has one left. */
export async function grantHint(
  exercise: Exercise,
  team: string | null,
  question: string,
  now: () => number,
): Promise<readonly string[]> {
  return withExercise(exercise, now, async (log) => {
    if (team !== null) await readTeam(exercise.folder, team);
    const given: string[] = [];
    for (const each of teamsOf(log.events).filter((name) => team === null || name === team)) {
      const state = stateOf(exercise, log.events, each).questions.find(
        (one) => one.question.id === question,
      );
      if (state === undefined) throw new Failure("not-found", `no question "${question}"`);
      const hint = state.hints.length + 1;
      if (hint > (state.question.hints ?? []).length || state.closed) continue;
      await log.append({ type: "hint", team: each, question, hint, costPct: 0, granted: true });
      given.push(each);
    }
    return given;
  });
}

/** Judges a text that waits, in percent of what it is worth. */
export async function judgeText(
  exercise: Exercise,
  options: { team: string; question: string; pct: number; words: string },
  now: () => number,
): Promise<void> {
  const { team, question, pct } = options;
  const words = typedText(options.words, "the words");
  if (!(pct >= 0 && pct <= 100)) throw new Failure("usage", "between 0 and 100 percent");
  await readTeam(exercise.folder, team);
  await withExercise(exercise, now, async (log) => {
    const state = stateOf(exercise, log.events, team).questions.find(
      (each) => each.question.id === question,
    );
    if (state?.answers.at(-1)?.outcome !== "waiting" || state.question.answer.type !== "text") {
      throw new Failure("usage", `${question}: no words of ${team} wait here`);
    }
    const { of, hintPct } = state;
    const earned = Math.round((of * pct * (1 - Math.min(60, hintPct) / 100)) / 100);
    await log.append({
      ...{ type: "judged", team, question, earned, of, by: "facilitator", words },
      ...{ before: null, after: null, seeds: 0 },
    });
  });
}

/** Writes down what was seen in the room; `about` says under which heading the report tells it. */
export async function writeNote(
  exercise: Exercise,
  note: {
    readonly team: string | null;
    readonly words: string;
    readonly about: "strength" | "improve" | null;
  },
  now: () => number,
): Promise<void> {
  const { team, about } = note;
  const words = typedText(note.words, "the note");
  if (words.trim() === "") throw new Failure("usage", "the note is empty");
  await withExercise(exercise, now, async (log) => {
    if (team !== null && !teamsOf(log.events).includes(team)) {
      throw new Failure("not-found", `no team "${team.slice(0, 40)}" in this exercise`);
    }
    await log.append({ type: "note", team, words, ...(about === null ? {} : { about }) });
  });
}

/** Rates an objective, counted from 1, with the line that says why. The last rating counts. */
export async function rateObjective(
  exercise: Exercise,
  rated: { readonly objective: number; readonly rating: Rating; readonly words: string },
  now: () => number,
): Promise<string> {
  const text = exercise.scenario.objectives[rated.objective - 1];
  if (text === undefined) {
    const count = exercise.scenario.objectives.length;
    throw new Failure("usage", `objectives are counted from 1 to ${count}`);
  }
  const words = typedText(rated.words, "the words");
  await withExercise(exercise, now, (log) => log.append({ type: "rating", ...rated, words }));
  return text;
}

export interface PlanLine {
  readonly line: number;
  readonly action: string;
  readonly owner: string;
  readonly due: string;
}

/** The improvement plan as the log has it: lines that were taken back are left out. */
export function planOf(events: readonly ExerciseEvent[]): PlanLine[] {
  const lines = new Map<number, PlanLine>();
  for (const event of events) {
    if (event.type !== "plan") continue;
    const { line, action, owner, due, dropped } = event;
    if (dropped) lines.delete(line);
    else lines.set(line, { line, action, owner, due });
  }
  return [...lines.values()];
}

/** Adds a line to the improvement plan. Failure `usage` for a day that no calendar has. */
export async function planAction(
  exercise: Exercise,
  added: { readonly action: string; readonly owner: string; readonly due: string },
  now: () => number,
): Promise<PlanLine> {
  if (added.due !== "" && !z.iso.date().safeParse(added.due).success) {
    throw new Failure(
      "usage",
      `--due ${added.due.slice(0, 40)}: expected a day such as 2027-01-31`,
    );
  }
  const action = typedText(added.action, "the action");
  const owner = typedText(added.owner, "--owner");
  return withExercise(exercise, now, async (log) => {
    const line = 1 + log.events.filter((event) => event.type === "plan" && !event.dropped).length;
    const planned = { line, action, owner, due: added.due };
    await log.append({ type: "plan", ...planned, dropped: false });
    return planned;
  });
}

/** Takes a line of the plan back. Failure `not-found`. */
export async function dropAction(
  exercise: Exercise,
  line: number,
  now: () => number,
): Promise<PlanLine> {
  return withExercise(exercise, now, async (log) => {
    const found = planOf(log.events).find((each) => each.line === line);
    if (found === undefined) throw new Failure("not-found", `no line ${line} in the plan`);
    await log.append({ type: "plan", ...found, dropped: true });
    return found;
  });
}
