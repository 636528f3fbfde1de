import { assert } from "#shared/failure.ts";

/** Counts of the most frequent words of a text, in one order for all texts, and its words in all. */
export interface Profile {
  readonly counts: readonly number[];
  readonly words: number;
}

/** Counts how often each of the words of a list occurs, upper and lower case alike. */
export function profileOf(text: string, list: readonly string[]): Profile {
  const found = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const places = new Map(list.map((word, index) => [word, index]));
  const counts = list.map(() => 0);
  for (const word of found) {
    const place = places.get(word);
    if (place !== undefined) counts[place] = (counts[place] ?? 0) + 1;
  }
  return { counts, words: found.length };
}

/**
 * Burrows' Delta (2002) between a text and each author: the mean distance of z-scores of word frequencies,
 * mean and spread being taken over the authors. Lower is nearer.
 */
export function deltas(authors: readonly Profile[], text: Profile): number[] {
  const size = text.counts.length;
  assert(
    authors.every(({ counts }) => counts.length === size),
    "profiles of one list of words",
  );
  const rate = ({ counts, words }: Profile, index: number) =>
    (counts[index] ?? 0) / Math.max(1, words);
  const sums = authors.map(() => 0);
  let used = 0;
  for (let index = 0; index < size; index++) {
    const rates = authors.map((author) => rate(author, index));
    const mean = rates.reduce((sum, each) => sum + each, 0) / rates.length;
    const squares = rates.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    const spread = Math.sqrt(squares / Math.max(1, rates.length - 1));
    // A word that all use alike tells nobody apart.
    if (!(spread > 0)) continue;
    used++;
    const own = rate(text, index);
    rates.forEach((each, author) => {
      sums[author] = (sums[author] ?? 0) + Math.abs(each - own) / spread;
    });
  }
  return sums.map((sum) => (used === 0 ? 0 : sum / used));
}

/** Index of the nearest author; null where several are as near. */
export function nearest(distances: readonly number[]): number | null {
  const least = Math.min(...distances);
  const first = distances.indexOf(least);
  return first === -1 || distances.indexOf(least, first + 1) !== -1 ? null : first;
}
