import type { DefenceRow } from "./after-action.ts";

/** A number to three digits; `–` for none. */
export function numberText(value: number | null): string {
  return value === null ? "–" : String(Number(value.toPrecision(3)));
}

/** `−0.38 (−0.42 to −0.33, 30 seeds)`; of one pair `−0.38 (one pair)`. */
export function differenceText(row: DefenceRow): string {
  if (row.without === null || row.with === null) return "–";
  const difference = signed(row.with - row.without);
  return row.interval === null
    ? `${difference} (one pair)`
    : `${difference} (${signed(row.interval[0])} to ${signed(row.interval[1])}, ${row.seeds} seeds)`;
}

function signed(value: number): string {
  const text = numberText(Math.abs(value));
  return value < 0 ? `−${text}` : value > 0 ? `+${text}` : text;
}
