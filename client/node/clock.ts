import type { Clock } from "#client/core/ports.ts";

// Timers stand still while a laptop sleeps and the calendar clock does not, so no wait is longer than this.
const waitMsMax = 60_000;

/** The machine's clock. A pending wake keeps the process alive until it is cancelled. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wakeAt(atMs, wake) {
    let timer = setTimeout(check, waitMs(atMs));
    function check(): void {
      // A timer may fire a millisecond early; "no earlier than" is the port's promise.
      if (Date.now() >= atMs) wake();
      else timer = setTimeout(check, waitMs(atMs));
    }
    return () => clearTimeout(timer);
  },
};

function waitMs(atMs: number): number {
  return Math.min(Math.max(atMs - Date.now(), 0), waitMsMax);
}
