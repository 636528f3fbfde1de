import type { Life } from "../life.ts";

/** A promise of the channel that a life has broken. */
export interface Violation {
  readonly checker: string;
  readonly detail: string;
}

export type Checker = (life: Life) => readonly Violation[];
