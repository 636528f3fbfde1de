import { readFileSync } from "node:fs";

/**
 * The seeds of one suite of lives: those that once failed (`seeds.txt`) and 1 to `seeds`. `LIFE=7` runs
 * that seed alone, `LIVES=500` runs more than the usual number.
 */
export function seedsOf(suite: string, seeds: number): number[] {
  const { LIFE, LIVES } = process.env;
  if (LIFE !== undefined) return [Number(LIFE)];
  const kept = readFileSync(new URL("seeds.txt", import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([name]) => name === suite)
    .map(([, seed]) => Number(seed));
  const fresh = Array.from({ length: Number(LIVES ?? seeds) }, (_, at) => at + 1);
  return [...new Set([...kept, ...fresh])];
}

/** Runs one life; a failure names its seed and the command that repeats it. */
export async function replayable(file: string, seed: number, run: () => Promise<void>) {
  try {
    await run();
  } catch (error) {
    const command = `LIFE=${seed} npx vitest run --config test/vitest.config.ts ${file}`;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}\nrepeat with: ${command}`, { cause: error });
  }
}
