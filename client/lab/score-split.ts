import type { Findings, Way } from "./attacks/findings.ts";
import type { Metric } from "./metric.ts";
import { count, share } from "./metrics.ts";
import type { Truth } from "./truth.ts";

interface Reading {
  readonly epoch: number;
  readonly way: Way | null;
}

type RelayTruth = NonNullable<Truth["relay"]>;

/** What a relay in the hands of an adversary achieved: two views, and epochs that should have been over. */
export function scoreRelay(
  findings: Findings,
  truth: Truth,
  messages: readonly Reading[],
): { readonly metrics: readonly Metric[]; readonly detectedBy: string | null } {
  const { relay } = truth;
  if (relay === undefined) return { metrics: [], detectedBy: null };
  const fork = forkMetrics(findings, relay);
  return {
    metrics: [...withholdingMetrics(relay, messages), ...fork.metrics],
    detectedBy: fork.detectedBy,
  };
}

/** Each withheld commit keeps one epoch alive: what was said in it, and how much of that was read. */
function withholdingMetrics(relay: RelayTruth, messages: readonly Reading[]): Metric[] {
  const kept = messages.filter(({ epoch }) => relay.withheld.includes(epoch));
  return [
    count(
      "withheld.epochs",
      relay.withheld.length,
      "in which the relay swallowed the victim's commit",
      "count",
    ),
    share({
      id: "withheld.read",
      hits: kept.filter(({ way }) => way === "key").length,
      of: kept.length,
      words: "of what was said in these epochs was read with the stolen keys",
    }),
  ];
}

function forkMetrics(findings: Findings, relay: RelayTruth) {
  const { split, signals, taken } = relay;
  const early = signals.filter(({ atMs }) => split === null || atMs < split.atMs);
  const falseAlarms = count("alarm.false", early.length, "alarms before any fork", "count");
  if (split === null) return { metrics: [falseAlarms], detectedBy: null };
  const behind = signals.filter(({ atMs }) => atMs >= split.atMs);
  const noticed = behind[0] ?? null;
  const [founders = [], ...others] = split.halves;
  const accepted = taken.filter(
    ({ atMs }) => atMs >= split.atMs && (noticed === null || atMs < noticed.atMs),
  );
  const halves = [founders, others.flat()].map((half) => {
    return behind.find(({ by }) => half.includes(by))?.atMs ?? null;
  });
  const seconds = (atMs: number | null | undefined) =>
    atMs == null ? null : Math.round((atMs - split.atMs) / 1_000);
  const all = halves.includes(null) ? null : Math.max(...halves.map((atMs) => atMs ?? 0));
  const metrics = [
    falseAlarms,
    count(
      "fork.members",
      others.flat().length,
      "were in another epoch than the founder, in the end",
      "count",
    ),
    placed(findings, split.halves),
    count(
      "fork.messages",
      new Set(accepted.map(({ id }) => id)).size,
      "taken in within the two views before anybody had a sign of it",
    ),
    count(
      "detect.seconds",
      seconds(noticed?.atMs),
      `from the fork to the first sign (${noticed?.code ?? "none in this run"})`,
      "seconds",
    ),
    count("detect.halves", seconds(all), "until both halves had a sign", "seconds"),
  ];
  return { metrics, detectedBy: noticed?.code ?? "nothing" };
}

/** Members whom the attack puts into the right half; which half is which does not matter. */
function placed(findings: Findings, halves: readonly (readonly string[])[]): Metric {
  const [one = [], ...rest] = halves;
  const other = rest.flat();
  const [first = [], second = []] = (findings.split?.halves ?? []).map(({ labels }) => labels);
  const hits = (a: readonly string[], b: readonly string[]) =>
    a.filter((label) => one.includes(label)).length +
    b.filter((label) => other.includes(label)).length;
  return share({
    id: "fork.placed",
    hits: Math.max(hits(first, second), hits(second, first)),
    of: one.length + other.length,
    words: "of the members were named and put into the right half by the attack",
  });
}
