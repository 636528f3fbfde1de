/** One round of a mix: whether the target sent in it, and who received (user numbers, with repetition). */
export interface Round {
  readonly withTarget: boolean;
  readonly receivers: readonly number[];
}

/** A running statistical disclosure: fed round by round, asked at any time. */
export interface Disclosure {
  add(round: Round): void;
  /** `v = b·mean − (b−1)·u` for each user: how often he received beyond the background. */
  scores(): Float64Array;
}

/**
 * Statistical disclosure (Danezis 2003): over the rounds in which the target sent, the mean of what each user
 * received, less what `b − 1` others account for. The background is what rounds without the target show, or
 * uniform where there are none.
 */
export function disclosure(users: number): Disclosure {
  const received = new Float64Array(users);
  const background = new Float64Array(users);
  let [rounds, others, size, backgroundSize] = [0, 0, 0, 0];
  return {
    add({ withTarget, receivers }) {
      const into = withTarget ? received : background;
      for (const receiver of receivers) into[receiver] = (into[receiver] ?? 0) + 1;
      if (withTarget) {
        rounds += 1;
        size += receivers.length;
      } else {
        others += 1;
        backgroundSize += receivers.length;
      }
    },
    scores() {
      const batch = rounds === 0 ? 0 : size / rounds;
      return received.map((count, user) => {
        const mean = rounds === 0 ? 0 : count / rounds;
        const share = others === 0 ? 1 / users : (background[user] ?? 0) / backgroundSize;
        return mean - Math.max(0, batch - 1) * share;
      });
    },
  };
}

/**
 * Rounds that Danezis' bound asks for: l = 2 for 95 %, 3 for 99 %, of N users, batches of b, m friends. As
 * LEAKLAB 3.1 prints it, from memory and checked by simulation.
 */
export function disclosureBound(users: number, batch: number, friends: number, l: number): number {
  const noise = ((users - 1) / users ** 2) * (batch - 1);
  const root = Math.sqrt((friends - 1) / friends ** 2 + noise) + Math.sqrt(noise);
  return (friends * l * root) ** 2;
}

/** The first `count` of `ranked`, without ranking the rest. */
export function topOf(scores: Float64Array, order: readonly number[], count: number): number[] {
  const top: number[] = [];
  const scoreOf = (user: number | undefined) =>
    user === undefined ? Number.NEGATIVE_INFINITY : (scores[user] ?? 0);
  for (const user of order) {
    const score = scoreOf(user);
    if (top.length === count && score <= scoreOf(top[count - 1])) continue;
    const at = top.findIndex((other) => score > scoreOf(other));
    top.splice(at === -1 ? top.length : at, 0, user);
    if (top.length > count) top.pop();
  }
  return top;
}

/** Users by falling score; ties in the order of `order`. */
export function ranked(scores: Float64Array, order: readonly number[]): number[] {
  return [...order].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
}

/**
 * The sets of at most `size` users that meet every round of the target (Kesdogan and Pimenidis 2004): when one
 * is left, its members are the friends. Exact, so for few users; stops at `most` sets.
 */
export function hittingSets(
  rounds: readonly (readonly number[])[],
  size: number,
  most: number,
): readonly (readonly number[])[] {
  const found = new Map<string, readonly number[]>();
  const extend = (chosen: readonly number[]): void => {
    if (found.size >= most) return;
    const open = rounds.find((receivers) => !receivers.some((each) => chosen.includes(each)));
    if (open === undefined) {
      const set = [...chosen].sort((a, b) => a - b);
      found.set(set.join(), set);
      return;
    }
    if (chosen.length === size) return;
    for (const user of new Set(open)) extend([...chosen, user]);
  };
  extend([]);
  const sets = [...found.values()];
  // A set that holds another is no further answer.
  return sets.filter(
    (set) => !sets.some((other) => other !== set && other.every((each) => set.includes(each))),
  );
}
