import { Failure } from "#shared/failure.ts";
import type { Random } from "./ports.ts";
import { completeWord, nearestWord, wordsFrom } from "./words.ts";

/** Words in a code: 3 * log2(1296) = 31 bits, for one guess. */
const codeWords = 3;

export interface Code {
  /** Six digits: where sponsor and newcomer meet. Not secret. */
  readonly nameplate: string;
  /** The words, joined by hyphens: the password of the key exchange. */
  readonly secret: string;
}

/** Three fresh random words. */
export function drawSecret(random: Random): string {
  return wordsFrom(random(4 * codeWords), codeWords).join("-");
}

/** `482913-crawfish-bamboo-tulip` */
export function formatCode({ nameplate, secret }: Code): string {
  return `${nameplate}-${secret}`;
}

/**
 * Reads a code as people type it: any case, hyphens or spaces, words cut off after three letters or
 * later. Failure `code-typo` for what cannot be a code; nothing is sent then, so the one guess stays.
 */
export function parseCode(typed: string): Code {
  const text = typed
    .trim()
    .toLowerCase()
    // The list's one hyphenated word.
    .replace(/\byo[-\s]?yo\b/g, "yo_yo");
  const [nameplate = "", ...rest] = text.split(/[-\s]+/);
  if (!/^[0-9]{6}$/.test(nameplate)) {
    throw new Failure("code-typo", "a code begins with six digits");
  }
  if (rest.length !== codeWords) {
    throw new Failure("code-typo", `a code has ${codeWords} words, not ${rest.length}`);
  }
  const secret = rest.map((part, at) => readWord(part.replace("_", "-"), at + 1)).join("-");
  return { nameplate, secret };
}

/** The word of the list that was meant; `place` is for the hint. Failure `code-typo`. */
export function readWord(typed: string, place: number): string {
  const word = completeWord(typed);
  if (word !== null) return word;
  const nearest = nearestWord(typed);
  const hint = nearest === null ? "no word of the list begins so" : `is it "${nearest}"?`;
  throw new Failure("code-typo", `word ${place}: ${hint}`);
}
