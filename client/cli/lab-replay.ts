import { type ReplayedNumber, replayRun } from "#client/lab/door.ts";
import { Failure } from "#shared/failure.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { createPaint, wantsColours } from "./paint.ts";

/** Attacks the saved evidence of a run again and prints what came out otherwise. Failure `integrity` then. */
export async function replay(folder: string, output: Output): Promise<void> {
  const progress = progressLine(output);
  const replayed = await replayRun(folder, (done, of) => progress.show("runs", done, of));
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
    const count = replayed.numbers.length - differing.length;
    const words = `${count} of ${replayed.numbers.length} numbers came out again`;
    process.stdout.write(
      `${faults.length === 0 ? paint.good("✓") : paint.bad("✗")} ${replayed.scenario} seed ${replayed.seed}: ${words}\n`,
    );
  }
  if (faults.length > 0) {
    throw new Failure(
      "integrity",
      `${faults.length} numbers of this report did not come out again`,
    );
  }
}

function lineOf({ run, name, recorded, replayed }: ReplayedNumber): string {
  return `${run === "" ? "" : `${run}: `}${name}: reported ${recorded ?? "–"}, now ${replayed ?? "–"}`;
}
