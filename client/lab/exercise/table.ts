import { Failure } from "#shared/failure.ts";
import { factOf } from "../scenario-question.ts";
import { domainsOf } from "./answer.ts";
import { clockOf } from "./clock.ts";
import type { ExerciseEvent } from "./event.ts";
import { withExercise } from "./inject.ts";
import { readEvents } from "./log.ts";
import { pointsOf } from "./points.ts";
import { type Exercise, isRecord, openRecord, readPointer, readTeam } from "./record.ts";
import { type QuestionState, type TeamState, teamState } from "./state.ts";

/** A team at its table: the exercise it is in. */
export interface Table {
  readonly exercise: Exercise;
  readonly team: string;
  readonly now: () => number;
}

/**
 * The table of a team, from its own folder; or from the record with the team's name, where the facilitator
 * types for a team that has no access to this account. Failures: `not-found`, `refused`, `usage`.
 */
export async function tableAt(
  folder: string,
  now: () => number,
  team: string | null = null,
): Promise<Table> {
  if (team !== null && (await isRecord(folder))) {
    const exercise = await openRecord(folder);
    await readTeam(exercise.folder, team);
    return { exercise, team, now };
  }
  const pointer = await readPointer(folder);
  if (team !== null && team !== pointer.team) {
    throw new Failure("usage", `${folder}: this is the folder of team ${pointer.team}`);
  }
  return { exercise: await openRecord(pointer.record), team: pointer.team, now };
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
  await withExercise(exercise, now, async () => undefined);
  const events = await readEvents(exercise.folder);
  const { sheets } = await readTeam(exercise.folder, team);
  const state = stateOf(exercise, events, team);
  return {
    ...{ state, clock: clockOf(events, now()), events },
    /** Which numbers each question takes. */
    domains: domainsOf(sheets),
    /** What came out, for numbers of questions that are closed and tell nothing about an open one. */
    truths: new Map(
      state.questions.flatMap((each): [string, number | null][] => {
        const sheet = sheets[each.question.id];
        const isTold = sheet?.kind === "number" && each.closed && !asksElsewhere(each, state);
        return isTold ? [[each.question.id, sheet.value]] : [];
      }),
    ),
  };
}

/** Whether another question that is open asks for the same fact. */
export function asksElsewhere({ question }: QuestionState, state: TeamState): boolean {
  const fact = factOf(question.answer);
  return state.questions.some(
    (other) =>
      other.question.id !== question.id && !other.closed && factOf(other.question.answer) === fact,
  );
}
