import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "../evidence-limits.ts";
import type { ExerciseEvent } from "../exercise/event.ts";
import { readEvents } from "../exercise/log.ts";
import { type Exercise, teamPlace } from "../exercise/record.ts";
import { teamsOf } from "../exercise/state.ts";
import { stateOf } from "../exercise/table.ts";
import type { Matrix } from "../matrix/matrix.ts";
import type { RunResult } from "../result.ts";
import type { AfterAction } from "./after-action.ts";
import { afterActionOf } from "./from-exercise.ts";
import type { TeamRun } from "./leaks.ts";

export interface ReportPlan {
  readonly exercise: Exercise;
  /** Folder of a matrix whose measurements say what the defences do; null for none. */
  readonly matrix: string | null;
  /** How many lines of the log count; null for all. */
  readonly events: number | null;
  readonly software: string;
  readonly writtenAt: string;
}

/**
 * The after-action report that a record gives: the same files give the same report. Failures: `not-found`,
 * `malformed` for a record or a matrix that is not the lab's.
 */
export async function afterActionFrom(plan: ReportPlan): Promise<AfterAction> {
  const { exercise, software, writtenAt } = plan;
  const events = (await readEvents(exercise.folder)).slice(0, plan.events ?? undefined);
  const runs: TeamRun[] = [];
  for (const team of teamsOf(events)) {
    const path = join(teamPlace(exercise.folder, team), "run", "report.json");
    const result = (await readLabJson(path, "lab-run")) as RunResult;
    const { earned, of } = stateOf(exercise, events, team);
    runs.push({ team, result, score: { earned, of } });
  }
  const matrix =
    plan.matrix === null
      ? null
      : ((await readLabJson(join(plan.matrix, "matrix.json"), "lab-matrix")) as Matrix);
  const more = plan.matrix === null ? "" : ` --matrix ${basename(plan.matrix)}`;
  return afterActionOf({
    ...{ scenario: exercise.scenario, events, runs, matrix, exerciseSeed: exercise.seed },
    ...{ software, writtenAt, sources: await sourcesOf(plan, events) },
    replay: `backchannel lab replay ${basename(exercise.folder)}${more}`,
  });
}

/** The files that a report is made from, by their hashes; of the log the lines that count. */
async function sourcesOf(
  { exercise, matrix }: ReportPlan,
  events: readonly ExerciseEvent[],
): Promise<AfterAction["sources"]> {
  const { folder } = exercise;
  const teams = teamsOf(events).flatMap((team) => [
    `teams/${team}/team.json`,
    `teams/${team}/run/report.json`,
    `teams/${team}/run/truth.json`,
  ]);
  const files = await Promise.all(
    ["exercise.json", "scenario.yaml", ...teams].map(async (path) => ({
      path,
      sha256: sha256(await readFile(join(folder, path))),
    })),
  );
  const log = await readFile(join(folder, "events.jsonl"));
  const lines = log.toString("utf8").split("\n").slice(0, events.length);
  const measured =
    matrix === null
      ? []
      : [
          {
            path: `${basename(matrix)}/matrix.json`,
            sha256: sha256(await readFile(join(matrix, "matrix.json"))),
          },
        ];
  const text = lines.map((line) => `${line}\n`).join("");
  return [
    ...files,
    { path: `events.jsonl, ${events.length} lines`, sha256: sha256(text) },
    ...measured,
  ];
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A file that the lab itself wrote, known by its `type`. */
export async function readLabJson(path: string, type: string): Promise<unknown> {
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
