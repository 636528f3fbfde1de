import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "../evidence-limits.ts";
import { boardOf, openRecord, readEvents } from "../exercise/door.ts";
import { teamPlace } from "../exercise/record.ts";
import type { Matrix } from "../matrix/matrix.ts";
import { packageVersion } from "../package-root.ts";
import type { RunResult } from "../result.ts";
import { afterActionOf, type TeamRun } from "./from-exercise.ts";
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
  const events = await readEvents(exercise.folder);
  const board = await boardOf(exercise, plan.now);
  const runs: TeamRun[] = [];
  for (const { team, earned, of } of board.teams) {
    const path = join(teamPlace(exercise.folder, team), "run", "report.json");
    const result = (await readLabJson(path, "lab-run")) as RunResult;
    runs.push({ team, result, score: { earned, of } });
  }
  const matrix =
    plan.matrix === null
      ? null
      : ((await readLabJson(join(plan.matrix, "matrix.json"), "lab-matrix")) as Matrix);
  const report = afterActionOf({
    ...{ scenario: exercise.scenario, events, runs, matrix },
    software: `backchannel ${await packageVersion()}`,
    replay: "backchannel lab replay RECORD/teams/TEAM/run",
  });
  return writeAfterAction(report, plan.out);
}

/** A file that the lab itself wrote, known by its `type`. */
async function readLabJson(path: string, type: string): Promise<unknown> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure("not-found", `${path}: no such file`);
  if (found.size > labLimits.findingsBytesMax) throw new Failure("malformed", `${path}: too large`);
  let value: unknown = null;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", `${path}: not JSON`);
  }
  if (!z.looseObject({ type: z.literal(type) }).safeParse(value).success) {
    throw new Failure("malformed", `${path}: not a ${type}`);
  }
  return value;
}
