import type { Findings } from "./attacks/findings.ts";
import { seizedClaims } from "./attacks/seized-relay.ts";
import type { Metric } from "./metric.ts";
import { count, share } from "./metrics.ts";
import type { Truth } from "./truth.ts";

/** Who is in touch with whom on a relay, as it really is. */
interface Contacts {
  /** Everybody who uses the relay. */
  readonly labels: readonly string[];
  /** Pairs who are members of the same channel, as `pairKey` writes them. */
  readonly pairs: ReadonlySet<string>;
}

function pairKey(a: string, b: string): string {
  return [a, b].sort().join("\n");
}

function contactsOf(truth: Truth): Contacts {
  const byChannel = new Map<string, string[]>();
  for (const { channel, label } of truth.members) {
    byChannel.set(channel, [...(byChannel.get(channel) ?? []), label]);
  }
  const pairs = new Set<string>();
  for (const labels of byChannel.values()) {
    for (const [at, first] of labels.entries()) {
      for (const second of labels.slice(at + 1)) pairs.add(pairKey(first, second));
    }
  }
  return { labels: [...new Set(truth.members.map(({ label }) => label))], pairs };
}

/** What a raided relay tells of who is in touch, how far back, and by sizes alone of what was said. */
export function scoreContacts(findings: Findings, truth: Truth): Metric[] {
  const claims = seizedClaims.parse(findings.claims);
  const { labels, pairs } = contactsOf(truth);
  const labelOf = new Map(truth.lines?.map(({ line, label }) => [line, label]));
  const claimed = new Set(
    claims.contacts.map(({ lines: [a, b] }) => pairKey(labelOf.get(a) ?? a, labelOf.get(b) ?? b)),
  );
  const hits = [...claimed].filter((pair) => pairs.has(pair)).length;
  const all = (labels.length * (labels.length - 1)) / 2;
  // Frames tell the hour of their deletion and no more: whole days are what can be said of both.
  const days = (hours: number | null) => Math.round((hours ?? 0) / 24);
  const sizes = new Set(
    findings.frames.filter(({ guess }) => guess === "text").map(({ bytes }) => bytes),
  );
  return [
    share({
      id: "contacts.recall",
      hits,
      of: pairs.size,
      words: "of the pairs of people who share a channel were found",
    }),
    share({
      id: "contacts.precision",
      hits,
      of: claimed.size,
      words: "of the pairs that are claimed to share a channel do",
      // Of pairs that are named blindly, so many are right.
      chance: all === 0 ? null : pairs.size / all,
    }),
    count(
      "reach.days",
      days(Math.max(claims.framesHours ?? 0, claims.logHours ?? 0)),
      "between the first and the last that frames or log tell of",
      "days",
    ),
    count(
      "reach.frames",
      days(claims.framesHours),
      "between the first and the last frame that is left",
      "days",
    ),
    count(
      "leak.minentropy",
      sizes.size === 0 ? 0 : Math.log2(sizes.size),
      "that the size of a text's frame tells at most: the logarithm of how many sizes there are",
      "bits",
    ),
  ];
}

/**
 * Facts about the contacts, by network address: the hub, and the two who are in touch with three others or
 * more, of whom some the same, and never share a mailbox. Null where more than one answer is right.
 */
export function contactFacts(truth: Truth): Record<string, string | null> {
  const { labels, pairs } = contactsOf(truth);
  const lineOf = new Map(truth.lines?.map(({ line, label }) => [label, line]));
  const friends = new Map(
    labels.map((label) => [
      label,
      labels.filter((other) => other !== label && pairs.has(pairKey(label, other))),
    ]),
  );
  const degree = (label: string) => friends.get(label)?.length ?? 0;
  const most = Math.max(0, ...labels.map(degree));
  const hubs = labels.filter((label) => degree(label) === most);
  const busy = labels.filter((label) => degree(label) >= 3);
  const apart = busy.flatMap((first, at) =>
    busy
      .slice(at + 1)
      .filter((second) => !pairs.has(pairKey(first, second)))
      .filter((second) => friends.get(first)?.some((each) => friends.get(second)?.includes(each)))
      .map((second) => [first, second]),
  );
  const line = (label: string | undefined) => lineOf.get(label ?? "") ?? null;
  const [two] = apart;
  const named = apart.length === 1 && two !== undefined ? two.map(line) : [null];
  return {
    "contacts.hub": hubs.length === 1 ? line(hubs[0]) : null,
    "contacts.apart": named.includes(null) ? null : named.sort().join(", "),
  };
}
