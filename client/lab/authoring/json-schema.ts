import { z } from "zod";
import { scenarioSchema } from "../scenario-schema.ts";

/**
 * The JSON Schema of what a person writes into a scenario file. It knows shapes and names of keys; that
 * names exist and fit an algorithm is what `lab check` says.
 */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  const made = z.toJSONSchema(scenarioSchema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    reused: "ref",
  });
  return { ...made, title: "Backchannel leak lab scenario (leaklab/1)" };
}
