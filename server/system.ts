import { randomBytes } from "node:crypto";
import type { Clock, Random } from "./ports.ts";

/** Longest wait that a Node timer can be given. */
const timerMsMax = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wakeAt(atMs, wake) {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const leftMs = atMs - Date.now();
      timer = leftMs > timerMsMax ? setTimeout(wait, timerMsMax) : setTimeout(wake, leftMs);
    };
    wait();
    return () => clearTimeout(timer);
  },
};

/** The machine's cryptographic randomness. */
export const systemRandom: Random = (bytes) => randomBytes(bytes);
