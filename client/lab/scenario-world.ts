import { z } from "zod";

/** The parts of a scenario's world that say who talks when, over which relay and on which devices. */

export const word = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, "expected a lower-case name");

export const duration = z
  .string()
  .regex(/^\d{1,5}(s|m|h)$/, "expected a duration such as 90s, 5m or 10h")
  .transform((text) => {
    const unit = { s: 1_000, m: 60_000, h: 3_600_000 }[text.at(-1) as "s" | "m" | "h"];
    return Number(text.slice(0, -1)) * unit;
  });

/** `T+245`: minutes from the first message on. */
export const minute = z
  .string()
  .regex(/^T\+\d{1,6}$/, "expected T+minutes")
  .transform((text) => Number(text.slice(2)) * 60_000);

/** A stretch of time that is longer than nothing. */
const span = duration.refine((ms) => ms > 0, "expected more than nothing");

export const channel = z.strictObject({
  id: word,
  members: z.array(word).min(2).max(12),
  /** How much is said here, compared with what the traffic says. */
  weight: z.number().min(0.05).max(20).default(1),
  /** Name of the relay that carries it; most worlds have one relay. */
  relay: word.default("relay"),
});

/** Talks in sessions: so many messages, so far apart, and a pause between the sessions. */
const sessions = z.strictObject({
  model: z.literal("sessions"),
  sessions: z.number().int().min(1).max(100),
  messages: z.number().int().min(1).max(200),
  spacing: duration,
  every: duration,
});

/** A talk line by line, all in one session unless a line says otherwise. */
const replay = z.strictObject({
  model: z.literal("replay"),
  spacing: duration,
  every: duration,
  lines: z
    .array(
      z.strictObject({
        from: word,
        text: z.string().min(1).max(4_000),
        session: z.number().int().min(1).max(100),
      }),
    )
    .min(1)
    .max(2_000),
});

/**
 * Messages that come by chance: a Poisson process in each channel. Of every period only the first `active`
 * part is talked through; one period is one session.
 */
const poisson = z
  .strictObject({
    model: z.literal("poisson"),
    rate_per_hour: z.number().min(0.1).max(600),
    duration: span,
    every: span.default(24 * 3_600_000),
    active: span.optional(),
  })
  .refine(({ active, every }) => active === undefined || active <= every, {
    path: ["active"],
    message: "must be no longer than every",
  })
  .refine(({ rate_per_hour, ...times }) => rate_per_hour * activeHours(times) <= 20_000, {
    path: ["rate_per_hour"],
    message: "more than 20,000 messages a channel",
  });

export const traffic = z.discriminatedUnion("model", [sessions, replay, poisson]);

/** For how many hours of its duration a Poisson talk is active. */
function activeHours(times: { duration: number; every: number; active?: number | undefined }) {
  const active = times.active ?? times.every;
  const whole = Math.floor(times.duration / times.every);
  const rest = Math.min(times.duration - whole * times.every, active);
  return (whole * active + rest) / 3_600_000;
}

/** How the devices of some persons sleep. */
export const devices = z.strictObject({
  actors: z.array(word).min(1).max(64),
  /** What has arrived is taken in only so often; at once where this is left out. */
  wakes_every: span.optional(),
  /** No connection from one moment to another, and again in each period. */
  offline: z
    .strictObject({ from: minute, until: minute, every: span })
    .refine(({ from, until }) => from < until, { path: ["until"], message: "must be after from" })
    .refine(({ from, until, every }) => until - from < every, {
      path: ["every"],
      message: "must be longer than the time offline",
    })
    .optional(),
});

/** Somebody who passes on in one channel what is said in another. */
export const intermediary = z.strictObject({
  actor: word,
  from: word,
  to: word,
  /** How much later he does. */
  after: duration,
});
