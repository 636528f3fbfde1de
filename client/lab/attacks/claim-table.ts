import { type Findings, ways } from "./findings.ts";

/** A table of what an attack claims, for people to read. It holds no truth, because an attack knows none. */
export interface ClaimTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly ClaimCell[])[];
}

/** Null stands for what the attack did not find. */
export type ClaimCell = string | number | null;

/** An attack's own words for its findings, which must be of that attack. */
export type Tell = (findings: Findings) => readonly ClaimTable[];

/** What attacks share whose finding is texts: by which way they were read. */
export const tellTexts: Tell = ({ read }) => [
  {
    title: "Texts, by the way in which they were read",
    head: ["way", "texts"],
    rows: ways.map((way) => [wayWords[way], read.filter(({ by }) => by === way).length]),
  },
];

const wayWords = {
  key: "opened with a key",
  stored: "found as stored text",
  plain: "lay in the clear",
} as const;

export function yesOrNoText(is: boolean | null): string | null {
  return is === null ? null : is ? "yes" : "no";
}

/** A moment to the minute, UTC: `2027-03-01 09:30`. */
export function minuteText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

/** A share as a whole number of percent: `93%`; null of nothing. */
export function percentText(hits: number, of: number): string | null {
  return of === 0 ? null : `${Math.round((100 * hits) / of)}%`;
}
