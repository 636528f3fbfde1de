import { z } from "zod";
import { utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import type { Capture } from "../bundle.ts";
import { type Crowd, type Group, openCrowd } from "../crowd.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { durationOf, setting } from "../settings.ts";
import { openWireTap, type WireTap } from "../wire-tap.ts";
import { writeEvidence } from "../write-evidence.ts";
import type { Staged, StagePlan } from "./rig.ts";

export const tappedWorld = z.strictObject({
  /** Members of each channel; everybody is in two channels, each time with others. */
  members: z.number().int().min(2).max(6),
  /** Channels on each of the two sides of everybody's life. */
  channels: z.number().int().min(2).max(12),
  minutes: z.number().int().min(5).max(240),
  /** Seconds between a channel's messages; they come at random. */
  every: z.number().min(10).max(3_600),
  /** Seconds by which anything on a line is late, on average, with nobody's doing. */
  jitter: z.number().min(0).max(5),
  /** Frames a second that random cover puts on each line. */
  cover: z.number().min(0.01).max(2),
  /** Minutes of a slot: whole ones, because a crowd's world goes on minute by minute. */
  slot: z.number().int().min(1).max(10),
});

export type TappedWorld = z.infer<typeof tappedWorld>;

export const tappedTruth = z.strictObject({
  lines: z.array(z.string()),
  /** Lines of each channel's members; the first one's is the insider of the story. */
  channels: z.array(z.strictObject({ channel: z.string(), members: z.array(z.string()) })),
});

export type TappedTruth = z.infer<typeof tappedTruth>;

/** Size of a smallest frame with its record's head: what a short text makes, and what cover imitates. */
const coverBytes = 1_088;
/** How long the taps stay on after the last message, beyond what a delay takes: late packets belong to it. */
const tailMs = 30_000;

/** Everybody is in one channel of each side, drawn at random. */
function groupsOf({ members, channels }: TappedWorld, choices: Seeded): Group[] {
  const users = Array.from({ length: members * channels }, (_, at) => at);
  return [0, 1].flatMap(() => {
    const order = choices.shuffle(users);
    return Array.from({ length: channels }, (_, at) => {
      return order.slice(at * members, (at + 1) * members) as unknown as Group;
    });
  });
}

interface Saying {
  readonly atMs: number;
  readonly pair: number;
  readonly from: number;
}

function traffic(world: TappedWorld, groups: readonly Group[], choices: Seeded): Saying[] {
  const said: Saying[] = [];
  for (const [pair, members] of groups.entries()) {
    for (let at = 0; ; ) {
      at -= Math.log(1 - choices.next()) * world.every;
      if (at > world.minutes * 60) break;
      said.push({ atMs: Math.floor(at * 1_000), pair, from: choices.pick(members) });
    }
  }
  return said.sort((a, b) => a.atMs - b.atMs);
}

/** Plays channels whose members' lines are tapped, and keeps what the taps saw and when insiders read. */
export async function stageTapped(plan: StagePlan): Promise<Staged<TappedTruth>> {
  const { scenario, seed, settings } = plan;
  const world = tappedWorld.parse(scenario.world.params);
  const groups = groupsOf(world, seeded("groups", seed));
  // RFC 5737, for documentation: an address tells nothing of its owner.
  const free = Array.from({ length: 254 }, (_, at) => `198.51.100.${at + 1}`);
  const lines = seeded("lines", seed)
    .shuffle(free)
    .slice(0, world.members * world.channels);
  const said = traffic(world, groups, seeded("talks", seed));
  const cover = setting(settings, "cover", "none");
  const delayMs = durationOf(setting(settings, "delay", "none")) ?? 0;
  const jitters = seeded("jitter", seed);
  const delays = seeded("delays", seed);
  const exponential = (choices: Seeded, mean: number) => -Math.log(1 - choices.next()) * mean;
  const taps: WireTap[] = [];
  const crowd = await openCrowd({
    ...{ folder: null, lines, pairs: groups, receipts: null },
    tap: (line, inner, clock) => {
      const tap = taps[0] ?? openWireTap(() => clock.now());
      taps[0] = tap;
      return tap.dialer(line, inner);
    },
    // Drawn for everything that comes, so that the network is the same whatever is switched on.
    sleepMs: () => {
      const late = exponential(jitters, world.jitter * 1_000);
      return Math.ceil(late + (delayMs === 0 ? 0 : exponential(delays, delayMs)));
    },
  });
  try {
    const [wires] = taps;
    assert(wires !== undefined, "everybody's line is tapped");
    const beginMs = Math.ceil((crowd.clock.now() + 1) / 3_600_000) * 3_600_000;
    if (cover === "slots") await switchSlots(crowd, groups, 60_000 * world.slot);
    // Slots run before the taps listen: switching them on is no part of the talk.
    await crowd.passUntil(beginMs);
    if (cover === "random") {
      const choices = seeded("cover", seed);
      for (const line of lines) coverLine(crowd, wires, line, world.cover, choices);
    }
    for (const [index, { atMs, pair, from }] of said.entries()) {
      await crowd.post({ atMs: beginMs + atMs, pair, from, text: `line ${index}` });
      plan.onProgress?.(index + 1, said.length);
    }
    const endMs = beginMs + world.minutes * 60_000 + tailMs + 3 * delayMs;
    await crowd.passUntil(Math.max(endMs, crowd.clock.now()));
    const heard = await insiders(crowd, groups, beginMs);
    const bundle = await writeEvidence(plan, [
      wires.capture("wire", beginMs),
      captureTimes(crowd.clock.now(), heard),
    ]);
    const stored = crowd.log.filter(({ what, atMs }) => what === "stored" && atMs >= beginMs);
    const frameBytes = stored.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    const channels = groups.map((members, at) => {
      return { channel: crowd.nameOf(at), members: members.map((user) => lines[user] ?? "") };
    });
    return {
      bundle,
      truth: { lines, channels },
      cost: {
        frames: stored.length + wires.covered(),
        frameBytes: frameBytes + wires.covered() * coverBytes,
        commits: 0,
        delaySeconds: delayMs / 1_000,
      },
    };
  } finally {
    await crowd.close();
  }
}

async function switchSlots(crowd: Crowd, groups: readonly Group[], everyMs: number): Promise<void> {
  for (const [at, members] of groups.entries()) {
    for (const user of members) {
      const client = crowd.people[user]?.client;
      await client?.setSlots({ channel: crowd.nameOf(at), everyMs });
    }
  }
}

/** Puts cover on a line at random times, for as long as the world goes on. */
function coverLine(
  crowd: Crowd,
  tap: WireTap,
  line: string,
  perSecond: number,
  choices: Seeded,
): void {
  const next = (): void => {
    const afterMs = (-Math.log(1 - choices.next()) / perSecond) * 1_000;
    crowd.clock.wakeAt(Math.ceil(crowd.clock.now() + afterMs), () => {
      tap.cover(line, coverBytes, (open) => choices.below(open));
      next();
    });
  };
  next();
}

/** When each member's own client read the messages of its channel, or had its own acknowledged. */
async function insiders(crowd: Crowd, groups: readonly Group[], fromMs: number) {
  const heard: { insider: string; channel: string; atMs: number[] }[] = [];
  for (const [at, members] of groups.entries()) {
    for (const user of members) {
      const person = crowd.people[user];
      if (person === undefined) continue;
      const channel = crowd.nameOf(at);
      const messages = await person.client.messages(channel);
      const times = messages.map(({ receivedAt }) => receivedAt).filter((time) => time >= fromMs);
      heard.push({ insider: person.line, channel, atMs: times });
    }
  }
  return heard;
}

function captureTimes(atMs: number, heard: Awaited<ReturnType<typeof insiders>>): Capture {
  const rows = heard.map((row) => `${JSON.stringify(row)}\n`).join("");
  const files = new Map([["insider/times.jsonl", utf8(rows)]]);
  const note = "When somebody inside read each message, on the clock of his own device";
  return { id: "times", kind: "timing", actor: null, atMs, note, files };
}
