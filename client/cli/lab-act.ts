import type { Output } from "./output.ts";

/** Runs a verb: lines out, one exit code, Ctrl-C heard. */
export type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;
