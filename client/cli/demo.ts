import type { Output } from "./output.ts";
export async function demo(
  _o: { talk: string | null; keep: boolean },
  _out: Output,
  _s: AbortSignal,
): Promise<void> {}
