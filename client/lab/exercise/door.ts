/** What the command line may use of exercises. */
export { type BeginOptions, type Begun, beginExercise, relinkTeam, resetTeam } from "./begin.ts";
export { type PublicQuestion, pricedChoices, publicQuestion } from "./brief.ts";
export { type ExerciseClock, isOverTime, timeText } from "./clock.ts";
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
export type { InjectRow } from "./inject.ts";
export { launcherName } from "./launcher.ts";
export { readEvents } from "./log.ts";
export { logCsv } from "./log-csv.ts";
export { type Measured, measureChoices, seedsDefault } from "./measure.ts";
export { type Answered, answer, hint, nextPhase } from "./play.ts";
export { choiceName, priceOf, readPrices, spending } from "./prices.ts";
export {
  type Exercise,
  isRecord,
  kindOfFolder,
  type LateRule,
  lateRules,
  openRecord,
  readPointer,
} from "./record.ts";
export { type Room, roomOf } from "./room.ts";
export { roomPage } from "./room-page.tsx";
export { newsFor } from "./seen.ts";
export { phaseAfter, type QuestionState, type TeamState } from "./state.ts";
export { checkChoice, choicesOf } from "./switches.ts";
export { statusOf, type Table, tableAt } from "./table.ts";
