import { addCounts, type Counts, noCounts, showCounts } from "./counts.ts";
import type { Lived } from "./live.ts";

/** How to live one life again. */
export const replayOf = (seed: number): string => `npm run simulate -- --seed ${seed} --seeds 1`;

export function showViolations({ seed, violations }: Lived): string {
  const lines = violations.map(({ checker, detail }) => `  ${checker}: ${detail}`);
  return [`seed ${seed}: ${violations.length} violations`, ...lines, `  ${replayOf(seed)}`].join(
    "\n",
  );
}

export function sumOf(lives: readonly Pick<Lived, "counts">[]): Counts {
  return lives.reduce((sum, { counts }) => addCounts(sum, counts), noCounts());
}

export { showCounts };
