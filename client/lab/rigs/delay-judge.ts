import { quantile } from "simple-statistics";
import type { z } from "zod";
import type { delayClaims } from "../attacks/endless-delay.ts";
import type { DelayTruth } from "./delay-stage.ts";

export type Claims = z.infer<typeof delayClaims>;
type Alarms = Pick<Claims, "suppressed" | "compared">;
type Swallowed = DelayTruth["swallowed"][number];

/** Who told a swallowed frame from a late one. */
export type Teller = "nobody" | "heartbeats or gaps" | "the second relay" | "both";

export interface Judged {
  /** Swallowed frames that an alarm named, by its count or by its letter. */
  readonly named: number;
  /** Alarms over what was only late. */
  readonly wrong: number;
  /** Median from swallowed to the first alarm that named it; null where none did. */
  readonly seconds: number | null;
  readonly falsePerDay: number;
  readonly days: number;
  /** Letters that were not read in time, or never. */
  readonly missed: number;
  toldBy(swallowed: Swallowed): Teller;
}

/** Compares alarms with what was really swallowed. */
export function judge({ suppressed, compared }: Alarms, truth: DelayTruth): Judged {
  const { swallowed, letters, deadlineMs, startMs, endMs } = truth;
  const byCount = (each: Swallowed) => suppressed.find(({ counter }) => counter === each.counter);
  const byLetter = (each: Swallowed) => compared.find(({ letter }) => letter === each.letter);
  const times = swallowed.flatMap((each) => {
    const alarms = [byCount(each), byLetter(each)].flatMap((alarm) => alarm?.atMs ?? []);
    return alarms.length === 0 ? [] : [(Math.min(...alarms) - each.atMs) / 1_000];
  });
  const counters = new Set(swallowed.map(({ counter }) => counter));
  const lost = new Set(swallowed.map(({ letter }) => letter));
  const wrong =
    suppressed.filter(({ counter }) => !counters.has(counter)).length +
    compared.filter(({ letter }) => !lost.has(letter)).length;
  const days = (endMs - startMs) / 86_400_000;
  const missed = letters.filter(({ sentAt, readAt }) => {
    return readAt === null || readAt > sentAt + deadlineMs;
  }).length;
  return {
    ...{ named: times.length, wrong, days, missed },
    seconds: times.length === 0 ? null : quantile(times, 0.5),
    falsePerDay: wrong / days,
    toldBy(each) {
      const [first, second] = [byCount(each) !== undefined, byLetter(each) !== undefined];
      if (first && second) return "both";
      return first ? "heartbeats or gaps" : second ? "the second relay" : "nobody";
    },
  };
}
