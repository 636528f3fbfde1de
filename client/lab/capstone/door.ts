/** What the command line may use of capstones. */
export { capstonePaths, loadCapstone } from "./load.ts";
export { sideBySide, writeCapstone } from "./report.tsx";
export { type CapstoneResult, choicesOf, runCapstone } from "./run.ts";
