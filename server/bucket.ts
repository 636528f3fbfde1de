/** A token bucket: a burst, refilled at a steady rate. */
export interface Bucket {
  /** Takes one token: 0, or the milliseconds after which one will be there. */
  take(nowMs: number): number;
}

/** A full bucket at time `nowMs`. A clock that goes back refills nothing. */
export function createBucket(
  rate: { readonly perSecond: number; readonly burst: number },
  nowMs: number,
): Bucket {
  let tokens = rate.burst;
  let filledMs = nowMs;
  return {
    take(now) {
      tokens = Math.min(rate.burst, tokens + (Math.max(0, now - filledMs) * rate.perSecond) / 1000);
      filledMs = now;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      return Math.ceil(((1 - tokens) * 1000) / rate.perSecond);
    },
  };
}
