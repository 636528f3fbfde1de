import type { Seeded } from "../seeded.ts";
import { normalQuantile } from "./normal.ts";

/** A fingerprinting code: which of two variants each recipient got at each mark. */
export interface Code {
  /** The bias of each mark: how likely a recipient gets variant 1. */
  readonly biases: readonly number[];
  /** By recipient, by mark: 0 or 1. */
  readonly words: readonly (readonly (0 | 1)[])[];
}

/** What was read of each mark in a leaked copy; null where it did not survive. */
export type Copy = readonly (0 | 1 | null)[];

/** Marks as people set them by hand: either variant is as likely. */
export function drawFairCode(recipients: number, marks: number, choices: Seeded): Code {
  const biases = Array.from({ length: marks }, () => 0.5);
  return { biases, words: drawWords(recipients, biases, choices) };
}

function drawWords(recipients: number, biases: readonly number[], choices: Seeded) {
  return Array.from({ length: recipients }, () =>
    biases.map((bias): 0 | 1 => (choices.next() < bias ? 1 : 0)),
  );
}

/**
 * Tardos' code (Tardos 2003, STOC): p = sin²(r), r uniform in [t′, π/2 − t′] with sin²t′ = 1/(300·c), and
 * each recipient's variant is 1 with probability p, independently.
 */
export function drawCode(plan: {
  readonly recipients: number;
  readonly marks: number;
  /** The size of coalition that the code is made for. */
  readonly coalition: number;
  readonly choices: Seeded;
}): Code {
  const { recipients, marks, coalition, choices } = plan;
  const cut = Math.asin(Math.sqrt(1 / (300 * coalition)));
  const biases = Array.from({ length: marks }, () => {
    const angle = cut + choices.next() * (Math.PI / 2 - 2 * cut);
    return Math.sin(angle) ** 2;
  });
  return { biases, words: drawWords(recipients, biases, choices) };
}

export const strategies = ["majority", "minority", "interleave", "coin"] as const;
export type Strategy = (typeof strategies)[number];

/**
 * What colluders publish: where all of them have the same variant, that one (they cannot know of another);
 * where they differ, one of both by their strategy.
 */
export function collude(
  words: readonly (readonly (0 | 1)[])[],
  strategy: Strategy,
  choices: Seeded,
): (0 | 1)[] {
  const [first = []] = words;
  return first.map((variant, mark): 0 | 1 => {
    const had = words.map((word) => word[mark] ?? 0);
    return had.every((each) => each === variant) ? variant : choose(had, strategy, choices);
  });
}

/** One of two variants that colluders compare. */
function choose(had: readonly (0 | 1)[], strategy: Strategy, choices: Seeded): 0 | 1 {
  const ones = had.filter((variant) => variant === 1).length;
  const coin = (): 0 | 1 => (choices.next() < 0.5 ? 1 : 0);
  if (strategy === "coin") return coin();
  if (strategy === "interleave") return choices.pick(had);
  if (2 * ones === had.length) return coin();
  const majority = 2 * ones > had.length ? 1 : 0;
  return strategy === "majority" ? majority : majority === 1 ? 0 : 1;
}

/** A paraphrase: each mark is lost with this probability, independently. */
export function erase(copy: readonly (0 | 1)[], share: number, choices: Seeded): Copy {
  return copy.map((variant) => (choices.next() < share ? null : variant));
}

export interface Trace {
  /** Each recipient's score; an innocent one's is about normal with mean 0 and variance `marks`. */
  readonly scores: readonly number[];
  readonly threshold: number;
  /** Marks that could be read. */
  readonly marks: number;
  /** The recipient with the highest score above the threshold; null to abstain. */
  readonly accused: number | null;
}

/**
 * Traces a copy with the symmetric score (Škorić, Katzenbeisser and Celik 2008): for variant 1, +√((1−p)/p)
 * to those who had it and −√(p/(1−p)) to those who had not; for 0 the other way round. Accuses above
 * z(1 − ε/n)·√marks, so that with all n innocent somebody is accused with probability ε at most, about.
 */
export function trace(code: Code, copy: Copy, epsilon: number): Trace {
  const kept = copy.flatMap((variant, mark) => (variant === null ? [] : [mark]));
  const scores = code.words.map((word) =>
    kept.reduce(
      (sum, mark) => sum + symmetric(code.biases[mark] ?? 0.5, copy[mark] ?? 0, word[mark] ?? 0),
      0,
    ),
  );
  const threshold = normalQuantile(1 - epsilon / code.words.length) * Math.sqrt(kept.length);
  const best = scores.indexOf(Math.max(...scores));
  const isAbove = kept.length > 0 && (scores[best] ?? 0) > threshold;
  return { scores, threshold, marks: kept.length, accused: isAbove ? best : null };
}

function symmetric(bias: number, published: 0 | 1, had: 0 | 1): number {
  const share = published === 1 ? bias : 1 - bias;
  return published === had ? Math.sqrt((1 - share) / share) : -Math.sqrt(share / (1 - share));
}

/**
 * What people do by hand: accuse whoever's copy agrees with most of what was published; the first of several.
 * It names somebody always, also when no mark can be read.
 */
export function bestMatch(code: Code, copy: Copy): number {
  const kept = copy.flatMap((variant, mark) => (variant === null ? [] : [mark]));
  const agreeing = code.words.map(
    (word) => kept.filter((mark) => word[mark] === copy[mark]).length,
  );
  return agreeing.indexOf(Math.max(...agreeing));
}
