import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { phases } from "../scenario-question.ts";

/**
 * The event log of an exercise: JSON lines, only ever appended to. Everything that an exercise knows about
 * its course is worked out from this log; the after-action report is made from it.
 */

/** Every event: `n` counts the log's lines from 0, `wall` is ISO time, `atMs` is exercise time (pauses do not count). */
const head = {
  v: z.literal(1),
  n: z.number().int().min(0),
  wall: z.iso.datetime(),
  atMs: z.number().int().min(0),
};

/** HSEEP's ratings: performed without challenges, with some, with major ones, unable to be performed. */
export const ratings = ["P", "S", "M", "U"] as const;
export type Rating = (typeof ratings)[number];

const team = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);
const name = z.string().max(60);

// Controls could steer a terminal and bidirectional marks turn a text round, wherever it is printed later.
// The two joiners stay: Persian and Indic words are written with them.
const steering = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** What people typed, on one line: no character in it can steer what prints it. */
const typed = z
  .string()
  .max(2_000, "at most 2000 characters")
  .refine((text) => !steering.test(text), "no control characters or marks of direction");

/** Words that somebody typed, with line breaks and tabs as spaces. Failure `usage` for characters that steer. */
export function typedText(text: string, what: string): string {
  const parsed = typed.safeParse(text.replace(/\r\n|[\r\n\t]/g, " "));
  if (parsed.success) return parsed.data;
  throw new Failure("usage", `${what}: ${parsed.error.issues[0]?.message ?? "cannot be read"}`);
}

export const eventSchema = z.discriminatedUnion("type", [
  /** The first line of a log. */
  z.strictObject({
    ...head,
    type: z.literal("created"),
    scenario: name,
    version: z.string(),
    minutes: z.number().int(),
    /** Version and commit of what made the record; logs of before have none. */
    software: z.string().max(200).optional(),
  }),
  /** A team got its world; `reset` when it got the same one again, or with `fresh` another one. */
  z.strictObject({
    ...head,
    type: z.literal("team"),
    team,
    reset: z.boolean(),
    fresh: z.boolean().optional(),
  }),
  /** `extended` moves the end by `byMs`; `resumed` ends a pause, and takes an end back. */
  z.strictObject({
    ...head,
    type: z.literal("clock"),
    what: z.enum(["started", "paused", "resumed", "extended", "ended"]),
    byMs: z.number().int(),
  }),
  /** A team went on to a phase; answers of earlier phases are closed. */
  z.strictObject({ ...head, type: z.literal("phase"), team, phase: z.enum(phases) }),
  /**
   * An answer was given. `earned` is this answer's worth of `of` points, hints and wrong tries taken off;
   * null until a person or a measurement has judged it. Of several predictions the last one counts.
   */
  z.strictObject({
    ...head,
    type: z.literal("answer"),
    team,
    question: name,
    phase: z.enum(phases),
    said: typed,
    attempt: z.number().int().min(1),
    /** `close` earned a part; `abstained` is a safe answer to an accusation; `waiting` has no mark yet. */
    outcome: z.enum(["right", "close", "wrong", "false accusation", "abstained", "waiting"]),
    earned: z.number().nullable(),
    of: z.number(),
    /** Whether the question takes no more answers. */
    closed: z.boolean(),
    /** Whether it came after the time was over, where the facilitator takes such answers. */
    late: z.boolean().optional(),
  }),
  /** A waiting answer was judged: by the facilitator, or for defences by measurement (`before` and `after`). */
  z.strictObject({
    ...head,
    type: z.literal("judged"),
    team,
    question: name,
    earned: z.number(),
    of: z.number(),
    by: z.enum(["facilitator", "measurement"]),
    before: z.number().nullable(),
    after: z.number().nullable(),
    seeds: z.number().int().min(0),
    words: typed,
    /** Of a measurement: 95 % interval of `after - before` over its pairs, and what the choice cost on average. */
    interval: z.tuple([z.number(), z.number()]).readonly().nullable().optional(),
    spent: z.record(z.string(), z.number()).optional(),
  }),
  /** A hint was opened; `granted` by the facilitator costs nothing. */
  z.strictObject({
    ...head,
    type: z.literal("hint"),
    team,
    question: name,
    hint: z.number().int().min(1),
    costPct: z.number().int().min(0),
    granted: z.boolean(),
  }),
  /** The solution of a question was looked at: it is closed and earns nothing. */
  z.strictObject({ ...head, type: z.literal("solution"), team, question: name }),
  /** An inject was delivered, once. */
  z.strictObject({
    ...head,
    type: z.literal("inject"),
    inject: name,
    to: z.enum(["all", "blue", "red", "press", "facilitator"]),
    via: z.enum(["banner", "news", "message", "phone-card", "artefact"]),
    body: z.string().max(2_000),
    objective: z.number().int().nullable(),
    expectedAction: z.string().nullable(),
    effect: z.string().nullable(),
    by: z.enum(["clock", "facilitator"]),
  }),
  /** Something to look at: never a verdict about a team. */
  z.strictObject({
    ...head,
    type: z.literal("flag"),
    team,
    question: name,
    what: z.enum(["too fast", "same answer in two teams"]),
    /** The other team, where there is one. */
    other: team.nullable(),
  }),
  /** What the facilitator wrote down. */
  z.strictObject({
    ...head,
    type: z.literal("note"),
    team: team.nullable(),
    words: typed,
    /** Where the after-action report tells it: among what went well, among what did not, or nowhere but in its time. */
    about: z.enum(["strength", "improve"]).optional(),
  }),
  /** A person rated an objective; `objective` counts from 1. The last rating counts. */
  z.strictObject({
    ...head,
    type: z.literal("rating"),
    objective: z.number().int().min(1).max(8),
    rating: z.enum(ratings),
    words: typed,
  }),
  /** A line of the improvement plan; `line` counts from 1. With `dropped` that line is taken back. */
  z.strictObject({
    ...head,
    type: z.literal("plan"),
    line: z.number().int().min(1).max(200),
    action: typed.max(500),
    owner: typed.max(120),
    due: typed.max(40),
    dropped: z.boolean(),
  }),
  /** A team's answers were written into a folder, for another program that asks the same questions. */
  z.strictObject({ ...head, type: z.literal("exported"), team, questions: z.array(name) }),
]);

export type ExerciseEvent = z.infer<typeof eventSchema>;

/** An event before the log has numbered and timed it. */
export type NewEvent = ExerciseEvent extends infer E
  ? E extends ExerciseEvent
    ? Omit<E, "v" | "n" | "wall" | "atMs">
    : never
  : never;
