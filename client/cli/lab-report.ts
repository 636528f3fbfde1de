import { join } from "node:path";
import { reportExercise } from "#client/lab/door.ts";
import type { Output } from "./output.ts";

/** Writes the after-action report of an exercise and says where. Failures: those of the lab. */
export async function report(
  options: { readonly record: string; readonly out: string | null; readonly matrix: string | null },
  output: Output,
): Promise<void> {
  const { record, matrix } = options;
  const out = options.out ?? join(record, "after-action");
  const written = await reportExercise({ record, matrix, out, now: () => Date.now() });
  output.object({ v: 1, type: "lab-after-action-files", ...written });
  if (output.json) return;
  for (const [name, path] of Object.entries(written)) {
    process.stdout.write(`${name.padEnd(12)} ${path}\n`);
  }
}
