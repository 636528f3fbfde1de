import { approvals } from "./approvals.ts";
import { bounded } from "./bounded.ts";
import { convergence } from "./convergence.ts";
import { erasedKeys } from "./erased-keys.ts";
import { forgetting } from "./forgetting.ts";
import { silentLoss } from "./silent-loss.ts";
import { unnoticedFork } from "./unnoticed-fork.ts";
import type { Checker } from "./violation.ts";

/** Every promise that is looked at when a life ends. */
export const checkers: readonly Checker[] = [
  silentLoss,
  unnoticedFork,
  convergence,
  approvals,
  forgetting,
  erasedKeys,
  bounded,
];
