/** The lab's public door: everything that the command line, the demonstration and the web may use. */
export { reportExercise } from "./aar/report-exercise.ts";
export type { WrittenAfterAction } from "./aar/write.ts";
export type { ClaimCell, ClaimTable } from "./attacks/claim-table.ts";
export type { Findings, RecoveredText } from "./attacks/findings.ts";
export {
  bundleFrom,
  type CapturedEvidence,
  plaintextControl,
  scoreBundle,
  type Talk,
} from "./captured.ts";
export { type Matrix, type MatrixRow, runMatrix } from "./matrix/matrix.ts";
export { writeMatrixReport } from "./matrix/report.tsx";
export type { Metric } from "./metric.ts";
export { metricValue } from "./metrics.ts";
export type { WorkerCommand } from "./pool.ts";
export { type CapstoneReplay, replayCapstone } from "./replay/capstone.ts";
export { type ExerciseReplay, replayExercise } from "./replay/exercise.ts";
export type { ReplayedNumber } from "./replay/number.ts";
export { type Replay, replayRun } from "./replay/run.ts";
export { drawPicture, type PictureRow } from "./report/picture.tsx";
export { type WrittenReport, writeReport } from "./report/report.ts";
export { metricText, numberText, signedText } from "./report/words.ts";
export type { Control, ExpectationResult, Paired, RunResult, ScoredRun } from "./result.ts";
export {
  listScenarios,
  type RunOptions,
  type RunProgress,
  runAttack,
  runScenario,
  type ScenarioSummary,
  tellFindings,
} from "./run.ts";
export { type RunSummary, runAll } from "./run-all.ts";
export { scenarioPath } from "./scenario.ts";
export { changeName } from "./settings.ts";
export { sixFindings } from "./six-findings/catalogue.ts";
export { measureFindings, type Shown, type SixFindings } from "./six-findings/measure.ts";
export { intervalText, valueText, writeFindingsPage } from "./six-findings/page.tsx";
export type { Truth } from "./truth.ts";
export { serveLab } from "./work.ts";
