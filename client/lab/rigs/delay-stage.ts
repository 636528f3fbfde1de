import { z } from "zod";
import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { type Body, parseBody } from "#client/core/message.ts";
import type { Clock } from "#client/core/ports.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { drawDelay } from "../algorithms/heartbeats.ts";
import { delayParams, type TimingLine } from "../attacks/endless-delay.ts";
import type { Capture } from "../bundle.ts";
import { openCrowd } from "../crowd.ts";
import { seeded } from "../seeded.ts";
import { setting } from "../settings.ts";
import { delayingLine } from "../weak/delaying-line.ts";
import { writeEvidence } from "../write-evidence.ts";
import type { Staged, StagePlan } from "./rig.ts";

export const delayWorld = z.strictObject({
  letters: z.number().int().min(6).max(200),
  /** Minutes between letters, on average; they come at random. */
  every: z.number().min(10).max(600),
  /** Mean minutes for which the adversary holds each frame. */
  delay: z.number().min(0.1).max(120),
  /** Under the circumstance `tail: heavy`: deviation of the logarithm of log-normal delays of that mean. */
  sigma: z.number().min(0.1).max(3),
  /** Letters that it swallows, none of them the first or the last. */
  suppress: z.number().int().min(0).max(20),
  /** Whether it swallows the last letter too, behind which nothing comes. */
  last: z.boolean(),
  /** Minutes within which a letter must be read. */
  deadline: z.number().min(1).max(1_440),
});

export const delayTruth = z.strictObject({
  /** When each letter was written, and when it was read over any relay; null for never. */
  letters: z.array(z.strictObject({ sentAt: z.number(), readAt: z.number().nullable() })),
  /** Counters of what was swallowed, and when. */
  swallowed: z.array(
    z.strictObject({
      counter: z.number().int(),
      atMs: z.number(),
      /** Which letter it held; null for cover. */
      letter: z.number().int().nullable(),
      isLast: z.boolean(),
    }),
  ),
  /** Letters that came by the second relay. */
  copies: z.number().int(),
  /** So long after a frame was due the rule calls it suppressed. */
  waitMs: z.number(),
  /** Frames that went by the adversary. */
  frames: z.number().int(),
  deadlineMs: z.number(),
  delayMs: z.number(),
  startMs: z.number(),
  endMs: z.number(),
});

export type DelayTruth = z.infer<typeof delayTruth>;

const minuteMs = 60_000;

interface Watch {
  /** Counters by the frame that carries them, of the writer on the first relay. */
  readonly counterOf: Map<string, number>;
  /** The number of the letter in it. */
  readonly letterOf: Map<number, number>;
  /** What the reader's device opened there, in order, and what his other one opened on the second relay. */
  readonly read: TimingLine[];
}

/** The letter's own number, as its author wrote it; null for what is none. */
function letterIn({ content }: Body): number | null {
  const number = content.kind === "text" ? /^letter (\d+)$/.exec(content.text)?.[1] : undefined;
  return number === undefined ? null : Number(number);
}

/** Persons by what they do: the writer and the reader on the first relay, and on the second. */
const [writer, firstReader, otherReader] = [0, 1, 3] as const;

/** The product's cipher, noting what a device knows of its own frames and of those that it reads. */
function watchingCipher(watch: Watch, person: number, clock: Clock): Cipher {
  const counters = new WeakMap<Uint8Array, number>();
  return {
    ...sealedCipher,
    protect(group, data, random) {
      const done = sealedCipher.protect(group, data, random);
      const body = parseBody(data);
      const letter = letterIn(body);
      counters.set(done.message, body.counter);
      if (person === writer && letter !== null) watch.letterOf.set(body.counter, letter);
      return done;
    },
    seal(keys, message, random) {
      const frame = sealedCipher.seal(keys, message, random);
      const counter = counters.get(message);
      if (person === writer && counter !== undefined) watch.counterOf.set(hex(frame), counter);
      return frame;
    },
    unprotect(reader, message) {
      const done = sealedCipher.unprotect(reader, message);
      const body = parseBody(done.data);
      const letter = letterIn(body);
      const atMs = clock.now();
      if (person === firstReader) {
        watch.read.push({ atMs, what: "frame", counter: body.counter, letter });
      } else if (person === otherReader && letter !== null) {
        watch.read.push({ atMs, what: "copy", counter: 0, letter });
      }
      return done;
    },
  };
}

/** Plays a hotline on which an adversary holds every frame for a while, and some for good. */
export async function stageDelay(plan: StagePlan): Promise<Staged<DelayTruth>> {
  const { scenario, seed, settings } = plan;
  const world = delayWorld.parse(scenario.world.params);
  const { every, missing } = delayParams.parse(scenario.attack.params);
  const hasSlots = setting(settings, "heartbeat", "off") === "slots";
  const hasSecond = setting(settings, "relays", "one") === "two";
  const [choices, holds] = [seeded("letters", seed), seeded("holds", seed)];
  const delays = {
    delay: world.delay,
    ...(setting(settings, "tail", "exponential") === "heavy" ? { sigma: world.sigma } : {}),
  };
  const watch: Watch = { counterOf: new Map(), letterOf: new Map(), read: [] };
  const swallowed: DelayTruth["swallowed"] = [];
  /** Moments from which on the next frame is swallowed: the adversary knows when a letter is written. */
  let aims: { readonly atMs: number; readonly isLast: boolean }[] = [];
  let [isHostile, frames] = [false, 0];
  const crowd = await openCrowd({
    ...{ folder: null, receipts: null },
    lines: ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"],
    pairs: hasSecond
      ? [
          [0, 1],
          [2, 3],
        ]
      : [[0, 1]],
    relayOf: (pair) => (pair === 0 ? "relay" : "lakeside"),
    cipher: (person, clock) => watchingCipher(watch, person, clock),
    tap: (line, inner, clock) =>
      line !== "198.51.100.1"
        ? inner
        : delayingLine(inner, clock, {
            fate(_id, frame) {
              if (!isHostile) return 0;
              frames += 1;
              const now = clock.now();
              const [aim] = aims;
              if (aim !== undefined && now >= aim.atMs) {
                aims = aims.slice(1);
                const counter = watch.counterOf.get(hex(frame));
                assert(counter !== undefined, "the writer's device knows its own frames");
                const letter = watch.letterOf.get(counter) ?? null;
                swallowed.push({ counter, atMs: now, letter, isLast: aim.isLast });
                return null;
              }
              return Math.ceil(drawDelay(delays, holds)) * minuteMs;
            },
          }),
  });
  try {
    const startMs = Math.ceil((crowd.clock.now() + 1) / (60 * minuteMs)) * 60 * minuteMs;
    let atMs = startMs;
    const times = Array.from({ length: world.letters }, () => {
      const gap = drawDelay({ delay: Math.max(1, world.every - 10) }, choices);
      atMs += Math.ceil(10 + gap) * minuteMs;
      return atMs;
    });
    // Not the first, after which the reader counts; the last, behind which nothing comes, is told apart.
    const inner = times.map((_, at) => at).slice(1, -1);
    aims = choices
      .shuffle(inner)
      .slice(0, world.suppress)
      .sort((a, b) => a - b)
      .map((at) => ({ atMs: times[at] ?? 0, isLast: false }));
    if (world.last) aims.push({ atMs, isLast: true });
    await crowd.passUntil(startMs - minuteMs);
    isHostile = true;
    const before = watch.read.length;
    if (hasSlots) {
      const slots = { channel: crowd.nameOf(0), everyMs: every * minuteMs };
      await crowd.people[0]?.client.setSlots(slots);
    }
    for (const [index, sentAt] of times.entries()) {
      const text = `letter ${index}`;
      await crowd.post({ atMs: sentAt, pair: 0, from: 0, text });
      if (hasSecond) await crowd.post({ atMs: sentAt, pair: 1, from: 2, text });
      plan.onProgress?.(index + 1, times.length);
    }
    const waitMs = missing * every * minuteMs;
    const endMs = atMs + Math.ceil(12 * world.delay + (missing + 2) * every) * minuteMs;
    await crowd.passUntil(endMs);
    const readAt = new Map<string, number>();
    for (const [pair, reader] of hasSecond
      ? [[0, 1] as const, [1, 3] as const]
      : [[0, 1] as const]) {
      for (const shown of (await crowd.people[reader]?.client.messages(crowd.nameOf(pair))) ?? []) {
        const body = shown.body ?? "";
        readAt.set(body, Math.min(shown.receivedAt, readAt.get(body) ?? shown.receivedAt));
      }
    }
    const lines: TimingLine[] = watch.read.slice(before);
    const copies = lines.filter(({ what }) => what === "copy").length;
    const about = { counter: 0, letter: null } as const;
    if (hasSlots) lines.unshift({ atMs: startMs, what: "slots", ...about });
    lines.push({ atMs: endMs, what: "end", ...about });
    const bundle = await writeEvidence(plan, [captureTiming(endMs, lines)]);
    const stored = crowd.log.filter(({ what, atMs: at }) => what === "stored" && at >= startMs);
    return {
      bundle,
      truth: {
        letters: times.map((sentAt, index) => {
          return { sentAt, readAt: readAt.get(`letter ${index}`) ?? null };
        }),
        ...{ swallowed, copies, frames, waitMs, startMs, endMs },
        deadlineMs: world.deadline * minuteMs,
        delayMs: world.delay * minuteMs,
      },
      cost: {
        frames: stored.length,
        frameBytes: stored.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
        commits: 0,
      },
    };
  } finally {
    await crowd.close();
  }
}

function captureTiming(atMs: number, lines: readonly TimingLine[]): Capture {
  const text = lines.map((each) => `${JSON.stringify(each)}\n`).join("");
  const note =
    "What the reader's own devices opened: when, the author's count, and the number over each letter";
  const files = new Map([["reader/timing.jsonl", utf8(text)]]);
  return { id: "timing", kind: "timing", actor: null, atMs, note, files };
}
