/** What the command line may use to help somebody who writes a scenario. */
export { checkFile } from "./check.ts";
export { newScenario } from "./create.ts";
export { scenarioJsonSchema } from "./json-schema.ts";
