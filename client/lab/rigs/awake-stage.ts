import { rm } from "node:fs/promises";
import { z } from "zod";
import { utf8 } from "#shared/bytes.ts";
import type { ProbeLine } from "../attacks/awake-at-three.ts";
import type { Capture } from "../bundle.ts";
import { openCrowd, type Pair } from "../crowd.ts";
import { scratchFolder } from "../scratch.ts";
import { seeded } from "../seeded.ts";
import { setting } from "../settings.ts";
import { writeEvidence } from "../write-evidence.ts";
import { receiptsOf } from "./crowd-stage.ts";
import type { Staged, StagePlan } from "./rig.ts";

export const awakeWorld = z.strictObject({
  /** Persons with whom the prober has a channel. */
  people: z.number().int().min(2).max(60),
  /** Minutes between two probes of one person. */
  every: z.number().int().min(1).max(240),
  hours: z.number().int().min(12).max(72),
  /** How long a night is, hours. */
  night: z.tuple([z.number().min(1), z.number().max(11)]),
  /** Mean delay until a device that is awake, or asleep, takes what has arrived; seconds, exponential. */
  awake: z.number().min(0.1).max(600),
  asleep: z.number().min(0.1).max(600),
});

export const awakeTruth = z.strictObject({
  /** Everybody's night: asleep in [from, until), milliseconds since 1970. */
  people: z.array(z.strictObject({ person: z.string(), from: z.number(), until: z.number() })),
  probes: z.array(z.strictObject({ person: z.string(), atMs: z.number() })),
});

export type AwakeTruth = z.infer<typeof awakeTruth>;

const hourMs = 3_600_000;

/** Plays a member who writes to everybody day and night, and keeps when its client was told of receipts. */
export async function stageAwake(plan: StagePlan): Promise<Staged<AwakeTruth>> {
  const { scenario, seed, settings } = plan;
  const world = awakeWorld.parse(scenario.world.params);
  const choices = seeded("nights", seed);
  const nights = Array.from({ length: world.people }, () => {
    const [short, long] = world.night;
    const lengthMs = (short + choices.next() * (long - short)) * hourMs;
    const from = choices.next() * (world.hours * hourMs - lengthMs);
    return { from, until: from + lengthMs };
  });
  // Nobody sleeps before the talks begin.
  let beginMs = Number.POSITIVE_INFINITY;
  const isAsleep = (person: number, now: number): boolean => {
    const night = nights[person - 1];
    return night !== undefined && now >= beginMs + night.from && now < beginMs + night.until;
  };
  const sleepMs = (person: number, now: number): number => {
    if (person === 0 || now < beginMs) return 0;
    const meanMs = 1_000 * (isAsleep(person, now) ? world.asleep : world.awake);
    return Math.ceil(-Math.log(1 - choices.next()) * meanMs);
  };
  const folder = await scratchFolder("awake");
  const lines = Array.from({ length: world.people + 1 }, (_, at) => `198.51.100.${at + 1}`);
  const pairs = nights.map((_, at): Pair => [0, at + 1]);
  const receipts = receiptsOf(setting(settings, "receipts", "off"), seed);
  const crowd = await openCrowd({ folder, lines, pairs, receipts, sleepMs });
  try {
    beginMs = Math.ceil((crowd.clock.now() + 1) / hourMs) * hourMs;
    const nameOf = (at: number) => `L${at + 1}`;
    const sent: { person: string; seq: number; sentAtMs: number; answeredAtMs: number | null }[] =
      [];
    const stop = crowd.people[0]?.client.subscribe((notice) => {
      if (notice.type !== "receipt") return;
      for (const probe of sent) {
        const isCovered = probe.person === notice.from && probe.seq <= notice.seq;
        if (isCovered) probe.answeredAtMs ??= crowd.clock.now();
      }
    });
    const rounds = Math.floor((world.hours * 60) / world.every);
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < world.people; at++) {
        // Spread over the interval, so that no two answers have to be told apart.
        const offset = Math.floor(((at + choices.next()) / world.people) * world.every * 60_000);
        const atMs = beginMs + round * world.every * 60_000 + offset;
        await crowd.passUntil(atMs);
        const sentAtMs = crowd.clock.now();
        const probe = {
          person: nameOf(at),
          seq: Number.POSITIVE_INFINITY,
          sentAtMs,
          answeredAtMs: null,
        };
        sent.push(probe);
        probe.seq = (await crowd.say({ atMs, pair: at, from: 0, text: "seen this?" })).seq;
      }
      plan.onProgress?.(round + 1, rounds);
    }
    await crowd.passUntil(crowd.clock.now() + 30 * 60_000);
    stop?.();
    const probes = sent.map(({ person, sentAtMs, answeredAtMs }) => ({
      person,
      sentAtMs,
      answeredAtMs,
    }));
    const bundle = await writeEvidence(plan, [captureProbes("probes", crowd.clock.now(), probes)]);
    const stored = crowd.log.filter(({ what, atMs }) => what === "stored" && atMs >= beginMs);
    const frameBytes = stored.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    return {
      bundle,
      truth: {
        people: nights.map(({ from, until }, at) => {
          return { person: nameOf(at), from: beginMs + from, until: beginMs + until };
        }),
        probes: probes.map(({ person, sentAtMs }) => ({ person, atMs: sentAtMs })),
      },
      cost: { frames: stored.length, frameBytes, commits: 0 },
    };
  } finally {
    await crowd.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the prober wrote down: one JSON object a line. */
export function captureProbes(id: string, atMs: number, probes: readonly ProbeLine[]): Capture {
  const lines = probes.map((probe) => `${JSON.stringify(probe)}\n`).join("");
  const files = new Map([["prober/probes.jsonl", utf8(lines)]]);
  const note = "When a member's own client sent a text, and when it was told that it had arrived";
  return { id, kind: "timing", actor: null, atMs, note, files };
}
