import { words } from "#client/core/words.ts";
import { assert } from "#shared/failure.ts";

/**
 * A declared guesser: one list of guesses in one order, so that a passphrase has a rank and not a "strength"
 * (LEAKLAB 3.6). What was printed comes first, then the context as it is, then rules on it, then words of the
 * product's own list: one, two, and so on, in the list's order.
 */

/** A line of the context list. A year belongs to what it happened to. */
export interface ContextLine {
  readonly text: string;
  readonly years: readonly number[];
}

export interface GuessSources {
  /** Phrases that somebody printed. */
  readonly printed: readonly string[];
  /** Names, places, years: the nearest first. */
  readonly context: readonly ContextLine[];
  /** So many of the nearest lines are written in other ways too. */
  readonly near: number;
  /** So many of the nearest lines are joined in pairs. */
  readonly joined: number;
}

export type Stage = "printed" | "list" | "rules" | "words";

export interface Guess {
  readonly text: string;
  readonly stage: Stage;
}

/** How words of a phrase are written behind each other, the most usual way first. */
export const wordSeparators = [" ", "-", ""] as const;
/** Words of the longest phrase that the guesser would come to. */
export const phraseWordsMax = 10;

const yearSeparators = ["-", "", " "] as const;
const endings = ["", "!"] as const;

/** How people write a name with a year: the rules of the guesser, and what the lab's persons choose from. */
export const yearForms: readonly ((name: string, year: number) => string)[] = endings.flatMap(
  (ending) =>
    yearSeparators.flatMap((separator) => [
      (name: string, year: number) => `${name}${separator}${year}${ending}`,
      (name: string, year: number) => `${name.toLowerCase()}${separator}${year}${ending}`,
    ]),
);

const spellings: readonly ((text: string) => string)[] = [
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text) => `${text}!`,
  (text) => `${text}1`,
  (text) => `${text}123`,
];

/** Every guess in order, without end to speak of. Nothing up to single words is tried twice. */
export function* guesses(sources: GuessSources): Generator<Guess, void, undefined> {
  yield* listed(sources);
  for (let count = 2; count <= phraseWordsMax; count++) {
    for (const separator of wordSeparators) {
      for (const text of phrases(count, separator)) yield { text, stage: "words" };
    }
  }
}

/** How many guesses come before phrases of two words. */
export function listedCount(sources: GuessSources): number {
  let count = 0;
  for (const _ of listed(sources)) count += 1;
  return count;
}

/**
 * Which guess a passphrase is, from 1 on: of phrases by arithmetic, so to the 16 digits of a number. Null when
 * the guesser never comes to it.
 */
export function guessRank(sources: GuessSources, passphrase: string): number | null {
  const wanted = passphrase.normalize("NFC");
  let count = 0;
  for (const { text } of listed(sources)) {
    count += 1;
    if (text === wanted) return count;
  }
  for (let length = 2; length <= phraseWordsMax; length++) {
    for (const separator of wordSeparators) {
      const phrase = parsePhrase(wanted, separator);
      if (phrase?.length === length) {
        return count + phrase.reduce((sum, at) => sum * words.length + at, 0) + 1;
      }
      count += words.length ** length;
    }
  }
  return null;
}

function* listed(sources: GuessSources): Generator<Guess, void, undefined> {
  const known = new Set<string>();
  for (const { text, stage } of drafts(sources)) {
    const guess = { text: text.normalize("NFC"), stage };
    if (guess.text === "" || known.has(guess.text)) continue;
    known.add(guess.text);
    yield guess;
  }
}

function* drafts({ printed, context, near, joined }: GuessSources): Generator<Guess> {
  for (const text of printed) yield { text, stage: "printed" };
  for (const { text } of context) yield { text, stage: "list" };
  // The most usual way of writing on every line before the next way on any.
  for (const form of yearForms) {
    for (const { text, years } of context) {
      for (const year of years) yield { text: form(text, year), stage: "rules" };
    }
  }
  for (const spell of spellings) {
    for (const { text } of context.slice(0, near)) yield { text: spell(text), stage: "rules" };
  }
  const pairs = context.slice(0, joined);
  for (const first of pairs) {
    for (const second of pairs) {
      if (first === second) continue;
      yield { text: `${first.text}${second.text}`, stage: "rules" };
      yield { text: `${first.text} ${second.text}`, stage: "rules" };
    }
  }
  for (const text of words) yield { text, stage: "words" };
}

function* phrases(count: number, separator: string): Generator<string> {
  const digits = new Array<number>(count).fill(0);
  for (;;) {
    yield digits.map((at) => words[at]).join(separator);
    let place = count - 1;
    while (place >= 0 && digits[place] === words.length - 1) digits[place--] = 0;
    if (place < 0) return;
    digits[place] = (digits[place] ?? 0) + 1;
  }
}

const prefixLetters = 3;
const byPrefix = new Map(words.map((word, at) => [word.slice(0, prefixLetters), at]));
assert(byPrefix.size === words.length, "every word of the list has its own beginning");

/** The places in the list of a phrase's words; null when it is no such phrase. A word's beginning names it. */
function parsePhrase(text: string, separator: string): number[] | null {
  const phrase: number[] = [];
  let rest = text;
  while (rest !== "") {
    const at = byPrefix.get(rest.slice(0, prefixLetters));
    const word = at === undefined ? undefined : words[at];
    if (at === undefined || word === undefined || !rest.startsWith(word)) return null;
    phrase.push(at);
    rest = rest.slice(word.length);
    if (rest === "") break;
    if (!rest.startsWith(separator)) return null;
    rest = rest.slice(separator.length);
    if (rest === "") return null;
  }
  return phrase;
}
