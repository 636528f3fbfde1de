import { errorFunction } from "simple-statistics";
import type { Seeded } from "../seeded.ts";
import { drawNormal } from "./normal.ts";

/** Lengths of messages as round(exp(mu + sigma·g)), g standard normal, clipped (LEAKLAB 3.4). */
export interface LengthModel {
  readonly mu: number;
  readonly sigma: number;
  readonly min: number;
  readonly max: number;
}

/** The probability of each length, by the cumulative distribution: no sampling. */
export function lengthShares({ mu, sigma, min, max }: LengthModel): ReadonlyMap<number, number> {
  const below = (length: number): number => {
    if (length <= 0) return 0;
    return (1 + errorFunction((Math.log(length) - mu) / (sigma * Math.SQRT2))) / 2;
  };
  const shares = new Map<number, number>();
  for (let length = min; length <= max; length++) {
    const from = length === min ? 0 : below(length - 0.5);
    const to = length === max ? 1 : below(length + 0.5);
    shares.set(length, to - from);
  }
  return shares;
}

/** One length, drawn. */
export function drawLength({ mu, sigma, min, max }: LengthModel, choices: Seeded): number {
  return Math.min(max, Math.max(min, Math.round(Math.exp(mu + sigma * drawNormal(choices)))));
}
