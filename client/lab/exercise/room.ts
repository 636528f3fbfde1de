import type { BarsFigure } from "#client/charts/figure.ts";
import type { Question } from "../scenario-question.ts";
import { numberIn } from "./answer-text.ts";
import { clockOf, type ExerciseClock } from "./clock.ts";
import type { ExerciseEvent } from "./event.ts";
import type { Exercise } from "./record.ts";
import { type TeamState, teamsOf } from "./state.ts";
import { stateOf } from "./table.ts";

/** What everybody in the room may see: no answers, no points, no facts of any team's world. */
export interface Room {
  readonly title: string;
  readonly summary: string;
  readonly clock: ExerciseClock;
  readonly teams: readonly RoomTeam[];
  /** What was told to everybody, the newest first. */
  readonly news: readonly { readonly atMs: number; readonly via: string; readonly body: string }[];
  readonly ballots: readonly Ballot[];
}

export interface RoomTeam {
  readonly team: string;
  readonly phase: string;
  /** Questions that take no more answers, of all. */
  readonly closed: number;
  readonly questions: number;
}

/** A prediction as a secret ballot: nothing but how many have voted until every team is past it. */
export interface Ballot {
  readonly question: string;
  readonly prompt: string;
  readonly cast: number;
  readonly teams: number;
  /** Each answer with the number of its teams, in order; null while the ballot is open. */
  readonly votes: readonly { readonly said: string; readonly count: number }[] | null;
}

/** What may be projected of an exercise, from its log alone. */
export function roomOf(exercise: Exercise, events: readonly ExerciseEvent[], wallMs: number): Room {
  const { title, summary, questions } = exercise.scenario;
  const states = teamsOf(events).map((team) => stateOf(exercise, events, team));
  const news = events.flatMap((event) =>
    event.type === "inject" && event.to === "all"
      ? [{ atMs: event.atMs, via: event.via, body: event.body.trim() }]
      : [],
  );
  return {
    ...{ title, summary: summary.trim(), clock: clockOf(events, wallMs), news: news.reverse() },
    teams: states.map(({ team, phase, questions: own }) => {
      return { team, phase, closed: own.filter(isClosed).length, questions: own.length };
    }),
    ballots: questions
      .filter(({ phase }) => phase === "predict")
      .map((question) => ballotOf(question, states)),
  };
}

function isClosed({ closed }: { readonly closed: boolean }): boolean {
  return closed;
}

function ballotOf({ id, prompt }: Question, states: readonly TeamState[]): Ballot {
  const said = states.flatMap(({ questions }) => {
    const last = questions.find(({ question }) => question.id === id)?.answers.at(-1);
    return last === undefined ? [] : [last.said.trim()];
  });
  // One team that still thinks would be told what the others think.
  const isOver = states.length > 0 && states.every(({ phase }) => phase !== "predict");
  const head = { question: id, prompt: prompt.trim(), cast: said.length, teams: states.length };
  return { ...head, votes: isOver ? countVotes(said) : null };
}

/** `40%` and `0,4` are one vote, and so are `20%..50%` and `0.2..0.5`; shown as the shortest number. */
function countVotes(said: readonly string[]): { said: string; count: number }[] {
  const votes = new Map<string, { count: number; value: number | null }>();
  for (const words of said) {
    const ends = words.split(/\.\.|\bto\b|…/).map(numberIn);
    const [value = null] = ends;
    const name = ends.includes(null)
      ? words.toLowerCase().replace(/\s+/g, " ")
      : ends.map((end) => String(Number((end ?? 0).toPrecision(6)))).join("..");
    votes.set(name, { count: (votes.get(name)?.count ?? 0) + 1, value });
  }
  return [...votes]
    .sort(([a, { value: x }], [b, { value: y }]) => (x ?? 0) - (y ?? 0) || (a < b ? -1 : 1))
    .map(([name, { count }]) => ({ said: name, count }));
}

/** A ballot that is over, as bars: one for each answer. */
export function ballotFigure(ballot: Ballot): BarsFigure | null {
  const { question, prompt, votes } = ballot;
  if (votes === null || votes.length === 0) return null;
  return {
    ...{ kind: "bars", id: `ballot-${question}`, title: "What the room predicted" },
    caption: prompt,
    y: { label: "teams", scale: "linear" },
    bars: votes.map(({ said, count }) => ({ name: said, value: count, low: null, high: null })),
    chance: null,
  };
}
