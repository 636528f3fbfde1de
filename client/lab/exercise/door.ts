/** What the command line may use of exercises. */
export { type BeginOptions, type Begun, beginExercise, resetTeam } from "./begin.ts";
export { type PublicQuestion, publicQuestion } from "./brief.ts";
export type { ExerciseClock } from "./clock.ts";
export { type ExerciseEvent, eventSchema, type Rating, ratings } from "./event.ts";
export { exportChallenges } from "./export.ts";
export {
  type Board,
  boardOf,
  type ClockAct,
  deliverInject,
  dropAction,
  grantHint,
  judgeText,
  moveClock,
  type PlanLine,
  planAction,
  planOf,
  rateObjective,
  roomNow,
  writeNote,
} from "./facilitate.ts";
export { readEvents } from "./log.ts";
export { logCsv } from "./log-csv.ts";
export { measureChoices } from "./measure.ts";
export { type Answered, answer, hint, nextPhase, statusOf, type Table, tableAt } from "./play.ts";
export { type Exercise, isRecord, openRecord, readPointer } from "./record.ts";
export { type Room, roomOf } from "./room.ts";
export { roomPage } from "./room-page.tsx";
export type { QuestionState, TeamState } from "./state.ts";
export { choicesOf } from "./switches.ts";
