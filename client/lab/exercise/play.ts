import { existsSync } from "node:fs";
import { Failure } from "#shared/failure.ts";
import { type Phase, phases, type Question } from "../scenario-question.ts";
import type { Judgement } from "./answer.ts";
import { normalise } from "./answer-text.ts";
import { clockOf, isOverTime, timeText } from "./clock.ts";
import { type ExerciseEvent, type NewEvent, typedText } from "./event.ts";
import { withExercise } from "./inject.ts";
import { layOut } from "./layout.ts";
import { type EventLog, readEvents } from "./log.ts";
import { type Marked, markAnswer } from "./marking.ts";
import { attemptsDefault, canTryAgain, pauseMs, worthLeft } from "./points.ts";
import { priceOf, spending } from "./prices.ts";
import { type Exercise, readTeam, type Team } from "./record.ts";
import { phaseAfter, type QuestionState, teamsOf } from "./state.ts";
import { checkChoice } from "./switches.ts";
import { asksElsewhere, stateOf, type Table } from "./table.ts";

export interface Answered {
  readonly outcome: Judgement["outcome"];
  /** Null while it waits to be judged. */
  readonly earned: number | null;
  readonly of: number;
  readonly closed: boolean;
  /** Points that the next try can earn; 0 when there is none. */
  readonly left: number;
  /** Milliseconds until the next try; 0 when there is no pause. */
  readonly pauseMs: number;
  /** Why a wrong option is wrong, or what the number was, where no other question asks for it. */
  readonly feedback: string | null;
  readonly phase: Phase;
  /** Whether it came after the time, in an exercise that takes such answers and marks them. */
  readonly late: boolean;
}

/**
 * Answers a question. Failures: `not-found` for a question that does not exist, `usage` for an answer that
 * cannot be read, is not taken now or is over the budget, `rate-limited` with the rest of a pause. None of
 * them is a try.
 */
export async function answer(table: Table, id: string, text: string): Promise<Answered> {
  const { exercise, team, now } = table;
  const said = typedText(text, "the answer").trim();
  if (normalise(said) === "") throw new Failure("usage", `${id}: the answer is empty`);
  const made = await readTeam(exercise.folder, team);
  const isChoice = exercise.scenario.questions.find((each) => each.id === id)?.answer;
  if (isChoice?.type === "switches") {
    // A world is staged for a price that is not known yet: not while others wait for the log.
    openQuestion(exercise, await readEvents(exercise.folder), team, id);
    await mustFit(exercise, isChoice.budget, said);
  }
  return withExercise(exercise, now, async (log) => {
    await startByFirst(log, now());
    const late = lateness(exercise, log.events, now());
    const state = openQuestion(exercise, log.events, team, id);
    const { question, of } = state;
    waitOut(state, clockOf(log.events, now()).atMs);
    const marked = markSaid(table, made, state, said);
    const { outcome, earned, closed } = marked;
    await log.append(
      {
        ...{ type: "answer", team, question: id, phase: question.phase, said, ...marked },
        ...(late ? { late } : {}),
      },
      ...(await flagsOf(table, log.events, question, said, outcome, made.seed)),
    );
    const again = !closed && question.phase !== "predict";
    const rest = again && (state.wrong + 1) % triesOf(question) === 0;
    const after = stateOf(exercise, log.events, team);
    const sheet = made.sheets[id];
    const value = sheet?.kind === "number" && !asksElsewhere(state, after) ? sheet.value : null;
    return {
      ...{ outcome, earned, of, closed, phase: question.phase, late },
      left: again ? Math.round(of * worthLeft(question, state.wrong + 1, state.hintPct)) : 0,
      pauseMs: rest ? pauseMs : 0,
      feedback:
        outcome === "right"
          ? null
          : (feedbackOf(question, said) ??
            (closed && value !== null ? `It was ${Number(value.toPrecision(3))}.` : null)),
    };
  });
}

function markSaid(
  { exercise, team }: Table,
  made: Team,
  state: QuestionState,
  said: string,
): Marked {
  const { question } = state;
  const sheet = made.sheets[question.id];
  if (sheet === undefined) {
    throw new Failure("malformed", `${question.id}: the record has no sheet for it`);
  }
  const marked = markAnswer(exercise, team, sheet, state, said);
  // What is right is taken even where no list has it.
  if (marked.outcome === "right") return marked;
  const allowed = namesFor(exercise, question);
  const given = question.answer.type === "order" ? said.split(/[,;>]/) : [said];
  const strange =
    allowed === null ? undefined : given.find((name) => !allowed.has(normalise(name)));
  if (strange !== undefined) {
    const list = question.answer.type === "actor" ? "the people" : "the options";
    throw new Failure(
      "usage",
      `${question.id}: "${strange.trim().slice(0, 40)}" is not among ${list}`,
    );
  }
  return marked;
}

/** The names that an answer can be one of; null where anything can be said. */
function namesFor({ scenario }: Exercise, { answer, accuses }: Question): Set<string> | null {
  if (answer.type === "actor") {
    return new Set([...scenario.world.actors.map(({ label }) => normalise(label)), "nobody"]);
  }
  if (answer.type === "order") return new Set(answer.options.map(normalise));
  if (answer.type !== "choice") return null;
  const values = answer.options.map(({ value }) => normalise(value));
  return new Set(accuses === true ? [...values, "nobody"] : values);
}

/** Refuses a choice of defences that costs more than the budget, with the sum. */
async function mustFit(
  exercise: Exercise,
  budget: Readonly<Record<string, number | undefined>>,
  said: string,
): Promise<void> {
  const chosen = checkChoice(exercise.scenario, said);
  if (Object.keys(budget).length === 0) return;
  const spent = spending(budget, await priceOf(exercise, chosen));
  const over = spent.filter(({ isOver }) => isOver).map(({ words }) => words);
  if (over.length > 0) {
    throw new Failure(
      "usage",
      `over the budget: ${over.join(", ")}; choose less, this was no answer`,
    );
  }
}

/** Opens the next hint of a question. Failure `usage` when there is none left. */
export async function hint(
  { exercise, team, now }: Table,
  id: string,
): Promise<{ title: string; text: string; costPct: number; costPoints: number; left: number }> {
  return withExercise(exercise, now, async (log) => {
    await startByFirst(log, now());
    lateness(exercise, log.events, now());
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

/**
 * Goes on to the next phase that has questions: answers of the one before are closed, and what belongs to
 * the next one is laid into the team's folder. Null after the last.
 */
export async function nextPhase({ exercise, team, now }: Table): Promise<Phase | null> {
  const made = await readTeam(exercise.folder, team);
  return withExercise(exercise, now, async (log) => {
    await startByFirst(log, now());
    const { phase } = stateOf(exercise, log.events, team);
    const next = phaseAfter(exercise.scenario.questions, phase);
    if (next === null) return null;
    // The folder may lie on the team's own machine: then the facilitator hands over what is new.
    if (existsSync(made.folder)) await layOut(exercise, made, next);
    await log.append({ type: "phase", team, phase: next });
    return next;
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

/** Whether the time is over, where late answers are marked. Failure `usage` where they are refused. */
function lateness(exercise: Exercise, events: readonly ExerciseEvent[], wallMs: number): boolean {
  const clock = clockOf(events, wallMs);
  if (!isOverTime(clock)) return false;
  if (exercise.late === "marked") return true;
  throw new Failure(
    "usage",
    `the time is over (${timeText(clock)}); only the facilitator can give more`,
  );
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
    const known = state.questions
      .filter(({ question }) => question.phase === state.phase)
      .map(({ question }) => question.id);
    throw new Failure(
      "not-found",
      `no question "${id.slice(0, 40)}"; in ${state.phase} there are ${known.join(", ")}`,
    );
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
  if (last === undefined || !canTryAgain(question) || wrong % triesOf(question) !== 0) return;
  const left = last.atMs + pauseMs - atMs;
  if (left > 0) {
    const seconds = Math.ceil(left / 1_000);
    throw new Failure("rate-limited", `${question.id} rests for ${seconds} s more`, left);
  }
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
