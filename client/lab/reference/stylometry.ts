import { Failure } from "#shared/failure.ts";
import { deltas, nearest, type Profile } from "../algorithms/stylometry.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { wilson } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  authors: { value: 8, words: "candidates, 2 to 50", source: "LEAKLAB" },
  words: { value: 500, words: "length of the text in question, 20 to 20000", source: "LEAKLAB" },
  known: { value: 2_000, words: "words known of each candidate, 20 to 20000", source: "ours" },
  list: { value: 100, words: "most frequent words that are counted, 5 to 500", source: "ours" },
  habit: {
    value: 0.2,
    words: "how far authors differ: each word's rate is off by a factor of up to e^±habit",
    source: "ours",
  },
} as const;

const trialsDefault = 200;

/** Rates of the listed words of one author: Zipf's law, bent by habits; the rest are words outside the list. */
function drawAuthor(list: number, habit: number, random: Seeded): number[] {
  const rates = Array.from({ length: list }, (_, index) => {
    return (0.06 / (index + 1) ** 0.9) * Math.exp(habit * (2 * random.next() - 1));
  });
  const sum = rates.reduce((all, each) => all + each, 0);
  return sum > 0.9 ? rates.map((each) => (each * 0.9) / sum) : rates;
}

function write(rates: readonly number[], words: number, random: Seeded): Profile {
  let sum = 0;
  const ends = rates.map((rate) => {
    sum += rate;
    return sum;
  });
  const counts = rates.map(() => 0);
  for (let word = 0; word < words; word++) {
    const place = firstAbove(ends, random.next());
    if (place < counts.length) counts[place] = (counts[place] ?? 0) + 1;
  }
  return { counts, words };
}

/** Index of the first of these rising numbers that is above a value; their length when none is. */
function firstAbove(rising: readonly number[], value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function bounded(settled: Settled, key: string, least: number, most: number): number {
  const value = settled.number(key);
  if (value >= least && value <= most && (key === "habit" || Number.isInteger(value))) return value;
  throw new Failure("usage", `stylometry: ${key}: expected ${least} to ${most}`);
}

function measureOne(settled: Settled, run: ReferenceRun): ReferenceRow {
  const authors = bounded(settled, "authors", 2, 50);
  const words = bounded(settled, "words", 20, 20_000);
  const known = bounded(settled, "known", 20, 20_000);
  const list = bounded(settled, "list", 5, 500);
  const habit = bounded(settled, "habit", 0, 3);
  const setting = `${authors} authors, ${words} words, habit ${habit}`;
  const random = seeded(`stylometry ${setting} ${known} ${list}`, run.seed);
  const trials = run.trials ?? trialsDefault;
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) {
    const habits = Array.from({ length: authors }, () => drawAuthor(list, habit, random));
    const profiles = habits.map((rates) => write(rates, known, random));
    const author = random.below(authors);
    const text = write(habits[author] ?? [], words, random);
    if (nearest(deltas(profiles, text)) === author) hits++;
    run.progress(setting, trial + 1, trials);
  }
  const interval = wilson(hits, trials, habit === 0 ? 0.999 : 0.95);
  const chance = 1 / authors;
  const isNull = habit === 0;
  return {
    setting,
    published: isNull ? "chance" : "",
    ours: (hits / Math.max(1, trials)).toFixed(2),
    interval: interval === null ? "" : `${interval[0].toFixed(2)}–${interval[1].toFixed(2)}`,
    agrees: !isNull || interval === null ? null : chance >= interval[0] && chance <= interval[1],
    note: `low confidence: authors of a model, not people; chance ${chance.toFixed(3)}`,
  };
}

/** Who wrote it, by how often each writes the commonest words. */
export const stylometry: Reference = {
  name: "stylometry",
  source: "Burrows 2002; LEAKLAB 3.15",
  parameters,
  async rows(run) {
    const settings = [["words=100"], [], ["words=2000"], ["authors=12"], ["habit=0"]];
    return settings.map((each) => measureOne(settle("stylometry", parameters, each), run));
  },
  measure: async (settled, run) => [measureOne(settled, run)],
  differs:
    "Burrows compared real poets of the 17th century; here authors are drawn from a model whose habit is ours, so the rows show how the share grows with length and not how well people are told apart. LEAKLAB prints no figure for it and asks for low confidence.",
};
