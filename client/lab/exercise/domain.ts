import { Failure } from "#shared/failure.ts";
import { numberIn } from "./answer-text.ts";

/** Which numbers an answer may be. */
export type Domain = (typeof domains)[number];
export const domains = ["share", "whole", "positive", "number"] as const;

/**
 * The numbers that a fact of this unit can be. A count that came out broken, such as a mean, is asked for as
 * any number that is not negative; a fact that no metric holds can be any.
 */
export function domainOf(unit: string | null, value: number | null): Domain {
  if (unit === null) return "number";
  if (unit === "share" || unit === "area") return "share";
  const isCount = unit === "messages" || unit === "count" || unit === "tries";
  return isCount && (value === null || Number.isInteger(value)) ? "whole" : "positive";
}

/** The number that somebody typed. Failure `usage` with what was expected. */
export function numberOf(domain: Domain, text: string): number {
  const value = numberIn(text);
  const isPercent = text.trim().endsWith("%");
  const fits =
    value !== null &&
    Number.isFinite(value) &&
    Math.abs(value) <= Number.MAX_SAFE_INTEGER &&
    (domain === "share"
      ? value >= 0 && value <= 1
      : domain === "number" || (value >= 0 && !isPercent)) &&
    (domain !== "whole" || Number.isInteger(value));
  if (!fits || value === null) throw new Failure("usage", `expected ${writtenAs[domain]}`);
  return value;
}

/** How a number is written, with an example. */
export const writtenAs: Readonly<Record<Domain, string>> = {
  share: "a share between 0 and 1, such as 0.4, 40% or 2/5",
  whole: "a whole number, such as 4",
  positive: "a number that is not negative, such as 4 or 0.4",
  number: "a number, such as 4 or 0.4",
};

/** A range as two numbers of the domain. Failure `usage`. */
export function rangeOf(domain: Domain, text: string): readonly [number, number] {
  const [lowText = "", highText, more] = text.split(/\.\.|\bto\b|…/);
  if (highText === undefined || more !== undefined) {
    throw new Failure("usage", `expected ${rangeWritten[domain]}`);
  }
  const low = numberOf(domain, lowText);
  const high = numberOf(domain, highText);
  if (low > high) throw new Failure("usage", "the lower end of a range comes first");
  return [low, high];
}

export const rangeWritten: Readonly<Record<Domain, string>> = {
  share: "a range of shares, such as 0.2..0.5 or 20%..50%",
  whole: "a range of whole numbers, such as 2..5",
  positive: "a range, such as 2..5",
  number: "a range, such as 2..5",
};
