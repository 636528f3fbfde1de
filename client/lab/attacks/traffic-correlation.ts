import { z } from "zod";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { barsOf, eventScore, shapeScore, type Times } from "../algorithms/correlation.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import type { Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { decodePacket } from "./packet.ts";
import { decodePcapng } from "./pcapng.ts";

export const correlationParams = z.strictObject({
  /** Seconds within which a packet belongs to an event, and width of the bars: each is tried. */
  scales: z.array(z.number().min(0.5).max(3_600)).min(1).max(6),
});

/** What somebody inside a channel has seen: when messages came, on the clock of his device. */
export const insiderSchema = z.strictObject({
  insider: z.string(),
  channel: z.string(),
  atMs: z.array(z.number()).max(100_000),
});

const scored = z.strictObject({ line: z.string(), event: z.number(), shape: z.number() });

export const correlationClaims = z.strictObject({
  /** For each insider and channel, every other tapped line, the likeliest first. */
  lists: z.array(
    z.strictObject({ insider: z.string(), channel: z.string(), scores: z.array(scored) }),
  ),
  seconds: z.number(),
});

/**
 * Traffic correlation (Bahramali and others, NDSS 2020; LEAKLAB 3.3): somebody inside knows when messages
 * came, taps show when packets came out of whose line. Each connection is looked at alone, because the
 * product dials once for each channel; a line scores as its best connection does, at the best scale.
 */
export async function trafficCorrelation(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const { scales } = correlationParams.parse(budget.params);
  const { lines, packets, fromMs, untilMs } = await readTaps(evidence);
  const seconds = Math.max(1, (untilMs - fromMs) / 1_000);
  const insiders = await readInsiders(evidence);
  const lists = insiders.map(({ insider, channel, atMs }, index) => {
    progress("channels", index + 1, insiders.length);
    const events = atMs.map((at) => (at - fromMs) / 1_000).sort((a, b) => a - b);
    const scores = [...lines]
      .filter(([line]) => line !== insider)
      .map(([line, streams]) => ({ line, ...scoreOf(events, streams, { scales, seconds }) }))
      .sort((a, b) => sumOf(b) - sumOf(a) || (a.line < b.line ? -1 : 1));
    return { insider, channel, scores };
  });
  const claims = correlationClaims.parse({ lists, seconds });
  const counts = { packets, lines: lines.size, channels: lists.length };
  const notes = absentKinds(evidence, ["capture", "timing"]);
  return { ...emptyFindings("traffic-correlation"), claims, counts, notes };
}

/** Both scores are numbers of standard deviations above chance: they may be added up. */
export function sumOf({ event, shape }: { readonly event: number; readonly shape: number }) {
  return event + shape;
}

function scoreOf(
  events: Times,
  streams: ReadonlyMap<number, Times>,
  { scales, seconds }: { scales: readonly number[]; seconds: number },
): { event: number; shape: number } {
  const best = { event: Number.NEGATIVE_INFINITY, shape: Number.NEGATIVE_INFINITY };
  for (const times of streams.values()) {
    for (const scale of scales) {
      // The insider's own line is late too: a packet may come before his copy or after it.
      const before = events.map((at) => at - scale);
      best.event = Math.max(best.event, eventScore(before, times, 2 * scale, seconds));
      const [bars, theirs] = [barsOf(events, scale, seconds), barsOf(times, scale, seconds)];
      const ahead = shapeScore(bars, theirs, 1);
      const behind = shapeScore(theirs, bars, 1);
      // A correlation of series that have nothing to do with each other varies by 1/√n.
      best.shape = Math.max(best.shape, Math.max(ahead, behind) * Math.sqrt(bars.length));
    }
  }
  const none = (score: number) => (Number.isFinite(score) ? score : 0);
  return { event: none(best.event), shape: none(best.shape) };
}

interface Taps {
  /** Seconds at which something came down each connection of each line. */
  readonly lines: ReadonlyMap<string, ReadonlyMap<number, number[]>>;
  readonly packets: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Everything that came down the tapped lines. A message that fills several segments came once. */
async function readTaps(evidence: Evidence): Promise<Taps> {
  const lines = new Map<string, Map<number, number[]>>();
  let packets = 0;
  let [fromMs, untilMs] = [Number.POSITIVE_INFINITY, 0];
  const seen: { line: string; port: number; atMs: number }[] = [];
  for (const artefact of evidence.artefacts("capture")) {
    for (const { path } of artefact.files) {
      const { taps, frames } = decodePcapng(await evidence.read(path));
      for (const name of taps) if (!lines.has(name)) lines.set(name, new Map());
      packets += frames.length;
      for (const { tap, atUs, bytes } of frames) {
        const line = taps[tap] ?? "";
        const atMs = atUs / 1_000;
        fromMs = Math.min(fromMs, atMs);
        untilMs = Math.max(untilMs, atMs);
        const { destination, destinationPort, payload } = decodePacket(bytes);
        if (destination !== line || payload.length === 0) continue;
        seen.push({ line, port: destinationPort, atMs });
      }
    }
  }
  for (const { line, port, atMs } of seen) {
    const streams = lines.get(line) as Map<number, number[]>;
    const times = streams.get(port) ?? [];
    const at = (atMs - fromMs) / 1_000;
    if (times.at(-1) !== at) times.push(at);
    streams.set(port, times);
  }
  return { lines, packets, fromMs: Number.isFinite(fromMs) ? fromMs : 0, untilMs };
}

async function readInsiders(evidence: Evidence): Promise<z.infer<typeof insiderSchema>[]> {
  const insiders: z.infer<typeof insiderSchema>[] = [];
  for (const artefact of evidence.artefacts("timing")) {
    for (const { path } of artefact.files) {
      for (const [index, row] of (textOf(await evidence.read(path)) ?? "").split("\n").entries()) {
        if (row !== "") insiders.push(insiderOf(row, `${path}:${index + 1}`));
      }
    }
  }
  return insiders;
}

function insiderOf(row: string, place: string): z.infer<typeof insiderSchema> {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    throw new Failure("malformed", `${place}: not JSON`);
  }
  const parsed = insiderSchema.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${place}: not an insider's times`);
  return parsed.data;
}

/** For each insider's channel the likeliest lines. A score counts standard deviations above chance. */
export const tellCorrelation: Tell = ({ claims }) => [
  {
    title: "The likeliest lines for each insider's channel, with their scores above chance",
    head: ["insider", "channel", "first", "second", "third", "fourth"],
    rows: correlationClaims.parse(claims).lists.map(({ insider, channel, scores }) => [
      insider,
      channel,
      ...[0, 1, 2, 3].map((at) => {
        const each = scores[at];
        return each === undefined ? null : `${each.line} (${sumOf(each).toFixed(1)})`;
      }),
    ]),
  },
];
