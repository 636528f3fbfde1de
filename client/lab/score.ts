import type { Findings, RecoveredText, Way } from "./attacks/findings.ts";
import type { Metric } from "./metric.ts";
import { count, share } from "./metrics.ts";
import type { ScoredMessage, Tally } from "./result.ts";
import { scoreGraph } from "./score-graph.ts";
import { type GuestScore, scoreGuest } from "./score-guest.ts";
import { scoreRelay } from "./score-split.ts";
import { inScope, type Truth, type TruthMessage } from "./truth.ts";

/** Findings about a talk, compared with it. */
export interface TalkScore {
  readonly metrics: readonly Metric[];
  readonly byEpoch: readonly Tally[];
  readonly bySession: readonly Tally[];
  readonly messages: readonly ScoredMessage[];
  /** Label of the member whose commit healed; null when nothing healed or nothing was stolen. */
  readonly healedBy: string | null;
  readonly healedHow: string | null;
  /** Index of the first message after the healing. */
  readonly healedAt: number | null;
  /** What first showed a fork: an alarm's code, `words`, or `nothing`; null when there was none. */
  readonly detectedBy: string | null;
  readonly guest: GuestScore;
}

/** Compares findings with what really happened. Recovered means: the exact text, byte for byte. */
export function score(findings: Findings, truth: Truth): TalkScore {
  const scope = inScope(truth);
  const { ways, wrong } = matchTexts(findings.read, truth);
  const messages = scope.map((message) => ({
    id: message.id,
    epoch: message.epoch,
    session: message.session,
    from: message.from,
    atMs: message.atMs,
    way: ways.get(message.id) ?? null,
  }));
  const heal = healing(messages, findings, truth);
  const relay = scoreRelay(findings, truth, messages);
  const guest = scoreGuest(truth, messages);
  const metrics: Metric[] = [
    ...recoveredMetrics(messages, truth),
    ...lateMetrics(findings, truth),
    labelMetric(findings, truth),
    count("recovered.wrong", wrong, "texts that the attack presents and nobody wrote"),
    ...heal.metrics,
    ...expiredMetrics(ways, truth),
    ...scoreGraph(findings, truth),
    ...relay.metrics,
    ...guest.metrics,
  ];
  return {
    metrics,
    byEpoch: tally(messages, (message) => message.epoch),
    bySession: tally(messages, (message) => message.session),
    messages,
    healedBy: heal.by,
    healedHow: heal.how,
    healedAt: heal.at,
    detectedBy: relay.detectedBy,
    guest,
  };
}

/** The way by which each true message was read, by message id, and how many texts match nothing. */
function matchTexts(
  read: readonly RecoveredText[],
  truth: Truth,
): { ways: Map<string, Way>; wrong: number } {
  const ways = new Map<string, Way>();
  const byId = new Map(truth.messages.map((message) => [message.id, message]));
  const byText = new Map<string, TruthMessage[]>();
  for (const message of truth.messages) {
    byText.set(message.text, [...(byText.get(message.text) ?? []), message]);
  }
  const order: readonly Way[] = ["plain", "stored", "key"];
  let wrong = 0;
  for (const way of order) {
    for (const found of read.filter((each) => each.by === way)) {
      const named = found.id === null ? undefined : byId.get(found.id);
      if (found.id !== null && named?.text !== found.text) {
        wrong += 1;
        continue;
      }
      // A text without an id stands for one message of that text, so that an echo is not counted twice.
      const candidates = named === undefined ? (byText.get(found.text) ?? []) : [named];
      if (candidates.length === 0) wrong += 1;
      const fresh = candidates.find((message) => !ways.has(message.id));
      if (fresh !== undefined) ways.set(fresh.id, way);
    }
  }
  return { ways, wrong };
}

function tally(messages: readonly ScoredMessage[], by: (m: ScoredMessage) => number): Tally[] {
  const groups = new Map<number, { hits: number; of: number }>();
  for (const message of messages) {
    const group = groups.get(by(message)) ?? { hits: 0, of: 0 };
    group.of += 1;
    if (message.way !== null) group.hits += 1;
    groups.set(by(message), group);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([name, group]) => ({ name, ...group }));
}

function recoveredMetrics(messages: readonly ScoredMessage[], truth: Truth): Metric[] {
  const among = (
    id: string,
    scope: readonly ScoredMessage[],
    read: (way: Way) => boolean,
    words: string,
  ) => {
    const hits = scope.filter((message) => message.way !== null && read(message.way)).length;
    return share({ id, hits, of: scope.length, words });
  };
  const any = () => true;
  const by = (wanted: Way) => (way: Way) => way === wanted;
  const metrics = [
    among("recovered.fraction", messages, any, "of all messages were read, byte for byte"),
    among("recovered.key", messages, by("key"), "were opened with keys"),
    among("recovered.stored", messages, by("stored"), "were found as stored text"),
    among("recovered.plain", messages, by("plain"), "lay in the clear"),
  ];
  const { theft } = truth;
  if (theft === null) return metrics;
  const past = messages.filter((message) => message.atMs < theft.atMs);
  const future = messages.filter((message) => message.atMs >= theft.atMs);
  return [
    ...metrics,
    among("recovered.past", past, any, "that reached the relay before the theft were read"),
    among(
      "recovered.past.key",
      past,
      by("key"),
      "that reached the relay before the theft were opened with keys",
    ),
    among(
      "recovered.past.stored",
      past,
      by("stored"),
      "that reached the relay before the theft were stored text",
    ),
    among("recovered.future", future, any, "that reached the relay after the theft were read"),
    among(
      "recovered.future.key",
      future,
      by("key"),
      "that reached the relay after the theft were opened with keys",
    ),
  ];
}

/**
 * The late-message window, frame by frame: a text that landed behind the commit that ended its epoch is sent
 * again in the next one, so its old frame being opened and its content being read are two questions.
 */
function lateMetrics(findings: Findings, truth: Truth): Metric[] {
  const { theft } = truth;
  if (theft === null) return [];
  const late = truth.late.filter((each) => {
    return each.channel === truth.channel && each.epoch < theft.epoch;
  });
  const texts = new Map(truth.messages.map((message) => [message.id, message.text]));
  const reads = (each: (typeof late)[number], where: (found: RecoveredText) => boolean) =>
    findings.read.some((found) => {
      return found.id === each.id && found.text === texts.get(each.id) && where(found);
    });
  const old = late.filter((each) => {
    return reads(each, (found) => found.by === "key" && found.epoch === each.epoch);
  });
  const anew = late.filter((each) => reads(each, (found) => found.epoch !== each.epoch));
  return [
    ...undeliveredMetrics(findings, truth),
    share({
      id: "recovered.late",
      hits: old.length,
      of: late.length,
      words:
        "frames behind a past epoch's last commit were opened with keys kept for late messages",
    }),
    share({
      id: "recovered.late.anew",
      hits: anew.length,
      of: late.length,
      words: "of the texts in these frames were read where they were sent again, in a later epoch",
    }),
  ];
}

/**
 * What the device had not been given when it was copied, and the relay had or got: what the kept keys open of it, what
 * had come to the device otherwise, and what is read by the kept keys and by nothing else.
 */
function undeliveredMetrics(findings: Findings, truth: Truth): Metric[] {
  const frames = truth.undelivered?.filter(({ channel }) => channel === truth.channel) ?? [];
  if (frames.length === 0) return [];
  const texts = new Map(truth.messages.map((message) => [message.id, message.text]));
  type Frame = (typeof frames)[number];
  const waysOf = ({ id, epoch }: Frame) => {
    const found = findings.read.filter((each) => each.id === id && each.text === texts.get(id));
    const isOld = (each: RecoveredText) => each.by === "key" && each.epoch === epoch;
    return {
      byKey: found.some(isOld),
      isStored: found.some(({ by }) => by === "stored"),
      isElsewhere: found.some((each) => !isOld(each)),
    };
  };
  const ways = frames.map(waysOf);
  const metric = (id: string, test: (way: (typeof ways)[number]) => boolean, words: string) => {
    return share({ id, hits: ways.filter(test).length, of: ways.length, words });
  };
  return [
    metric(
      "undelivered.key",
      ({ byKey }) => byKey,
      "late frames that the device had not been given were opened with keys kept for them",
    ),
    metric(
      "undelivered.stored",
      ({ isStored }) => isStored,
      "of their texts were stored on the device, to which they had come when sent again",
    ),
    metric(
      "undelivered.gain",
      ({ byKey, isElsewhere }) => byKey && !isElsewhere,
      "of their texts were read by the kept keys and by nothing else",
    ),
  ];
}

/** Names of members, found in the evidence. Whole labels only. */
function labelMetric(findings: Findings, truth: Truth): Metric {
  const labels = truth.members.filter((member) => member.channel === truth.channel);
  const found = new Set(findings.labels);
  return share({
    id: "recovered.labels",
    hits: labels.filter((member) => found.has(member.label)).length,
    of: labels.length,
    words: "of the members' labels were found",
  });
}

interface Healing {
  readonly metrics: readonly Metric[];
  readonly by: string | null;
  readonly how: string | null;
  readonly at: number | null;
}

/**
 * Time to heal (LEAKLAB section 4): from the theft to the first epoch from which on nothing is read. An
 * epoch in which nobody spoke after the last read one proves nothing, so silence is not healing.
 */
function healing(messages: readonly ScoredMessage[], findings: Findings, truth: Truth): Healing {
  const { theft } = truth;
  const none = { metrics: [], by: null, how: null, at: null };
  if (theft === null) return none;
  const exposed = messages.filter(
    (message) => message.epoch >= theft.epoch && message.way !== null,
  );
  // An epoch in which only presences were said is open too, as far as the thief could follow.
  const followed = findings.chain.filter(({ framesOpened }) => framesOpened > 0);
  const last = Math.max(theft.epoch, ...[...exposed, ...followed].map(({ epoch }) => epoch));
  const healedAt = messages.findIndex((message) => message.epoch > last);
  const epoch = truth.epochs.find(
    (each) => each.channel === truth.channel && each.epoch === last + 1,
  );
  if (healedAt === -1 || epoch === undefined) {
    return { ...none, metrics: [count("heal.messages", null, "not healed in this run")] };
  }
  const before = messages.filter(
    (message, index) => message.atMs >= theft.atMs && index < healedAt,
  ).length;
  const how = `${epoch.began} by ${epoch.committer ?? "nobody"}`;
  const words = `sent from the theft until epoch ${epoch.epoch} (${how}) ended the reading`;
  return {
    metrics: [count("heal.messages", before, words)],
    by: epoch.committer,
    how,
    at: healedAt,
  };
}

function expiredMetrics(ways: ReadonlyMap<string, Way>, truth: Truth): Metric[] {
  if (truth.expired.length === 0) return [];
  return [
    share({
      id: "expired.read",
      hits: truth.expired.filter((id) => ways.has(id)).length,
      of: truth.expired.length,
      words: "of the texts whose timer had run out were read all the same",
    }),
  ];
}
