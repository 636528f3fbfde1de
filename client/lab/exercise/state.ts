import { type Phase, phases, type Question } from "../scenario-question.ts";
import type { ExerciseEvent } from "./event.ts";

type AnswerEvent = Extract<ExerciseEvent, { type: "answer" }>;

/** How far a team is with one question. */
export interface QuestionState {
  readonly question: Question;
  readonly of: number;
  readonly answers: readonly AnswerEvent[];
  readonly wrong: number;
  /** Hints that are open, counted from 1, and what they cost together. */
  readonly hints: readonly number[];
  readonly hintPct: number;
  /** Points; null while an answer waits to be judged, 0 before there is one. */
  readonly earned: number | null;
  readonly closed: boolean;
  readonly closedAtMs: number | null;
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
  const phase = step?.type === "phase" ? step.phase : "predict";
  const states = questions.map((question) =>
    questionState(since, question, points.get(question.id) ?? 0, phase),
  );
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

function questionState(
  events: readonly ExerciseEvent[],
  question: Question,
  of: number,
  phase: Phase,
): QuestionState {
  const mine = events.filter((event) => "question" in event && event.question === question.id);
  const answers = mine.filter((event) => event.type === "answer");
  const hints = mine.filter((event) => event.type === "hint");
  const judged = mine.findLast((event) => event.type === "judged");
  const last = answers.at(-1);
  const solved = mine.some((event) => event.type === "solution");
  const earned = judged?.earned ?? (last === undefined ? 0 : last.earned);
  const isPast = phases.indexOf(question.phase) < phases.indexOf(phase);
  const closing = mine.find(
    (event) => event.type === "solution" || (event.type === "answer" && event.closed),
  );
  return {
    question,
    of,
    answers,
    wrong: answers.filter(({ outcome }) => outcome === "wrong").length,
    hints: hints.map(({ hint }) => hint),
    hintPct: hints.reduce((sum, { costPct }) => sum + costPct, 0),
    earned: solved && closing?.type === "solution" ? 0 : earned,
    closed: isPast || closing !== undefined,
    closedAtMs: closing?.atMs ?? null,
  };
}

/** The teams of an exercise, in the order in which they came. */
export function teamsOf(events: readonly ExerciseEvent[]): readonly string[] {
  return [...new Set(events.flatMap((event) => (event.type === "team" ? [event.team] : [])))];
}
