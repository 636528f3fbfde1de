import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type CapstoneReplay,
  type ExerciseReplay,
  type Replay,
  type ReplayedNumber,
  replayCapstone,
  replayExercise,
  replayRun,
} from "#client/lab/door.ts";
import { isRecord, readPointer } from "#client/lab/exercise/door.ts";
import { Failure } from "#shared/failure.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { createPaint, oneLine, wantsColours } from "./paint.ts";

type Replayed = Replay | ExerciseReplay | CapstoneReplay;

export interface ReplayOptions {
  /** Of a team's folder: the facilitator's record; null for where the folder says it lies. */
  readonly record: string | null;
  readonly report: string | null;
  readonly matrix: string | null;
  readonly stagesAnew: boolean;
}

/**
 * Makes the numbers of a run, a capstone, a team or a whole exercise again and prints what came out otherwise.
 * Failure `integrity` then.
 */
export async function replay(
  folder: string,
  options: ReplayOptions,
  output: Output,
): Promise<void> {
  const progress = progressLine(output);
  const replayed = await replayAt(folder, options, progress.show);
  progress.end();
  output.object(replayed);
  const differing = replayed.numbers.filter(({ same }) => !same);
  const faults = differing.filter(({ isSpeed }) => !isSpeed);
  if (!output.json) {
    const paint = createPaint(wantsColours(process.stdout, process.env));
    for (const number of differing) {
      const mark = number.isSpeed ? paint.faint("· speed") : paint.bad("✗");
      process.stdout.write(`${mark} ${lineOf(number)}\n`);
    }
    if (replayed.type === "lab-exercise-replay") {
      for (const words of replayed.left) {
        process.stdout.write(`${paint.faint("· not replayed:")} ${words}\n`);
      }
    }
    const count = replayed.numbers.length - differing.length;
    const words = `${count} of ${replayed.numbers.length} numbers came out again`;
    const mark = faults.length === 0 ? paint.good("✓") : paint.bad("✗");
    process.stdout.write(`${mark} ${headOf(replayed)}: ${words}\n`);
  }
  if (faults.length > 0) {
    const numbers = faults.length === 1 ? "one number" : `${faults.length} numbers`;
    throw new Failure("integrity", `${numbers} did not come out again`);
  }
}

async function replayAt(
  folder: string,
  { record, ...rest }: ReplayOptions,
  onProgress: (words: string, done: number, of: number) => void,
): Promise<Replayed> {
  if (await isRecord(folder)) {
    return replayExercise({ record: folder, team: null, onProgress, ...rest });
  }
  if (existsSync(join(folder, "exercise.json"))) {
    const place = record ?? (await readPointer(folder)).record;
    return replayExercise({ record: place, team: folder, onProgress, ...rest });
  }
  if (record !== null) {
    throw new Failure("usage", `--record: ${folder} is no team's folder of an exercise`);
  }
  if (existsSync(join(folder, "capstone.json"))) return replayCapstone(folder, onProgress);
  return replayRun(folder, (done, of) => onProgress("runs", done, of));
}

function headOf(replayed: Replayed): string {
  return replayed.type !== "lab-exercise-replay"
    ? `${replayed.scenario} seed ${replayed.seed}`
    : `${replayed.scenario}, ${replayed.teams.map((team) => `team ${team}`).join(", ")}`;
}

function lineOf({ run, name, recorded, replayed }: ReplayedNumber): string {
  const place = [run, name].filter((text) => text !== "").join(": ");
  return oneLine(`${place}: reported ${recorded ?? "–"}, now ${replayed ?? "–"}`);
}
