import { z } from "zod";
import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { parseBody } from "#client/core/message.ts";
import type { Clock } from "#client/core/ports.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
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
  /** Mean minutes for which the adversary holds each frame, exponential. */
  delay: z.number().min(0.1).max(120),
  /** Letters that it swallows. */
  suppress: z.number().int().min(0).max(20),
  /** Minutes within which a letter must be read. */
  deadline: z.number().min(1).max(1_440),
});

export const delayTruth = z.strictObject({
  /** When each letter was written, and when it was read over any relay; null for never. */
  letters: z.array(z.strictObject({ sentAt: z.number(), readAt: z.number().nullable() })),
  /** Counters of what was swallowed, and when. */
  swallowed: z.array(z.strictObject({ counter: z.number().int(), atMs: z.number() })),
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
  /** What the reader's device opened there, in order. */
  readonly read: { readonly counter: number; readonly atMs: number }[];
}

/** The product's cipher, noting what a device knows of its own frames and of those that it reads. */
function watchingCipher(watch: Watch, person: number, clock: Clock): Cipher {
  const counters = new WeakMap<Uint8Array, number>();
  return {
    ...sealedCipher,
    protect(group, data, random) {
      const done = sealedCipher.protect(group, data, random);
      counters.set(done.message, parseBody(data).counter);
      return done;
    },
    seal(keys, message, random) {
      const frame = sealedCipher.seal(keys, message, random);
      const counter = counters.get(message);
      if (person === 0 && counter !== undefined) watch.counterOf.set(hex(frame), counter);
      return frame;
    },
    unprotect(reader, message) {
      const done = sealedCipher.unprotect(reader, message);
      if (person === 1) {
        watch.read.push({ counter: parseBody(done.data).counter, atMs: clock.now() });
      }
      return done;
    },
  };
}

/** Plays a hotline on which an adversary holds every frame for a while, and some for good. */
export async function stageDelay(plan: StagePlan): Promise<Staged<DelayTruth>> {
  const { scenario, seed, settings } = plan;
  const world = delayWorld.parse(scenario.world.params);
  const { every } = delayParams.parse(scenario.attack.params);
  const hasSlots = setting(settings, "heartbeat", "off") === "slots";
  const hasSecond = setting(settings, "relays", "one") === "two";
  const [choices, holds] = [seeded("letters", seed), seeded("holds", seed)];
  const watch: Watch = { counterOf: new Map(), read: [] };
  const swallowed: DelayTruth["swallowed"] = [];
  /** Moments from which on the next frame is swallowed: the adversary knows when a letter is written. */
  let aims: number[] = [];
  let [isHostile, frames] = [false, 0];
  const exponential = (from: typeof choices, mean: number) => -Math.log(1 - from.next()) * mean;
  const crowd = await openCrowd({
    ...{ folder: null, receipts: "off" },
    lines: ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"],
    pairs: hasSecond
      ? [
          [0, 1],
          [2, 3],
        ]
      : [[0, 1]],
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
              if (aim !== undefined && now >= aim) {
                aims = aims.slice(1);
                const counter = watch.counterOf.get(hex(frame));
                assert(counter !== undefined, "the writer's device knows its own frames");
                swallowed.push({ counter, atMs: now });
                return null;
              }
              return Math.ceil(exponential(holds, world.delay)) * minuteMs;
            },
          }),
  });
  try {
    const startMs = Math.ceil((crowd.clock.now() + 1) / (60 * minuteMs)) * 60 * minuteMs;
    let atMs = startMs;
    const times = Array.from({ length: world.letters }, () => {
      atMs += Math.ceil(10 + exponential(choices, Math.max(1, world.every - 10))) * minuteMs;
      return atMs;
    });
    // Neither the first, after which the reader counts, nor the last, behind which nothing comes without heartbeats.
    const inner = times.map((_, at) => at).slice(1, -1);
    aims = choices
      .shuffle(inner)
      .slice(0, world.suppress)
      .sort((a, b) => a - b)
      .map((at) => times[at] ?? 0);
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
    const endMs = atMs + Math.ceil(12 * world.delay + 6 * every) * minuteMs;
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
    const lines: TimingLine[] = watch.read
      .slice(before)
      .map(({ counter, atMs: at }) => ({ atMs: at, what: "frame", counter }));
    if (hasSlots) lines.unshift({ atMs: startMs, what: "slots", counter: 0 });
    lines.push({ atMs: endMs, what: "end", counter: 0 });
    const bundle = await writeEvidence(plan, [captureTiming(endMs, lines)]);
    const stored = crowd.log.filter(({ what, atMs: at }) => what === "stored" && at >= startMs);
    return {
      bundle,
      truth: {
        letters: times.map((sentAt, index) => {
          return { sentAt, readAt: readAt.get(`letter ${index}`) ?? null };
        }),
        ...{ swallowed, frames, startMs, endMs },
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
  const note = "What the reader's own device opened: when, and the author's count";
  const files = new Map([["reader/timing.jsonl", utf8(text)]]);
  return { id: "timing", kind: "timing", actor: null, atMs, note, files };
}
