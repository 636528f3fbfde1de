import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { formatDuration, parseDuration } from "./duration.ts";

/** How late messages of past epochs are read: of how many, and of each for how long; both at most. */
export interface LateRule {
  readonly epochs: number;
  readonly windowMs: number;
}

/** `late messages of 1 past epoch are read, for 2m at most` */
export function lateWords({ epochs, windowMs }: LateRule): string {
  if (epochs === 0 || windowMs === 0) return "no key of a past epoch is kept for late messages";
  const past = epochs === 1 ? "1 past epoch" : `${epochs} past epochs`;
  return `late messages of ${past} are read, for ${formatDuration(windowMs)} at most`;
}

/** What `--late-epochs` and `--late-window` ask for; null for what is not said. Failure `usage`. */
export function parseLate(options: {
  readonly lateEpochs?: string;
  readonly lateWindow?: string;
}): { readonly lateEpochs: number | null; readonly lateWindowMs: number | null } {
  const { lateEpochs, lateWindow } = options;
  const most = limits.lateEpochsMax;
  if (lateEpochs !== undefined && !(/^\d$/.test(lateEpochs) && Number(lateEpochs) <= most)) {
    throw new Failure("usage", `--late-epochs: a whole number from 0 to ${most}`);
  }
  return {
    lateEpochs: lateEpochs === undefined ? null : Number(lateEpochs),
    lateWindowMs: lateWindow === undefined ? null : parseDuration(lateWindow),
  };
}
