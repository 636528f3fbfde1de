import unhomoglyph from "unhomoglyph";

/** What reads alike at a glance in Latin letters and is not among Unicode's confusables. */
const glances: readonly (readonly [string, string])[] = [
  ["i", "l"],
  ["5", "s"],
  ["vv", "w"],
];

/** Skeleton of Unicode's confusables (UTS 39 section 4), without case, accents and punctuation. */
function skeleton(label: string): string {
  // Capitals have twins of their own ("I" and "l", "0" and "O"): before and behind the folding of case.
  let text = prototype(prototype(label).toLowerCase());
  for (const [one, other] of glances) text = text.replaceAll(one, other);
  return text.replace(/[^\p{L}\p{N}]/gu, "");
}

function prototype(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "");
  return unhomoglyph(plain).normalize("NFKD").replace(/\p{M}/gu, "");
}

/**
 * The label among those present that a new one could be mistaken for; null when there is none. It only
 * warns, or stops one's own approval: what a library knows must not decide whether a commit is valid.
 */
export function lookAlike(label: string, present: readonly string[]): string | null {
  const shape = skeleton(label);
  return present.find((one) => one !== label && skeleton(one) === shape) ?? null;
}
