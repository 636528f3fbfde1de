import type { Settings } from "../settings.ts";

/** One way of setting up a scenario, and which of its metrics is looked at. */
export interface Arm {
  readonly words: string;
  readonly change: Settings;
  readonly metric: string;
}

/**
 * What is claimed of arms, by their names. Differences are paired by seed; "the same" is a claim of its own,
 * an interval within `margin`, and not the absence of an effect.
 */
export type Claim = { readonly words: string } & (
  | { readonly kind: "less" | "more"; readonly arm: string; readonly than: string }
  | { readonly kind: "same"; readonly arm: string; readonly as: string; readonly margin: number }
  | { readonly kind: "at"; readonly arm: string; readonly value: number; readonly margin: number }
  | { readonly kind: "above"; readonly arm: string; readonly bound: number }
  | { readonly kind: "below"; readonly arm: string; readonly bound: number }
);

/** Something surprising that the lab shows on the real relay, with what has to be measured for it. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  /** What to do because of it, in one sentence. */
  readonly lesson: string;
  /** An id of the built-in scenarios, or the path of a file. */
  readonly scenario: string;
  /** What the numbers are, in words. */
  readonly number: string;
  /** What guessing reaches; null where guessing makes no sense. */
  readonly chance: number | null;
  readonly arms: Readonly<Record<string, Arm>>;
  readonly claims: readonly Claim[];
}
