import type { Life } from "../life.ts";
import { approvals } from "./approvals.ts";
import { bounded } from "./bounded.ts";
import { convergence } from "./convergence.ts";
import { erasedKeys } from "./erased-keys.ts";
import { forgetting } from "./forgetting.ts";
import { silentLoss } from "./silent-loss.ts";
import { unnoticedFork } from "./unnoticed-fork.ts";

/** A promise of the channel that a life has broken. */
export interface Violation {
  readonly checker: string;
  readonly detail: string;
}

export type Checker = (life: Life) => readonly Violation[];

export const checkers: readonly Checker[] = [
  silentLoss,
  unnoticedFork,
  convergence,
  approvals,
  forgetting,
  erasedKeys,
  bounded,
];
