import { Failure } from "#shared/failure.ts";
import { type Phase, phases, type Question } from "../scenario-question.ts";
import { type Judgement, normalise } from "./answer.ts";
import { clockOf } from "./clock.ts";
import type { ExerciseEvent, NewEvent } from "./event.ts";
import { deliverDue } from "./inject.ts";
import { type EventLog, readEvents, withLog } from "./log.ts";
import { markAnswer } from "./marking.ts";
import { attemptsDefault, pauseMs, pointsOf } from "./points.ts";
import { type Exercise, openRecord, readPointer, readTeam } from "./record.ts";
import { type QuestionState, type TeamState, teamState, teamsOf } from "./state.ts";
import { checkChoice } from "./switches.ts";

/** A team at its table: the exercise it is in, from its own folder. */
export interface Table {
  readonly exercise: Exercise;
  readonly team: string;
  readonly now: () => number;
}

export async function tableAt(folder: string, now: () => number): Promise<Table> {
  const { record, team } = await readPointer(folder);
  return { exercise: await openRecord(record), team, now };
}

/** Where a team stands. */
export function stateOf(
  exercise: Exercise,
  events: readonly ExerciseEvent[],
  team: string,
): TeamState {
  return teamState(events, team, exercise.scenario.questions, pointsOf(exercise.scenario));
}

/** Where a team stands, with everything that is due delivered. */
export async function statusOf({ exercise, team, now }: Table) {
  await withLog(exercise.folder, now, (log) => deliverDue(exercise, log, now()));
  const events = await readEvents(exercise.folder);
  return { state: stateOf(exercise, events, team), clock: clockOf(events, now()), events };
}

export interface Answered {
  readonly outcome: Judgement["outcome"];
  /** Null while it waits to be judged. */
  readonly earned: number | null;
  readonly of: number;
  readonly closed: boolean;
  /** Milliseconds until the next try; 0 when there is no pause. */
  readonly pauseMs: number;
  /** Why a wrong option is wrong. */
  readonly feedback: string | null;
  readonly phase: Phase;
}

/**
 * Answers a question. Failures: `not-found` for a question that does not exist, `usage` for an answer that
 * cannot be read or is not taken now, `rate-limited` with the rest of a pause.
 */
export async function answer(table: Table, id: string, said: string): Promise<Answered> {
  const { exercise, team, now } = table;
  if (said.length > 2_000) throw new Failure("usage", "an answer has at most 2000 characters");
  const made = await readTeam(exercise.folder, team);
  return withLog(exercise.folder, now, async (log) => {
    await startByFirst(log, now());
    const state = openQuestion(exercise, log.events, team, id);
    const { question, of } = state;
    waitOut(state, clockOf(log.events, now()).atMs);
    if (question.answer.type === "switches") checkChoice(exercise.scenario, said);
    const sheet = made.sheets[id];
    const marked = sheet === undefined ? null : markAnswer(exercise, team, sheet, state, said);
    if (marked === null || !isOption(question, said)) {
      throw new Failure("usage", `${id}: ${expectedAnswer(question)}`);
    }
    const { outcome, earned, closed } = marked;
    await log.append(
      { type: "answer", team, question: id, phase: question.phase, said, ...marked },
      ...(await flagsOf(table, log.events, question, said, outcome, made.seed)),
    );
    const rest = !closed && (state.wrong + 1) % triesOf(question) === 0;
    return {
      ...{ outcome, earned, of, closed, phase: question.phase },
      pauseMs: rest ? pauseMs : 0,
      feedback: outcome === "right" ? null : feedbackOf(question, said),
    };
  });
}

/** Opens the next hint of a question. Failure `usage` when there is none left. */
export async function hint(
  { exercise, team, now }: Table,
  id: string,
): Promise<{ title: string; text: string; costPct: number; costPoints: number; left: number }> {
  return withLog(exercise.folder, now, async (log) => {
    await startByFirst(log, now());
    const { question, hints, of } = openQuestion(exercise, log.events, team, id);
    const all = question.hints ?? [];
    const at = hints.length;
    const next = all[at];
    if (next === undefined) {
      throw new Failure("usage", `${id}: ${all.length === 0 ? "has no hints" : "no more hints"}`);
    }
    const { text, title, cost_pct: costPct } = next;
    await log.append({ type: "hint", team, question: id, hint: at + 1, costPct, granted: false });
    const costPoints = Math.round((of * costPct) / 100);
    const left = all.length - at - 1;
    return { title: title ?? `hint ${at + 1}`, text, costPct, costPoints, left };
  });
}

/** Goes on to the next phase that has questions; answers of the one before are closed. */
export async function nextPhase({ exercise, team, now }: Table): Promise<Phase | null> {
  return withLog(exercise.folder, now, async (log) => {
    await startByFirst(log, now());
    const { phase } = stateOf(exercise, log.events, team);
    const next = phases
      .slice(phases.indexOf(phase) + 1)
      .find((each) => exercise.scenario.questions.some((question) => question.phase === each));
    if (next !== undefined) await log.append({ type: "phase", team, phase: next });
    return next ?? null;
  });
}

/** An exercise without a facilitator starts with the first thing that a team does. */
async function startByFirst(log: EventLog, wallMs: number): Promise<void> {
  const { state } = clockOf(log.events, wallMs);
  if (state === "not started") await log.append({ type: "clock", what: "started", byMs: 0 });
  if (state === "paused")
    throw new Failure("usage", "the exercise is paused: listen to the facilitator");
  if (state === "ended") throw new Failure("usage", "the exercise is over");
}

function openQuestion(
  exercise: Exercise,
  events: readonly ExerciseEvent[],
  team: string,
  id: string,
): QuestionState {
  const state = stateOf(exercise, events, team);
  const found = state.questions.find(({ question }) => question.id === id);
  if (found === undefined) {
    const known = state.questions.map(({ question }) => question.id).join(", ");
    throw new Failure("not-found", `no question "${id.slice(0, 40)}"; there are ${known}`);
  }
  const { phase, needs = [] } = found.question;
  if (phases.indexOf(phase) > phases.indexOf(state.phase)) {
    throw new Failure("usage", `${id} belongs to ${phase}; you are in ${state.phase}. Type: next`);
  }
  if (found.closed) throw new Failure("usage", `${id} is closed`);
  const open = needs.find(
    (need) => !state.questions.find(({ question }) => question.id === need)?.closed,
  );
  if (open !== undefined) throw new Failure("usage", `${id} opens when ${open} is closed`);
  return found;
}

function triesOf(question: Question): number {
  return question.attempts ?? attemptsDefault;
}

/** After every so many wrong answers a question rests for a minute; it is never locked. */
function waitOut(state: QuestionState, atMs: number): void {
  const { question, wrong, answers } = state;
  const last = answers.findLast(({ outcome }) => outcome === "wrong");
  if (last === undefined || wrong % triesOf(question) !== 0) return;
  const left = last.atMs + pauseMs - atMs;
  if (left > 0) {
    const seconds = Math.ceil(left / 1_000);
    throw new Failure("rate-limited", `${question.id} rests for ${seconds} s more`, left);
  }
}

/** Whether an answer is one of the options, where there are any. */
function isOption(question: Question, said: string): boolean {
  if (question.answer.type !== "choice") return true;
  const values = question.answer.options.map(({ value }) => normalise(value));
  return (
    values.includes(normalise(said)) || (question.accuses === true && normalise(said) === "nobody")
  );
}

function expectedAnswer({ answer }: Question): string {
  if (answer.type === "choice") {
    return `expected one of: ${answer.options.map(({ value }) => value).join(" | ")}`;
  }
  if (answer.type === "interval") return "expected a range such as 0.2..0.5";
  return answer.type === "number" ? "expected a number such as 0.4 or 40%" : "expected names";
}

function feedbackOf({ answer }: Question, said: string): string | null {
  if (answer.type !== "choice") return null;
  return answer.options.find(({ value }) => normalise(value) === normalise(said))?.feedback ?? null;
}

const minimalSecondsDefault = 5;

/** What a facilitator should look at: never a verdict. */
async function flagsOf(
  { exercise, team, now }: Table,
  events: readonly ExerciseEvent[],
  question: Question,
  said: string,
  outcome: Judgement["outcome"],
  seed: number,
): Promise<NewEvent[]> {
  const flags: NewEvent[] = [];
  const about = { type: "flag" as const, team, question: question.id };
  const { phaseAtMs } = stateOf(exercise, events, team);
  const spent = clockOf(events, now()).atMs - phaseAtMs;
  const least = (question.minimal_seconds ?? minimalSecondsDefault) * 1_000;
  if (question.phase === "investigate" && outcome === "right" && spent < least) {
    flags.push({ ...about, what: "too fast", other: null });
  }
  if (question.answer.type !== "flag") return flags;
  const words = normalise(said);
  for (const other of teamsOf(events).filter((each) => each !== team)) {
    const isSame = events.some(
      (event) =>
        event.type === "answer" &&
        event.team === other &&
        event.question === question.id &&
        normalise(event.said) === words,
    );
    const theirs = isSame ? await readTeam(exercise.folder, other) : null;
    if (theirs !== null && theirs.seed !== seed) {
      flags.push({ ...about, what: "same answer in two teams", other });
    }
  }
  return flags;
}
