import { factOf, type Phase, phases, type Question } from "../scenario-question.ts";
import type { ExerciseEvent } from "./event.ts";

type AnswerEvent = Extract<ExerciseEvent, { type: "answer" }>;
type JudgedEvent = Extract<ExerciseEvent, { type: "judged" }>;

/** How far a team is with one question. */
export interface QuestionState {
  readonly question: Question;
  readonly of: number;
  /** What was said, the last one last. Of several predictions the last one counts. */
  readonly answers: readonly AnswerEvent[];
  /** Wrong tries; predictions are none. */
  readonly wrong: number;
  /** Hints that are open, counted from 1, and what they cost together. */
  readonly hints: readonly number[];
  readonly hintPct: number;
  /** Points; null while an answer waits to be judged, 0 before there is one. */
  readonly earned: number | null;
  /** How a person or a measurement judged it. */
  readonly judged: JudgedEvent | null;
  readonly closed: boolean;
  readonly closedAtMs: number | null;
  /** A prediction whose points would tell what another question still asks for. */
  readonly sealed: boolean;
}

export interface TeamState {
  readonly team: string;
  readonly phase: Phase;
  readonly phaseAtMs: number;
  readonly questions: readonly QuestionState[];
  readonly earned: number;
  readonly of: number;
  readonly waiting: number;
}

/** How far a team is, from the log alone. What was before its last reset does not count. */
export function teamState(
  events: readonly ExerciseEvent[],
  team: string,
  questions: readonly Question[],
  points: ReadonlyMap<string, number>,
): TeamState {
  const own = events.filter((event) => "team" in event && event.team === team);
  const begun = own.findLastIndex((event) => event.type === "team");
  const since = own.slice(begun + 1);
  const step = since.findLast((event) => event.type === "phase");
  const phase = step?.type === "phase" ? step.phase : firstPhase(questions);
  const bare = questions.map((question) =>
    questionState(since, question, points.get(question.id) ?? 0, phase),
  );
  const states = bare.map((each) => ({ ...each, sealed: isSealed(each, bare, phase) }));
  return {
    team,
    phase,
    phaseAtMs: step?.atMs ?? own[begun]?.atMs ?? 0,
    questions: states,
    earned: states.reduce((sum, { earned }) => sum + (earned ?? 0), 0),
    of: states.reduce((sum, each) => sum + each.of, 0),
    waiting: states.filter(({ earned }) => earned === null).length,
  };
}

/** The phase in which a scenario begins: one that asks nothing is left out. */
export function firstPhase(questions: readonly Question[]): Phase {
  return phases.find((phase) => questions.some((each) => each.phase === phase)) ?? "predict";
}

/** The phase after this one that asks something; null when there is none. */
export function phaseAfter(questions: readonly Question[], phase: Phase): Phase | null {
  const later = phases.slice(phases.indexOf(phase) + 1);
  return later.find((next) => questions.some((each) => each.phase === next)) ?? null;
}

function isSealed(
  { question }: Omit<QuestionState, "sealed">,
  all: readonly Omit<QuestionState, "sealed">[],
  phase: Phase,
): boolean {
  if (question.phase !== "predict") return false;
  if (phase === "predict") return true;
  const fact = factOf(question.answer);
  return all.some(
    (other) =>
      other.question.phase !== "predict" && !other.closed && factOf(other.question.answer) === fact,
  );
}

function questionState(
  events: readonly ExerciseEvent[],
  question: Question,
  of: number,
  phase: Phase,
): Omit<QuestionState, "sealed"> {
  const mine = events.filter((event) => "question" in event && event.question === question.id);
  const answers = mine.filter((event) => event.type === "answer");
  const hints = mine.filter((event) => event.type === "hint");
  const judged = mine.findLast((event) => event.type === "judged") ?? null;
  const last = answers.at(-1);
  const solved = mine.some((event) => event.type === "solution");
  const earned = judged?.earned ?? (last === undefined ? 0 : last.earned);
  const isPast = phases.indexOf(question.phase) < phases.indexOf(phase);
  const left = events.find(
    (event) =>
      event.type === "phase" && phases.indexOf(event.phase) > phases.indexOf(question.phase),
  );
  const closing = mine.find(
    (event) => event.type === "solution" || (event.type === "answer" && event.closed),
  );
  return {
    question,
    of,
    answers,
    wrong:
      question.phase === "predict"
        ? 0
        : answers.filter(({ outcome }) => outcome === "wrong").length,
    hints: hints.map(({ hint }) => hint),
    hintPct: hints.reduce((sum, { costPct }) => sum + costPct, 0),
    earned: solved && closing?.type === "solution" ? 0 : earned,
    judged,
    closed: isPast || closing !== undefined,
    closedAtMs: closing?.atMs ?? left?.atMs ?? null,
  };
}

/** The teams of an exercise, in the order in which they came. */
export function teamsOf(events: readonly ExerciseEvent[]): readonly string[] {
  return [...new Set(events.flatMap((event) => (event.type === "team" ? [event.team] : [])))];
}
