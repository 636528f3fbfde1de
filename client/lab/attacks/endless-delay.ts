import { quantile } from "simple-statistics";
import { z } from "zod";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { minuteText, type Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const delayParams = z.strictObject({
  /** Minutes of one heartbeat: the slots that were agreed on, or the unit of waiting where there are none. */
  every: z.number().min(1).max(240),
  /** Alarm when a frame is still out so many heartbeats after it was due. */
  missing: z.number().int().min(1).max(20),
});

const timingLine = z.strictObject({
  /** When the receiver's device read it, or for `end` when the log was closed. */
  atMs: z.number(),
  /** `slots`: heartbeats had been agreed on. `copy`: a letter came by the second relay. */
  what: z.enum(["frame", "copy", "slots", "end"]),
  /** The author's count of what it said, of a frame; else 0. */
  counter: z.number().int(),
  /** The number that the author wrote over the letter; null where nobody says anything. */
  letter: z.number().int().nullable(),
});

export type TimingLine = z.infer<typeof timingLine>;

const alarm = z.strictObject({ counter: z.number().int(), atMs: z.number() });
const compared = z.strictObject({ letter: z.number().int(), atMs: z.number() });

export const delayClaims = z.strictObject({
  /** By the agreed rule. */
  suppressed: z.array(alarm),
  /** Letters that came by the second relay and, so long after, not by the first. */
  compared: z.array(compared),
  /** The same for every number of missing heartbeats. */
  sweep: z.array(
    z.strictObject({
      missing: z.number().int(),
      waitMs: z.number(),
      alarms: z.array(alarm),
      compared: z.array(compared),
    }),
  ),
  /** The author's count behind which nothing can be told: whether more was said or not. Null where it can. */
  blindAfter: z.number().int().nullable(),
  /** Median lateness of heartbeats, minutes; null without heartbeats. */
  lateness: z.number().nullable(),
});

const sweepMax = 8;

/** Lost or late (LEAKLAB 3.14): a frame that is out so many heartbeats after it was due is held to be suppressed. */
export async function endlessDelay(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const { every, missing } = delayParams.parse(budget.params);
  const lines: TimingLine[] = [];
  for (const artefact of evidence.artefacts("timing")) {
    for (const { path } of artefact.files) {
      lines.push(...parseTiming(textOf(await evidence.read(path)) ?? "", path));
    }
  }
  const everyMs = every * 60_000;
  const due = dueTimes(lines, everyMs);
  const ways = [...new Set([...Array.from({ length: sweepMax }, (_, at) => at + 1), missing])];
  const sweep = ways.map((each, at) => {
    progress("rules", at + 1, ways.length);
    const waitMs = each * everyMs;
    return {
      missing: each,
      waitMs,
      alarms: alarmsOf(due, waitMs),
      compared: compare(lines, due, waitMs),
    };
  });
  const lates = due.frames.flatMap(({ dueMs, atMs }) => (atMs === null ? [] : [atMs - dueMs]));
  const hasSlots = lines.some(({ what }) => what === "slots");
  const agreed = sweep.find((each) => each.missing === missing);
  const hasCopies = lines.some(({ what }) => what === "copy");
  const highest = due.frames.at(-1)?.counter ?? null;
  const claims = {
    suppressed: agreed?.alarms ?? [],
    compared: agreed?.compared ?? [],
    sweep,
    // Behind the last frame that came, only what is due without anybody having something to say tells.
    blindAfter: hasSlots || hasCopies ? null : highest,
    lateness: hasSlots && lates.length > 0 ? quantile(lates, 0.5) / 60_000 : null,
  };
  const notes = absentKinds(evidence, ["timing"]);
  return { ...emptyFindings("endless-delay"), claims, counts: { lines: lines.length }, notes };
}

/** One JSON object a line. Failure `malformed`, with file and line. */
export function parseTiming(text: string, path: string): TimingLine[] {
  return text.split("\n").flatMap((row, index) => {
    if (row === "") return [];
    let value: unknown = null;
    try {
      value = JSON.parse(row);
    } catch {
      throw new Failure("malformed", `${path}:${index + 1}: not JSON`);
    }
    const parsed = timingLine.safeParse(value);
    if (!parsed.success) throw new Failure("malformed", `${path}:${index + 1}: not a timing line`);
    return [parsed.data];
  });
}

interface Due {
  readonly frames: { counter: number; dueMs: number; atMs: number | null }[];
  readonly endMs: number;
}

/**
 * When each counter was due. With slots one leaves in each, so the earliest arrival gives them all. Without,
 * nobody knows that a frame was due until one with a higher counter has come.
 */
function dueTimes(lines: readonly TimingLine[], everyMs: number): Due {
  const arrived = new Map<number, number>();
  let endMs = 0;
  for (const { what, counter, atMs } of lines) {
    if (what === "end") endMs = Math.max(endMs, atMs);
    if (what === "frame") arrived.set(counter, Math.min(atMs, arrived.get(counter) ?? atMs));
  }
  if (arrived.size === 0) return { frames: [], endMs };
  const counters = [...arrived.keys()];
  const first = counters.reduce((a, b) => Math.min(a, b));
  const highest = counters.reduce((a, b) => Math.max(a, b));
  const hasSlots = lines.some(({ what }) => what === "slots");
  const begin = [...arrived].reduce(
    (least, [counter, atMs]) => Math.min(least, atMs - (counter - first) * everyMs),
    Number.POSITIVE_INFINITY,
  );
  const last = hasSlots ? first + Math.floor((endMs - begin) / everyMs) : highest;
  const frames = [];
  for (let counter = first; counter <= last; counter++) {
    const behind = [...arrived].filter(([other]) => other > counter).map(([, atMs]) => atMs);
    const dueMs = hasSlots
      ? begin + (counter - first) * everyMs
      : behind.reduce((a, b) => Math.min(a, b), arrived.get(counter) ?? endMs);
    frames.push({ counter, dueMs, atMs: arrived.get(counter) ?? null });
  }
  return { frames, endMs };
}

function alarmsOf({ frames, endMs }: Due, waitMs: number) {
  return frames
    .map(({ counter, dueMs, atMs }) => ({ counter, atMs: dueMs + waitMs, cameMs: atMs }))
    .filter(({ atMs, cameMs }) => atMs <= endMs && (cameMs === null || cameMs > atMs))
    .map(({ counter, atMs }) => ({ counter, atMs }));
}

/** A letter whose copy has come is only late on the first line until the agreed wait is over. */
function compare(lines: readonly TimingLine[], { endMs }: Due, waitMs: number) {
  const cameAt = new Map<number, number>();
  for (const { what, letter, atMs } of lines) {
    if (what !== "frame" || letter === null) continue;
    cameAt.set(letter, Math.min(atMs, cameAt.get(letter) ?? atMs));
  }
  const seen = new Set<number>();
  return lines.flatMap(({ what, letter, atMs }) => {
    if (what !== "copy" || letter === null || seen.has(letter)) return [];
    seen.add(letter);
    const alarmMs = atMs + waitMs;
    const isOut = (cameAt.get(letter) ?? Number.POSITIVE_INFINITY) > alarmMs;
    return isOut && alarmMs <= endMs ? [{ letter, atMs: alarmMs }] : [];
  });
}

/** Which letters are held to be swallowed, and what a more or less patient rule would say. */
export const tellDelay: Tell = (findings) => {
  const { suppressed, sweep, lateness } = delayClaims.parse(findings.claims);
  return [
    {
      title: "Held to be swallowed, by the agreed rule (UTC)",
      head: ["author's count", "said at"],
      rows: suppressed.map(({ counter, atMs }) => [counter, minuteText(atMs)]),
    },
    {
      title: "The same rule with another patience",
      head: ["heartbeats that must be missing", "letters held to be swallowed"],
      rows: sweep.map(({ missing, alarms }) => [missing, alarms.length]),
    },
    {
      title: "Heartbeats",
      head: ["late by, minutes in the middle"],
      rows: lateness === null ? [] : [[lateness]],
    },
  ];
};
