import { boardOf, openRecord } from "../exercise/door.ts";
import { softwareName } from "../software.ts";
import { afterActionFrom } from "./from-record.ts";
import { type WrittenAfterAction, writeAfterAction } from "./write.ts";

/**
 * Writes the after-action report of an exercise from its facilitator's record. Failures: `not-found`,
 * `malformed` for a record or a matrix that is not the lab's.
 */
export async function reportExercise(plan: {
  readonly record: string;
  readonly out: string;
  /** Folder of a matrix whose measurements say what the defences do; null for none. */
  readonly matrix: string | null;
  readonly now: () => number;
}): Promise<WrittenAfterAction> {
  const exercise = await openRecord(plan.record);
  // What is due by now belongs into the report.
  await boardOf(exercise, plan.now);
  const report = await afterActionFrom({
    ...{ exercise, matrix: plan.matrix, events: null },
    software: await softwareName(),
    writtenAt: new Date(plan.now()).toISOString(),
  });
  return writeAfterAction(report, plan.out);
}
