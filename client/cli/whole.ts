import { Failure } from "#shared/failure.ts";

/** A whole number of at most so many digits, as typed behind a flag. Failure `usage`. */
export function whole(flag: string, text: string, digits: number): number {
  if (!/^\d+$/.test(text) || text.length > digits) {
    throw new Failure("usage", `${flag}: a whole number of at most ${digits} digits`);
  }
  return Number(text);
}
