import type { Seeded } from "../seeded.ts";

/** Heartbeats on a line whose delays are exponential and independent; all times in the same unit. */
export interface Heartbeats {
  /** From one heartbeat to the next. */
  readonly every: number;
  /** Alarm when so many in a row have not arrived, looked at when the next one leaves. */
  readonly missing: number;
  /** Mean delay of a heartbeat. */
  readonly delay: number;
}

/**
 * The probability that a look at a line on which nothing is suppressed raises an alarm that the look before
 * did not. Heartbeat j looks ago is still out with probability exp(-j·every/delay), independently, so all
 * of the last k are with exp(-k(k+1)/2·every/delay); that it was so one look earlier too asks, besides, for
 * one more heartbeat of age k.
 */
export function falseAlarm({ every, missing, delay }: Heartbeats): number {
  if (delay === 0) return 0;
  const out = (looks: number) => Math.exp((-looks * every) / delay);
  return out((missing * (missing + 1)) / 2) * (1 - out(missing));
}

/** The probability that a frame which is only late is still out when `missing` heartbeats have passed since it was due. */
export function stillOut({ every, missing, delay }: Heartbeats): number {
  return delay === 0 ? 0 : Math.exp((-missing * every) / delay);
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

function arrivalsOf({ every, delay }: Heartbeats, count: number, choices: Seeded): number[] {
  return Array.from({ length: count }, (_, index) => {
    return index * every - Math.log(1 - choices.next()) * delay;
  });
}

function isSilent({ every, missing }: Heartbeats, arrivals: readonly number[], look: number) {
  return arrivals.slice(look - missing, look).every((arrival) => arrival > look * every);
}
