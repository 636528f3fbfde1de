import { completeWord, nearestWord, words } from "#client/core/words.ts";
import { Failure } from "#shared/failure.ts";

/** Words that each side of a check reads aloud. */
export const spokenCount = 3;

/**
 * Three words as people type what they heard: any case, spaces, hyphens or commas, cut off after three
 * letters or later. Failure `code-typo` for what cannot be such words, so that a slip of the fingers does
 * not cost the one try.
 */
export function parseSpoken(typed: string): string[] {
  const parts = splitSpoken(typed);
  if (parts.length !== spokenCount) {
    throw new Failure("code-typo", `${spokenCount} words were read aloud, not ${parts.length}`);
  }
  return parts.map((part, at) => {
    const word = completeWord(part);
    if (word !== null) return word;
    const nearest = nearestWord(part);
    const hint = nearest === null ? "no word of the list begins so" : `is it "${nearest}"?`;
    throw new Failure("code-typo", `word ${at + 1}: ${hint}`);
  });
}

function splitSpoken(typed: string): string[] {
  return (
    typed
      .trim()
      .toLowerCase()
      // The list's one hyphenated word.
      .replace(/\byo[-\s]?yo\b/g, "yo_yo")
      .split(/[-\s,]+/)
      .filter((part) => part !== "")
      .map((part) => part.replace("_", "-"))
  );
}

/** Readline's completer for words typed one after the other: the endings of the one being typed. */
export function completeSpoken(line: string): [string[], string] {
  const parts = line.trimStart().toLowerCase().split(/\s+/);
  const typed = parts.pop() ?? "";
  if (typed === "" || parts.length >= spokenCount) return [[], line];
  const before = line.slice(0, line.length - typed.length);
  const isLast = parts.length === spokenCount - 1;
  const endings = words.filter((word) => word.startsWith(typed));
  return [endings.map((word) => `${before}${word}${isLast ? "" : " "}`), line];
}
