/** The distribution of a count: probability by value, from 0 on. */
export type Counts = Float64Array;

/** How many of n independent trials succeed, by adding one trial after the other. */
export function successesOf(trials: number, chance: number): Counts {
  let counts = Float64Array.of(1);
  for (let trial = 0; trial < trials; trial++) {
    const next = new Float64Array(counts.length + 1);
    counts.forEach((share, value) => {
      next[value] = (next[value] ?? 0) + share * (1 - chance);
      next[value + 1] = (next[value + 1] ?? 0) + share * chance;
    });
    counts = next;
  }
  return counts;
}

/** The distribution of a − b, from −b's most on: index 0 stands for −(b.length − 1). */
export function differenceOf(a: Counts, b: Counts): Counts {
  const shares = new Float64Array(a.length + b.length - 1);
  a.forEach((shareA, valueA) => {
    if (shareA < 1e-18) return;
    b.forEach((shareB, valueB) => {
      const at = valueA - valueB + b.length - 1;
      shares[at] = (shares[at] ?? 0) + shareA * shareB;
    });
  });
  return shares;
}

export interface Presence {
  /** Chance that a user receives something in an epoch anyway, and its weight among users. */
  readonly occupancies: readonly { readonly chance: number; readonly weight: number }[];
  /** Chance that the associate receives in a target epoch besides. */
  readonly present: number;
  readonly users: number;
}

/**
 * The chance that the associate has strictly the highest score after so many epochs (Martiny and others, NDSS
 * 2021): +1 for each target epoch in which a user receives, −1 for each random one. Exact for independent
 * users, from the distributions, without drawing any.
 */
export function successAfter(epochs: number, { occupancies, present, users }: Presence): number {
  const scores = (extra: number): Counts => {
    const mixed = new Float64Array(2 * epochs + 1);
    for (const { chance, weight } of occupancies) {
      const target = successesOf(epochs, 1 - (1 - chance) * (1 - extra));
      differenceOf(target, successesOf(epochs, chance)).forEach((share, at) => {
        mixed[at] = (mixed[at] ?? 0) + weight * share;
      });
    }
    return mixed;
  };
  const others = scores(0);
  let below = 0;
  let success = 0;
  scores(present).forEach((share, at) => {
    success += share * Math.max(0, below) ** (users - 1);
    below += others[at] ?? 0;
  });
  return success;
}

/** Target epochs weighed against random ones, over real observations: by user, hits less false hits. */
export function scoreEpochs(
  target: readonly ReadonlySet<string>[],
  random: readonly ReadonlySet<string>[],
): ReadonlyMap<string, number> {
  const scores = new Map<string, number>();
  const add = (epochs: readonly ReadonlySet<string>[], weight: number) => {
    for (const users of epochs) {
      for (const user of users) scores.set(user, (scores.get(user) ?? 0) + weight);
    }
  };
  add(target, 1);
  add(random, -1);
  return scores;
}
