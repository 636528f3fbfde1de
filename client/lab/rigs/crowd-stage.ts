import { rm } from "node:fs/promises";
import { z } from "zod";
import type { ReceiptTimes } from "#client/core/ports.ts";
import { batchedReceipts } from "#client/core/receipt.ts";
import { utf8 } from "#shared/bytes.ts";
import type { Capture } from "../bundle.ts";
import { captureAccess } from "../capture.ts";
import { type Crowd, openCrowd, type Pair } from "../crowd.ts";
import { scratchFolder } from "../scratch.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { setting } from "../settings.ts";
import { immediateReceipts, quantisedReceipts } from "../weak/immediate-receipts.ts";
import type { AccessLine } from "../weak/logging-relay.ts";
import { writeEvidence } from "../write-evidence.ts";
import type { Staged, StagePlan } from "./rig.ts";

export const crowdWorld = z.strictObject({
  /** Pairs that talk: in each, one writes to the other. */
  pairs: z.number().int().min(3).max(60),
  /** Texts of each such pair, from the one to the other. */
  messages: z.number().int().min(2).max(200),
  /** Share of them that is answered by a text within half a minute; as many again are answered late. */
  quick: z.number().min(0).max(0.5),
  /** Texts in each of the other pairs, in which everybody has one further acquaintance. */
  others: z.number().int().min(0).max(200),
  hours: z.number().int().min(1).max(168),
});

export const crowdTruth = z.strictObject({
  users: z.number().int(),
  /** Who is written to, and by whom. */
  targets: z.array(z.strictObject({ line: z.string(), partner: z.string() })),
});

export type CrowdTruth = z.infer<typeof crowdTruth>;

interface Saying {
  readonly atMs: number;
  readonly pair: number;
  readonly from: number;
}

const lateReplyMs = 20 * 60_000;

/** Times are milliseconds from the beginning of the talks. */
function tellTraffic(
  world: z.infer<typeof crowdWorld>,
  pairs: readonly Pair[],
  choices: Seeded,
): Saying[] {
  const spanMs = world.hours * 3_600_000;
  const said: Saying[] = [];
  for (const [pair, [a, b]] of pairs.entries()) {
    const isTalk = pair < world.pairs;
    for (let at = 0; at < (isTalk ? world.messages : world.others); at++) {
      const atMs = Math.floor(choices.next() * spanMs);
      const from = isTalk || choices.next() < 0.5 ? a : b;
      said.push({ atMs, pair, from });
      if (!isTalk) continue;
      const draw = choices.next();
      const isQuick = draw < world.quick;
      if (!isQuick && draw >= 2 * world.quick) continue;
      const after = isQuick ? 5_000 + choices.below(25_000) : 60_000 + choices.below(lateReplyMs);
      said.push({ atMs: atMs + after, pair, from: b });
    }
  }
  return said.sort((x, y) => x.atMs - y.atMs);
}

/** Everybody's second acquaintance: another than the one that it talks to. */
function acquaintances(talks: number, choices: Seeded): Pair[] {
  // Writers among themselves and readers among themselves: no such pair is one that talks.
  const ring = (members: readonly number[]): Pair[] => {
    return members.map((a, at) => [a, members[(at + 1) % members.length] as number]);
  };
  const order = choices.shuffle(Array.from({ length: talks }, (_, at) => at));
  return [...ring(order), ...ring(order.map((at) => at + talks))];
}

/**
 * What a value of the defence `receipts` stands for. The product's own times are drawn here from the world's seed,
 * each person's by itself, so that the same world comes out again.
 */
export function receiptsOf(name: string, seed: number): ((person: number) => ReceiptTimes) | null {
  if (name === "immediate") return () => immediateReceipts;
  if (name === "quantised") return () => quantisedReceipts;
  if (name !== "product") return null;
  return (person) => {
    const choices = seeded(`receipts of ${person}`, seed);
    const octets = (count: number) => Uint8Array.from({ length: count }, () => choices.below(256));
    return (now) => batchedReceipts(now, octets);
  };
}

/** Plays a crowd in pairs and keeps what the relay's operator kept: deliveries, and not who sent. */
export async function stageCrowd(plan: StagePlan): Promise<Staged<CrowdTruth>> {
  const { scenario, seed, settings } = plan;
  const world = crowdWorld.parse(scenario.world.params);
  const choices = seeded("crowd", seed);
  const talks = Array.from({ length: world.pairs }, (_, at): Pair => [at, at + world.pairs]);
  const pairs = [...talks, ...acquaintances(world.pairs, choices)];
  // RFC 5737, for documentation: an address tells nothing of its owner.
  const free = Array.from({ length: 254 }, (_, at) => `198.51.100.${at + 1}`);
  const lines = choices.shuffle(free).slice(0, 2 * world.pairs);
  const traffic = tellTraffic(world, pairs, choices);
  const folder = await scratchFolder("crowd");
  const receipts = receiptsOf(setting(settings, "receipts", "off"), seed);
  const crowd = await openCrowd({ folder, lines, pairs, receipts });
  try {
    const beginMs = await playTraffic(crowd, traffic, plan.onProgress);
    const log = crowd.log.filter(({ atMs }) => atMs >= beginMs);
    const targets = talks.map(([a, b]) => ({ line: lines[b] ?? "", partner: lines[a] ?? "" }));
    const atMs = crowd.clock.now();
    const captures = [
      captureAccess("log", atMs, withoutSenders(log)),
      captureEnvoy(atMs, targets[0]?.line ?? ""),
    ];
    const bundle = await writeEvidence(plan, captures);
    const stored = log.filter(({ what }) => what === "stored");
    const frameBytes = stored.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    return {
      bundle,
      truth: { users: lines.length, targets },
      cost: { frames: stored.length, frameBytes, commits: 0 },
    };
  } finally {
    await crowd.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives when the talks began: the full hour after everybody has met. */
async function playTraffic(
  crowd: Crowd,
  traffic: readonly Saying[],
  onProgress: StagePlan["onProgress"],
): Promise<number> {
  const beginMs = Math.ceil((crowd.clock.now() + 1) / 3_600_000) * 3_600_000;
  for (const [index, { atMs, pair, from }] of traffic.entries()) {
    await crowd.say({ atMs: beginMs + atMs, pair, from, text: `line ${index}` });
    onProgress?.(index + 1, traffic.length);
  }
  // Receipts of the last texts come up to ten minutes later.
  await crowd.passUntil(crowd.clock.now() + 11 * 60_000);
  return beginMs;
}

/** Which address is the envoy's. People ask about it; the attack looks at all of them alike. */
function captureEnvoy(atMs: number, line: string): Capture {
  const note = "The network address of the envoy";
  const files = new Map([["envoy.txt", utf8(`${line}\n`)]]);
  return { id: "envoy", kind: "words", actor: null, atMs, note, files };
}

/** What is left when whoever sent a frame is taken out: to whom it was delivered, when, and how large. */
function withoutSenders(log: readonly AccessLine[]) {
  const senders = new Map<string, string>();
  for (const { what, frameId, line } of log) {
    if (what === "stored" && frameId !== null) senders.set(frameId, line);
  }
  return log
    .filter(
      ({ what, frameId, line }) => what === "delivered" && senders.get(frameId ?? "") !== line,
    )
    .map(({ atMs, line, what, bytes }) => ({ atMs, line, what, bytes }));
}
