import { signedText } from "../report/words.ts";
import type { DefenceRow } from "./after-action.ts";

/** `−0.38 (−0.42 to −0.33, 30 seeds)`; of one pair `−0.38 (one pair)`. */
export function differenceText(row: DefenceRow): string {
  if (row.without === null || row.with === null) return "–";
  const difference = signedText(row.with - row.without);
  return row.interval === null
    ? `${difference} (one pair)`
    : `${difference} (${signedText(row.interval[0])} to ${signedText(row.interval[1])}, ${row.seeds} seeds)`;
}
