import type { Blast, BlastRow } from "#client/charts/blast.ts";
import { percent } from "#client/charts/blast.ts";
import type { Metric } from "../metric.ts";
import { type Paired, type RunResult, type ScoredRun, talkOf } from "../result.ts";

/** A metric's value as people read it: `12 of 100 (12%)`, `1.25 bits`, `–`. */
export function metricText(metric: Metric): string {
  if (metric.value === null) return "–";
  if (metric.unit === "share" && metric.of !== null && metric.hits !== null) {
    return `${metric.hits} of ${metric.of} (${percent(metric.hits, metric.of)})`;
  }
  return `${amountText(metric.value)}${unitWords[metric.unit] ?? ""}`;
}

const unitWords: Readonly<Record<string, string>> = {
  bits: " bits",
  bytes: " bytes",
  messages: " messages",
  tries: " tries",
  seconds: " s",
  days: " days",
  "per-second": "/s",
  dollars: " $",
};

/** A number to four digits, without an exponent below a million. */
function amountText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return String(Number(value.toPrecision(4)));
}

/** A 95 % interval as `83.9–100%`, or in the metric's own unit. */
export function intervalText(metric: Metric): string {
  if (metric.interval === null) return "–";
  if (metric.unit !== "share") return metric.interval.map(amountText).join(" to ");
  const [low, high] = metric.interval.map((share) => (100 * share).toFixed(1).replace(/\.0$/, ""));
  return `${low}–${high}%`;
}

export function chanceText(metric: Metric): string {
  return metric.chance === null ? "–" : `${(100 * metric.chance).toFixed(0)}%`;
}

/** A number to three digits, from a thousand on to the unit; `–` for none. */
export function numberText(value: number | null): string {
  if (value === null) return "–";
  return String(Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** A difference with its sign: `+0.25`, `−3`, `0`; `–` for none. */
export function signedText(value: number | null): string {
  if (value === null) return "–";
  const text = numberText(Math.abs(value));
  return value < 0 ? `−${text}` : value > 0 ? `+${text}` : text;
}

/** A setting in words: `others_update each-session` becomes `others update: each session`. */
export function settingText(change: Readonly<Record<string, string>>): string {
  return Object.entries(change)
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${value.replaceAll("-", " ")}`)
    .join(", ");
}

/** What the numbers of a cost count. */
export const priceUnits: Readonly<Record<string, string>> = {
  frames: "frames",
  frameBytes: "bytes at the relay",
  commits: "commits",
  delaySeconds: "s of delay",
  clicks: "things to do by hand",
  cpuMs: "ms of computing",
};

/** What a defence costs, measured: `+3 commits, +41216 bytes at the relay`; `nothing measured`. */
export function priceText({ run }: Pick<Paired, "run">, baseline: ScoredRun): string {
  const parts = Object.entries(priceUnits).flatMap(([name, unit]) => {
    const more = (run.cost[name] ?? 0) - (baseline.cost[name] ?? 0);
    if (more === 0) return [];
    const amount = Number(Math.abs(more).toFixed(2));
    return [`${more > 0 ? "+" : "−"}${amount} ${unit}`];
  });
  return parts.length === 0 ? "nothing measured" : parts.join(", ");
}

function namesText(change: Readonly<Record<string, string>>): string {
  const names = Object.keys(change).join(" and ").replaceAll("_", " ");
  return names.slice(0, 1).toUpperCase() + names.slice(1);
}

function valuesText(change: Readonly<Record<string, string>>): string {
  return `${Object.values(change).join(" and ").replaceAll("-", " ")}, same talk and seed`;
}

/** The picture of a run and its paired runs: by session where the story has several, else by epoch. */
export function blastOf(result: RunResult): Blast {
  const talk = talkOf(result.baseline);
  const group = talk.bySession.length > 1 ? "session" : "epoch";
  return {
    groupWord: group,
    stolenAt: talk.stolenAt,
    stolenWord: talk.stolenWord,
    rows: [
      rowOf(result.baseline, group, {
        name: "This run",
        note: settingText(notable(result.baseline.defences)),
      }),
      ...result.paired.map((paired) =>
        rowOf(paired.run, group, {
          name: namesText(paired.change),
          note: valuesText(paired.change),
        }),
      ),
    ],
  };
}

/** One run as a row of the picture. */
export function rowOf(
  run: ScoredRun,
  group: "session" | "epoch",
  words: { readonly name: string; readonly note: string },
): BlastRow {
  const talk = talkOf(run);
  const groups = group === "session" ? talk.bySession : talk.byEpoch;
  const columns = groups.map(({ name }) => ({
    label: String(name),
    readings: talk.messages
      .filter((message) => message[group] === name)
      .map((message) => message.way ?? "sealed"),
  }));
  // What waited on a device was said later than its place in the picture tells: a line stands behind all reading.
  const lastRead = columns
    .flatMap(({ readings }) => readings)
    .findLastIndex((reading) => reading !== "sealed");
  return {
    ...words,
    groups: columns,
    healedAt: talk.healedAt === null ? null : Math.max(talk.healedAt, lastRead + 1),
    healedBy: talk.healedHow,
    ...(talk.stolenAt === null ? { withoutDevice: true } : {}),
  };
}

/** What is worth saying of a baseline: what is switched on. */
function notable(defences: Readonly<Record<string, string>>): Record<string, string> {
  const on = Object.entries(defences).filter(([, value]) => !["never", "off", "0"].includes(value));
  return on.length === 0 ? { defences: "none" } : Object.fromEntries(on);
}
