import { assert } from "#shared/failure.ts";

/** One round of a pool: to whom it delivered, and how many messages of the target are expected among them. */
export interface WeightedRound {
  readonly receivers: readonly number[];
  readonly weight: number;
}

/**
 * How many messages of the target each round of a pool is expected to carry: whoever is inside leaves in each
 * round with chance `out`, and stays with the rest. `sent` counts the target's messages by round.
 */
export function poolWeights(sent: readonly number[], out: number): number[] {
  assert(out > 0 && out <= 1, "a pool lets messages out");
  let inside = 0;
  return sent.map((fresh) => {
    inside += fresh;
    const leaving = inside * out;
    inside -= leaving;
    return leaving;
  });
}

/**
 * Statistical disclosure of a pool (Danezis and Serjantov 2004): how often each user is written to by the
 * target, for each of its messages. Least squares over `E[count] = weight·friend + (size − weight)·u`, so
 * that a round counts by the chance that it carries anything of the target's. `background` sums to 1.
 */
export function poolDisclosure(
  rounds: readonly WeightedRound[],
  background: readonly number[],
): Float64Array {
  const scores = new Float64Array(background.length);
  let others = 0;
  let squares = 0;
  for (const { receivers, weight } of rounds) {
    if (weight === 0) continue;
    for (const user of receivers) scores[user] = (scores[user] ?? 0) + weight;
    others += weight * (receivers.length - weight);
    squares += weight * weight;
  }
  if (squares === 0) return scores;
  return scores.map((sum, user) => (sum - others * (background[user] ?? 0)) / squares);
}
