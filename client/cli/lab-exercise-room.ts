import { rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Room, roomNow, roomPage } from "#client/lab/exercise/door.ts";
import { deskAt } from "./lab-exercise-place.ts";
import { clockWords } from "./lab-exercise-status.ts";
import { paintOfStdout, textColumns } from "./lab-page.ts";
import type { Output } from "./output.ts";
import { oneLine, wrap } from "./paint.ts";

const now = () => Date.now();
const everyMs = 2_000;

/** Draws at once, and with `watch` again and again until interrupted; on a terminal over what was there. */
export async function watching(
  options: { readonly watch: boolean; readonly signal: AbortSignal },
  draw: () => Promise<readonly string[]>,
): Promise<void> {
  const { watch, signal } = options;
  const isOver = watch && process.stdout.isTTY === true;
  for (;;) {
    const text = (await draw()).map((row) => `${row}\n`).join("");
    process.stdout.write(isOver ? `\x1b[2J\x1b[H${text}` : text);
    if (!watch || signal.aborted) return;
    await pause(signal);
    if (signal.aborted) return;
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((go) => {
    const timer = setTimeout(done, everyMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      go();
    }
    signal.addEventListener("abort", done);
  });
}

/** What may be projected, on the terminal and as a page. */
export async function room(
  folder: string,
  options: { readonly page: string | null; readonly watch: boolean; readonly signal: AbortSignal },
  output: Output,
): Promise<void> {
  const exercise = await deskAt(folder, "room");
  const { page, watch } = options;
  await watching(options, async () => {
    const seen = await roomNow(exercise, now);
    if (page !== null) await replaceFile(resolve(page), roomPage(seen, watch ? 2 : null));
    output.object({ v: 1, type: "exercise-room", ...seen });
    return output.json ? [] : rowsOf(seen);
  });
}

/** A browser that reads at this very moment gets the old page or the new one, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const next = join(dirname(path), `.${basename(path)}.next`);
  await writeFile(next, text);
  await rename(next, path);
}

function rowsOf({ title, clock, teams, news, ballots }: Room): string[] {
  const paint = paintOfStdout();
  const rows = [`${paint.strong(title)}  ${clockWords(clock)}`, ""];
  for (const { team, phase, closed, questions } of teams) {
    const marks = "●".repeat(closed) + "·".repeat(questions - closed);
    rows.push(`${team.padEnd(12)} ${phase.padEnd(12)} ${marks}`);
  }
  for (const { via, body, atMs } of news) {
    rows.push("", paint.faint(`minute ${Math.floor(atMs / 60_000)}, ${via}`));
    rows.push(...wrap(oneLine(body), textColumns).map((row) => paint.strong(`│ ${row}`)));
  }
  for (const { prompt, cast, teams: all, votes } of ballots) {
    rows.push("", ...wrap(oneLine(prompt), textColumns));
    if (votes === null) rows.push(paint.faint(`${cast} of ${all} teams have voted, in secret`));
    for (const { said, count } of votes ?? []) {
      rows.push(`  ${oneLine(said).padEnd(12)} ${"█".repeat(count)} ${count}`);
    }
  }
  return rows;
}
