import { combine, split } from "shamir-secret-sharing";
import { equalBytes } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";

/** t-of-n sharing of an archive's key: how many shares there are, and how many open it. */
export interface SharingPlan {
  readonly shares: number;
  readonly threshold: number;
  /** Shares that leak. */
  readonly leaked: number;
}

export interface SharingTrial extends SharingPlan {
  readonly secret: Uint8Array;
  /** Which shares leak first: a permutation of the shares' indices. */
  readonly order: readonly number[];
}

/**
 * Splits a secret (Shamir 1979, over GF(2^8), octet by octet) and lets the first `leaked` shares in `order`
 * leak. Gives the best that a thief makes of them, or null without any share.
 */
export async function recover(trial: SharingTrial): Promise<Uint8Array | null> {
  const { secret, shares, threshold, leaked, order } = trial;
  assert(threshold >= 2 && threshold <= shares && shares <= 255, "2 <= threshold <= shares <= 255");
  assert(leaked >= 0 && leaked <= shares && order.length === shares, "only shares that exist leak");
  const all = await split(secret, shares, threshold);
  const held = order.slice(0, leaked).map((index) => all[index]);
  const known = held.filter((share) => share !== undefined);
  return bestOf(known);
}

/** The best that a thief makes of the shares that he has; null without any. */
export async function bestOf(shares: readonly Uint8Array[]): Promise<Uint8Array | null> {
  const [first] = shares;
  if (first === undefined) return null;
  // One point alone fits a constant: the thief's guess is its value. A share ends in its own coordinate.
  if (shares.length === 1) return first.slice(0, -1);
  return combine([...shares]);
}

/** How often a thief with so many shares holds the secret in the end. */
export async function recoveredShare(
  plan: SharingPlan,
  trials: readonly Pick<SharingTrial, "secret" | "order">[],
  progress: (done: number, of: number) => void = () => {},
): Promise<{ readonly hits: number; readonly of: number }> {
  let hits = 0;
  for (const [index, { secret, order }] of trials.entries()) {
    const found = await recover({ ...plan, secret, order });
    if (found !== null && equalBytes(found, secret)) hits++;
    progress(index + 1, trials.length);
  }
  return { hits, of: trials.length };
}

/** Chance that a thief guesses a secret of so many octets: with fewer shares than the threshold, no more. */
export function guessChance(plan: SharingPlan, secretBytes: number): number {
  return plan.leaked >= plan.threshold ? 1 : 256 ** -secretBytes;
}
