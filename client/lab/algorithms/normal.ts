import { errorFunction } from "simple-statistics";
import type { Seeded } from "../seeded.ts";

/** A standard normal number (Box and Muller 1958). */
export function drawNormal(choices: Seeded): number {
  const radius = Math.sqrt(-2 * Math.log(1 - choices.next()));
  return radius * Math.cos(2 * Math.PI * choices.next());
}

/** The standard normal quantile, by bisection of the error function: exact in the tail, where thresholds lie. */
export function normalQuantile(probability: number): number {
  let [low, high] = [-10, 10];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if ((1 + errorFunction(middle / Math.SQRT2)) / 2 < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
