export interface ClockWindow {
  /** The last millisecond that is possible. */
  readonly untilMs: number;
  /** How many milliseconds before it are possible too, it included. */
  readonly windowMs: number;
  readonly triesMax: number;
}

export interface ClockHit {
  /** The millisecond whose key is the true one; null when none of those tried is. */
  readonly atMs: number | null;
  readonly tries: number;
}

/** Tries every millisecond of a window as the seed, the latest first: at most as many tries as milliseconds. */
export function searchClock(
  { untilMs, windowMs, triesMax }: ClockWindow,
  isTrue: (ms: number) => boolean,
  onTry: (tries: number, of: number) => void = () => {},
): ClockHit {
  const of = Math.min(windowMs, triesMax);
  for (let tries = 1; tries <= of; tries++) {
    const atMs = untilMs - (tries - 1);
    if (isTrue(atMs)) return { atMs, tries };
    if (tries % 1_000 === 0) onTry(tries, of);
  }
  return { atMs: null, tries: of };
}

/** Bits of a key that is drawn from a clock: of so many milliseconds, one. */
export function clockBits(windowMs: number): number {
  return Math.log2(windowMs);
}
