import type { Findings } from "./attacks/findings.ts";
import type { Metric } from "./metric.ts";
import { count, share } from "./metrics.ts";
import { seeded } from "./seeded.ts";
import { permutedLeakage } from "./statistics.ts";
import type { Truth } from "./truth.ts";

/**
 * What a seized relay tells without any key: which mailboxes follow each other, and which frames are
 * commits. Every channel counts here, decoys too: the relay knows no difference.
 */
export function scoreGraph(findings: Findings, truth: Truth): Metric[] {
  if (findings.frames.length === 0 && findings.edges.length === 0) return [];
  return [...edgeMetrics(findings, truth), ...kindMetrics(findings, truth)];
}

function edgeMetrics(findings: Findings, truth: Truth): Metric[] {
  const real = new Set<string>();
  const boxes = new Set<string>();
  for (const channel of new Set(truth.epochs.map((epoch) => epoch.channel))) {
    const chain = truth.epochs
      .filter((epoch) => epoch.channel === channel)
      .sort((a, b) => a.epoch - b.epoch)
      .flatMap((epoch) => epoch.mailboxes);
    for (const box of chain) boxes.add(box);
    for (const [index, box] of chain.entries()) {
      const next = chain[index + 1];
      if (next !== undefined) real.add(`${box}>${next}`);
    }
  }
  const claimed = new Set(findings.edges.map((edge) => `${edge.from}>${edge.to}`));
  const hits = [...claimed].filter((edge) => real.has(edge)).length;
  // A blind guess of a mailbox's successor is right once in all others.
  const chance = boxes.size > 1 ? 1 / (boxes.size - 1) : null;
  return [
    share({
      id: "edges.precision",
      hits,
      of: claimed.size,
      words: "of the claimed successions of mailboxes are real",
      chance,
    }),
    share({
      id: "edges.recall",
      hits,
      of: real.size,
      words: "of the real successions of mailboxes were claimed",
      chance,
    }),
  ];
}

function kindMetrics(findings: Findings, truth: Truth): Metric[] {
  const commits = new Set(truth.commits);
  const boxes = new Set(truth.epochs.flatMap((epoch) => epoch.mailboxes));
  const known = findings.frames.filter((frame) => boxes.has(frame.mailbox));
  if (known.length === 0 || commits.size === 0) return [];
  const kinds = known.map((frame) =>
    commits.has(`${frame.mailbox}:${frame.seq}`) ? "commit" : "text",
  );
  const right = known.filter((frame, index) => frame.guess === kinds[index]).length;
  const texts = kinds.filter((kind) => kind === "text").length;
  // Frames come in the order of their mailboxes' names, which is random: sorted, the same talk gives the same.
  const pairs = known
    .map((frame, index) => ({ bytes: String(frame.bytes), kind: kinds[index] ?? "" }))
    .sort((a, b) => (a.bytes + a.kind < b.bytes + b.kind ? -1 : 1));
  const leakage = permutedLeakage(
    pairs.map(({ bytes }) => bytes),
    pairs.map(({ kind }) => kind),
    seeded("permutation", 1),
  );
  return [
    share({
      id: "kind.accuracy",
      hits: right,
      of: known.length,
      words: "of the frames were told apart as text or commit by their padded size",
      // The best blind guess always names the commoner kind.
      chance: Math.max(texts, known.length - texts) / known.length,
    }),
    count(
      "leak.mi",
      leakage === null ? null : leakage.bits,
      `that a frame's padded size tells of its kind, above chance (p = ${leakage?.p.toFixed(3) ?? "–"}, 200 permutations)`,
      "bits",
    ),
  ];
}
