import { limits } from "#shared/limits.ts";
import { hourMs, type Log } from "./log.ts";
import type { Clock } from "./ports.ts";

/** How often expired frames are looked for. */
const everyMs = hourMs / 4;

/** Deletes what has expired, bounded piece after piece, then what it left in the file; how many frames. */
export async function prune(log: Log, nowMs: number): Promise<number> {
  const hour = Math.floor(nowMs / hourMs);
  let total = 0;
  for (;;) {
    const frames = await log.expire(hour);
    total += frames;
    if (frames < limits.expireFramesMax) break;
  }
  if (total > 0) await log.checkpoint();
  return total;
}

/** The hour after which a frame stored now is deleted: rounded up, so never before the retention. */
export function expiresHour(nowMs: number, retentionMs: number): number {
  return Math.ceil((nowMs + retentionMs) / hourMs);
}

/**
 * Prunes now and again and again; `failed` hears what went wrong. The returned function stops it and
 * waits for the turn that is under way.
 */
export function startPruning(
  clock: Clock,
  pruneNow: () => Promise<unknown>,
  failed: (error: unknown) => void,
): () => Promise<void> {
  let cancel = (): void => {};
  let isStopped = false;
  let current = Promise.resolve();
  const turn = async (): Promise<void> => {
    try {
      await pruneNow();
    } catch (error) {
      failed(error);
    }
    if (!isStopped) cancel = clock.wakeAt(clock.now() + everyMs, begin);
  };
  const begin = (): void => {
    current = turn();
  };
  begin();
  return () => {
    isStopped = true;
    cancel();
    return current;
  };
}
