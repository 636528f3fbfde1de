import { errorFunction } from "simple-statistics";
import type { Seeded } from "../seeded.ts";
import { drawNormal } from "./normal.ts";

/** Heartbeats on a line whose delays are independent; all times in the same unit. */
export interface Heartbeats {
  /** From one heartbeat to the next. */
  readonly every: number;
  /** Alarm when so many in a row have not arrived, looked at when the next one leaves. */
  readonly missing: number;
  /** Mean delay of a heartbeat. */
  readonly delay: number;
  /** The delay is log-normal with this deviation of its logarithm: a heavy tail. Exponential where absent. */
  readonly sigma?: number;
}

type Delays = Pick<Heartbeats, "delay" | "sigma">;

/** The probability that a delay lasts longer. */
function longerThan({ delay, sigma }: Delays, time: number): number {
  if (delay === 0) return 0;
  if (sigma === undefined) return Math.exp(-time / delay);
  if (time <= 0) return 1;
  const mu = Math.log(delay) - (sigma * sigma) / 2;
  return (1 - errorFunction((Math.log(time) - mu) / (sigma * Math.SQRT2))) / 2;
}

/** One delay, drawn. */
export function drawDelay({ delay, sigma }: Delays, choices: Seeded): number {
  if (sigma === undefined) return -Math.log(1 - choices.next()) * delay;
  if (delay === 0) return 0;
  return Math.exp(Math.log(delay) - (sigma * sigma) / 2 + sigma * drawNormal(choices));
}

/**
 * The probability that a look at a line on which nothing is suppressed raises an alarm that the look before
 * did not. Heartbeat j looks ago is still out with the probability of a delay longer than j·every,
 * independently, so all of the last k are with the product of these (exp(-k(k+1)/2·every/delay) of
 * exponential ones); that it was so one look earlier too asks, besides, for one more heartbeat of age k.
 */
export function falseAlarm(line: Heartbeats): number {
  const out = (looks: number) => longerThan(line, looks * line.every);
  let all = 1;
  for (let looks = 1; looks <= line.missing; looks++) all *= out(looks);
  return all * (1 - out(line.missing));
}

/** The probability that a frame which is only late is still out when `missing` heartbeats have passed since it was due. */
export function stillOut(line: Heartbeats): number {
  return longerThan(line, line.missing * line.every);
}

/** How many of so many frames that were only late are out so long: alarms for nothing on a clean line. */
export function countStillOut(line: Heartbeats, frames: number, choices: Seeded): number {
  let out = 0;
  for (let frame = 0; frame < frames; frame++) {
    if (drawDelay(line, choices) > line.missing * line.every) out += 1;
  }
  return out;
}

/** Looks at `looks` heartbeats of a line on which nothing is suppressed: how many alarms were raised. */
export function countFalseAlarms(line: Heartbeats, looks: number, choices: Seeded): number {
  const arrivals = arrivalsOf(line, looks + line.missing, choices);
  let [alarms, wasRaised] = [0, false];
  for (let look = line.missing; look < arrivals.length; look++) {
    const isRaised = isSilent(line, arrivals, look);
    if (isRaised && !wasRaised) alarms += 1;
    wasRaised = isRaised;
  }
  return alarms;
}

/**
 * Suppresses everything from a moment drawn at random and gives how long after it an alarm stands. What was
 * on its way already still arrives.
 */
export function detectionDelay(line: Heartbeats, choices: Seeded): number {
  const settled = 4 * line.missing + 8;
  const fromAt = (settled + choices.next()) * line.every;
  const sent = settled + 1;
  const arrivals = [
    ...arrivalsOf(line, sent, choices),
    ...Array.from({ length: line.missing + 1 }, () => Number.POSITIVE_INFINITY),
  ];
  for (let look = sent; look <= arrivals.length; look++) {
    if (isSilent(line, arrivals, look)) return look * line.every - fromAt;
  }
  // The last `missing` heartbeats never arrive, so the look after them finds silence.
  return arrivals.length * line.every - fromAt;
}

function arrivalsOf(line: Heartbeats, count: number, choices: Seeded): number[] {
  return Array.from({ length: count }, (_, index) => {
    return index * line.every + drawDelay(line, choices);
  });
}

function isSilent({ every, missing }: Heartbeats, arrivals: readonly number[], look: number) {
  return arrivals.slice(look - missing, look).every((arrival) => arrival > look * every);
}
