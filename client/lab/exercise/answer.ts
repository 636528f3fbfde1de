import { createHmac } from "node:crypto";
import { z } from "zod";
import { equalSecret } from "#client/crypto/hash.ts";
import { hex, unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Answer, Question } from "../scenario-question.ts";
import { namesIn, normalise } from "./answer-text.ts";
import { type Domain, domains, numberOf, rangeOf } from "./domain.ts";

/**
 * How answers are checked. Names and texts lie in the record only as HMAC-SHA-256 under the team's key, and
 * so do the members of sets and orders. Numbers and intervals need the number itself: it stays in the
 * facilitator's record, which no team's folder holds.
 */
export const sheetSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("mark"), mark: z.string() }),
  z.strictObject({ kind: z.literal("marks"), marks: z.array(z.string()) }),
  z.strictObject({
    kind: z.literal("number"),
    value: z.number().nullable(),
    domain: z.enum(domains).default("number"),
  }),
  z.strictObject({ kind: z.literal("judged") }),
]);
export type Sheet = z.infer<typeof sheetSchema>;

/** Which numbers the questions of these sheets take, by id; those that take none are absent. */
export function domainsOf(sheets: Readonly<Record<string, Sheet>>): ReadonlyMap<string, Domain> {
  return new Map(
    Object.entries(sheets).flatMap(([id, sheet]) =>
      sheet.kind === "number" ? [[id, sheet.domain] as const] : [],
    ),
  );
}

export type Fact = string | number | null;

export interface Judgement {
  /** The part of the question's worth that the answer earned: 0 to 1, or -2. */
  readonly share: number;
  readonly outcome: "right" | "close" | "wrong" | "false accusation" | "abstained" | "waiting";
}

/** HMAC-SHA-256(key, scenario NUL question NUL normalised answer). */
export function markOf(key: Uint8Array, place: Place, answer: string): Uint8Array {
  const text = `${place.scenario}\0${place.question}\0${normalise(answer)}`;
  return new Uint8Array(createHmac("sha256", key).update(text).digest());
}

export interface Place {
  readonly scenario: string;
  readonly question: string;
}

/** What the record keeps to check the answer to one question whose fact came out so. */
export function sheetOf(
  key: Uint8Array,
  place: Place,
  answer: Answer,
  fact: Fact,
  domain: Domain = "number",
): Sheet {
  const mark = (text: string) => hex(markOf(key, place, text));
  switch (answer.type) {
    case "number":
    case "interval":
      return { kind: "number", value: fact === null ? null : Number(fact), domain };
    case "set":
    case "order":
      return { kind: "marks", marks: namesIn(String(fact ?? "")).map(mark) };
    case "text":
    case "switches":
      return { kind: "judged" };
    default:
      return { kind: "mark", mark: mark(fact === null ? "nobody" : String(fact)) };
  }
}

/** Judges an answer by its sheet. Failure `usage` for one that cannot be read: nothing was answered then. */
export function judge(
  key: Uint8Array,
  scenario: string,
  question: Question,
  sheet: Sheet,
  said: string,
): Judgement {
  const { answer } = question;
  const place = { scenario, question: question.id };
  if (sheet.kind === "judged") return { share: 0, outcome: "waiting" };
  if (sheet.kind === "number") {
    return answer.type === "interval"
      ? judgeInterval(sheet.value, answer.scale, rangeOf(sheet.domain, said))
      : judgeNumber(question, sheet.value, sheet.domain, said);
  }
  if (sheet.kind === "marks") {
    const given = namesIn(said).map((name) => markOf(key, place, name));
    if (given.length === 0) throw new Failure("usage", "expected names");
    const positions = given.map((mark) => indexOf(sheet.marks, mark));
    const share =
      answer.type === "order"
        ? Math.max(0, kendallTau(positions, sheet.marks.length))
        : f1(positions, sheet.marks.length);
    return shared(share);
  }
  if (equalSecret(markOf(key, place, said), bytesOf(sheet.mark))) {
    return { share: 1, outcome: "right" };
  }
  if (question.accuses !== true) return { share: 0, outcome: "wrong" };
  // Whoever accuses nobody harms nobody; a wrong name does.
  return normalise(said) === "nobody"
    ? { share: 0.5, outcome: "abstained" }
    : { share: -2, outcome: "false accusation" };
}

/** A mark of the record; one that is damaged equals nothing. */
function bytesOf(mark: string): Uint8Array {
  return unhex(mark) ?? new Uint8Array(0);
}

/** Where a mark stands; every place is compared, in the same time. */
function indexOf(marks: readonly string[], mark: Uint8Array): number {
  let found = -1;
  marks.forEach((each, at) => {
    if (equalSecret(mark, bytesOf(each))) found = at;
  });
  return found;
}

function shared(share: number): Judgement {
  return { share, outcome: share >= 1 ? "right" : share > 0 ? "close" : "wrong" };
}

/**
 * A prediction that is off by more than the tolerance earns less, and nothing from five tolerances on.
 * Whoever says that there is none is right where nothing was to be measured, and where none of it was.
 */
function judgeNumber(
  question: Question,
  value: number | null,
  domain: Domain,
  said: string,
): Judgement {
  const isNone = normalise(said) === "nobody";
  if (value === null) {
    if (!isNone) numberOf(domain, said);
    return { share: isNone ? 1 : 0, outcome: isNone ? "right" : "wrong" };
  }
  const isNever = said.trim().toLowerCase().startsWith("never");
  if (isNever) return { share: 0, outcome: "wrong" };
  const given = isNone ? 0 : numberOf(domain, said);
  const tolerance = question.answer.type === "number" ? question.answer.abs_tol : 0;
  // Decimal fractions that people type do not add up exactly in binary.
  const off = Math.abs(given - value) - tolerance;
  if (off <= 1e-9) return { share: 1, outcome: "right" };
  if (question.phase !== "predict" || tolerance === 0) return { share: 0, outcome: "wrong" };
  return shared(Math.max(0, 1 - off / (4 * tolerance)));
}

/** `0.2..0.5`: nothing when the number lies outside; else the more the narrower. */
function judgeInterval(
  value: number | null,
  scale: number,
  [low, high]: readonly [number, number],
): Judgement {
  if (value === null || value < low || value > high) return { share: 0, outcome: "wrong" };
  const width = (high - low) / scale;
  return width === 0 ? shared(1) : { share: Math.max(0, 1 - width), outcome: "close" };
}

/** Harmonic mean of precision and recall; -1 stands for a name that is not in the set. Doubles count once. */
export function f1(positions: readonly number[], size: number): number {
  const hits = new Set(positions.filter((at) => at >= 0)).size;
  const named = hits + positions.filter((at) => at < 0).length;
  return named + size === 0 ? 1 : (2 * hits) / (named + size);
}

/** Kendall's tau of the order given against the true one; 0 unless every name stands there once. */
export function kendallTau(positions: readonly number[], size: number): number {
  const isWhole = positions.length === size && new Set(positions).size === size;
  if (!isWhole || size < 2 || positions.some((at) => at < 0)) return 0;
  let agree = 0;
  positions.forEach((first, at) => {
    for (const second of positions.slice(at + 1)) agree += first < second ? 1 : -1;
  });
  return agree / ((size * (size - 1)) / 2);
}
