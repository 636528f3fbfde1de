import type { Clock } from "#client/core/ports.ts";
import { Failure } from "#shared/failure.ts";

interface Wake {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that moves only when the world moves it. */
export interface VirtualClock extends Clock {
  /** Waits for a promise of the world's; time goes on only while nothing else can happen. */
  drive<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass up to a moment, waking whoever asked for it, in order. */
  advanceTo(atMs: number): Promise<void>;
}

/** Turns of the event loop without any wake-up or result after which nothing but time is awaited. */
const idleTurns = 60;
/** How much virtual time one operation may take: beyond every retry of the core's. */
const driveMsMax = 10 * 60_000;

export function virtualClock(startMs: number): VirtualClock {
  let now = startMs;
  const wakes = new Set<Wake>();
  const next = (): Wake | null => {
    let first: Wake | null = null;
    for (const wake of wakes) if (first === null || wake.atMs < first.atMs) first = wake;
    return first;
  };
  const fire = (wake: Wake): void => {
    wakes.delete(wake);
    now = Math.max(now, wake.atMs);
    wake.wake();
  };
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn++) await new Promise<void>((go) => setImmediate(go));
  };
  return {
    now: () => now,
    wakeAt(atMs, wake) {
      const entry = { atMs, wake };
      wakes.add(entry);
      return () => wakes.delete(entry);
    },
    async drive<T>(promise: Promise<T>): Promise<T> {
      let done = false;
      const end = () => {
        done = true;
      };
      promise.then(end, end);
      const until = now + driveMsMax;
      for (;;) {
        for (let turn = 0; turn < idleTurns && !done; turn++) await turns(1);
        if (done) return promise;
        const due = next();
        if (due === null || due.atMs > until) {
          // Worker threads take real time; a world that hangs must not hang the machine.
          await Promise.race([promise.then(end, end), new Promise((go) => setTimeout(go, 5_000))]);
          if (done) return promise;
          throw new Failure("internal", "lab world: nothing happens any more");
        }
        fire(due);
      }
    },
    async advanceTo(atMs) {
      for (;;) {
        const due = next();
        if (due === null || due.atMs > atMs) break;
        fire(due);
        await turns(3);
      }
      now = Math.max(now, atMs);
      await turns(1);
    },
  };
}
