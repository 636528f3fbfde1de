import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { TimelineFigure } from "#client/charts/figure.ts";
import { utf8 } from "#shared/bytes.ts";
import { tellTooMany, tooManyClaims } from "../attacks/too-many-channels.ts";
import { stageAndAttack } from "../attempt.ts";
import type { Capture } from "../bundle.ts";
import { openCrowd } from "../crowd.ts";
import { count, share } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { scratchFolder } from "../scratch.ts";
import { seeded } from "../seeded.ts";
import { setting, settingsOf } from "../settings.ts";
import { wilson } from "../statistics.ts";
import { writeEvidence } from "../write-evidence.ts";
import { controlLevel, exactControl, noneAtMost } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig, type Score, type StagePlan } from "./rig.ts";

const minuteMs = 60_000;

const worldParams = z.strictObject({
  /** Channels that there may be: each is a go-between of its own, the n-th n times as slow. */
  channels: z.number().int().min(2).max(6),
  offers: z.number().int().min(4).max(400),
  /** Minutes between offers, on average; they come at random. */
  every: z.number().min(1).max(600),
  /** Minutes until the first channel's go-between looks at his device, on average. */
  delay: z.number().min(0).max(600),
});

const truthSchema = z.strictObject({
  offers: z.array(
    z.strictObject({ id: z.string(), channel: z.number().int(), sentAt: z.number() }),
  ),
  startMs: z.number(),
  endMs: z.number(),
});

type OfferTruth = z.infer<typeof truthSchema>;

/** Several channels between the same two capitals, each with its own delay: which offer is in force? */
export const tooManyChannels = defineRig<OfferTruth>({
  algorithm: "too-many-channels",
  defences: {
    /** Over how many channels offers go, at random. */
    channels: ["one", "two", "all"],
    /** Whether an offer says, under its author's signature, which ones it supersedes: all of lower number. */
    chain: ["off", "signed"],
  },
  metrics: ["regress.rate", "stale.rate", "contradictions", "left.alone"],
  drawn: ["offer.in_force"],
  facts: ["offer.in_force", "channels.used"],
  world: worldParams,
  truth: truthSchema,
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkChannels,
  stage: stageOffers,
  score: (findings, truth) => scoreOffers(findings.claims, truth),
  tell: tellTooMany,
  controls: offerControls,
  sentence(_scenario, run) {
    const of = (id: string) => run.metrics.find((metric) => metric.id === id);
    const [stale, back] = [of("stale.rate"), of("regress.rate")];
    return `Of ${stale?.of ?? 0} offers that the capital acted on, ${stale?.hits ?? 0} had been superseded by then, and ${back?.hits ?? 0} were a step back behind one that it had seen.`;
  },
  limits: () => [
    "How late a go-between looks at his device is given by the scenario (ASSUMED: exponential); the channels, their order and their times are the product's own.",
    "The capital acts on each offer as it comes and asks nobody back.",
    "Offers may overtake each other within one channel elsewhere; on our relay they do not, because a channel is one log: with one channel nothing steps back.",
    "A signed chain ends stepping back. It does not end staleness: delay stays a cost.",
  ],
});

function checkChannels(scenario: Scenario): Fault[] {
  const parsed = worldParams.safeParse(scenario.world.params);
  if (!parsed.success || scenario.world.actors.length === 2) return [];
  return [{ path: ["world", "actors"], message: "there are two capitals" }];
}

function channelsUsed(all: number, value: string): number {
  return value === "one" ? 1 : value === "two" ? 2 : all;
}

async function stageOffers(plan: StagePlan) {
  const { scenario, seed, settings } = plan;
  const { channels, offers, every, delay } = worldParams.parse(scenario.world.params);
  const used = channelsUsed(channels, setting(settings, "channels", "all"));
  const isChained = setting(settings, "chain", "off") === "signed";
  const choices = seeded("offers", seed);
  const naps = seeded("naps", seed);
  const exponential = (from: typeof choices, mean: number) => -Math.log(1 - from.next()) * mean;
  const folder = await scratchFolder("channels");
  // Person 2k offers on channel k, person 2k + 1 is the go-between who carries it into the capital.
  const pairs = Array.from({ length: used }, (_, at) => [2 * at, 2 * at + 1] as const);
  const lines = Array.from({ length: 2 * used }, (_, at) => `198.51.100.${at + 1}`);
  const crowd = await openCrowd({
    ...{ folder, lines, pairs, receipts: null },
    sleepMs: (person) =>
      person % 2 === 0
        ? 0
        : Math.ceil(exponential(naps, delay * minuteMs * (1 + (person - 1) / 2))),
    ...(plan.onProgress === undefined ? {} : { onProgress: plan.onProgress }),
  });
  try {
    const startMs = Math.ceil(crowd.clock.now() / (60 * minuteMs)) * 60 * minuteMs;
    const sent: OfferTruth["offers"] = [];
    let atMs = startMs;
    for (let offer = 0; offer < offers; offer++) {
      atMs += Math.ceil(exponential(choices, every * minuteMs));
      // Drawn for all channels alike, so that the talk is the same whatever is used.
      const pair = choices.below(channels) % used;
      const chain = isChained ? ` [offer ${offer + 1}]` : "";
      const text = `We could live with ${20 + choices.below(60)} lorries a day.${chain}`;
      const { id } = await crowd.say({ atMs, pair, from: 2 * pair, text });
      sent.push({ id, channel: pair, sentAt: atMs });
    }
    const endMs = Math.ceil(atMs + 12 * delay * used * minuteMs + minuteMs);
    await crowd.passUntil(endMs);
    const bundle = await writeEvidence(plan, await transcripts(crowd.people, pairs, endMs));
    const truth = { offers: sent, startMs, endMs };
    return { bundle, truth, cost: { frames: offers, clicks: isChained ? offers : 0 } };
  } finally {
    await crowd.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What each go-between's device shows, one JSON object a line. */
async function transcripts(
  people: Awaited<ReturnType<typeof openCrowd>>["people"],
  pairs: readonly (readonly [number, number])[],
  atMs: number,
): Promise<Capture[]> {
  const captures: Capture[] = [];
  for (const [index, [, reader]] of pairs.entries()) {
    const shown = (await people[reader]?.client.messages(`pair-${index}`)) ?? [];
    const lines = shown
      .filter(({ mine }) => !mine)
      .map(({ id, receivedAt, epoch, seq, body }) =>
        JSON.stringify({ channel: `channel-${index + 1}`, id, receivedAt, epoch, seq, body }),
      );
    const name = `channel-${index + 1}`;
    captures.push({
      ...{ id: name, kind: "transcript", actor: null, atMs },
      note: "What this channel's go-between read, and when",
      files: new Map([[`transcripts/${name}.jsonl`, utf8(`${lines.join("\n")}\n`)]]),
    });
  }
  return captures;
}

function scoreOffers(raw: unknown, truth: OfferTruth): Score {
  const claims = raw === null ? { decisions: [], contradictions: 0 } : tooManyClaims.parse(raw);
  const sentAt = new Map(truth.offers.map(({ id, sentAt: at }) => [id, at]));
  let newest = Number.NEGATIVE_INFINITY;
  let [actions, stale, back] = [0, 0, 0];
  for (const { id, atMs, acted } of claims.decisions) {
    const at = sentAt.get(id);
    if (at === undefined) continue;
    if (acted) {
      actions += 1;
      if (at < newest) back += 1;
      if (truth.offers.some((other) => other.sentAt > at && other.sentAt <= atMs)) stale += 1;
    }
    newest = Math.max(newest, at);
  }
  const last = truth.offers.at(-1)?.id ?? null;
  const used = new Set(truth.offers.map(({ channel }) => channel)).size;
  return {
    metrics: [
      share({
        id: "regress.rate",
        hits: back,
        of: actions,
        words: "of what was acted on was a step back",
      }),
      share({
        id: "stale.rate",
        hits: stale,
        of: actions,
        words: "of what was acted on had been superseded",
      }),
      count("contradictions", claims.contradictions, "times the number acted on changed", "count"),
      count("left.alone", claims.decisions.length - actions, "offers were left alone", "count"),
    ],
    facts: { "offer.in_force": last?.slice(0, 8) ?? null, "channels.used": used },
    headline: {
      value: actions === 0 ? "–" : `${Math.round((100 * back) / actions)}%`,
      words: `of ${actions} actions were a step back, ${stale} on a superseded offer`,
      leaks: back > 0,
    },
    figures: [figureOf(truth, claims.decisions)],
  };
}

function figureOf(
  truth: OfferTruth,
  decisions: readonly { readonly id: string; readonly atMs: number; readonly acted: boolean }[],
): TimelineFigure {
  const channels = [...new Set(truth.offers.map(({ channel }) => channel))].sort((a, b) => a - b);
  const channelOf = new Map(truth.offers.map(({ id, channel }) => [id, channel]));
  return {
    kind: "timeline",
    id: "offers-by-channel",
    title: "When offers went out, and when they were read",
    caption:
      "Each lane is one channel. What was read late was read behind newer offers of the others.",
    startMs: truth.startMs,
    endMs: truth.endMs,
    lanes: channels.map((channel) => ({
      name: `channel ${channel + 1}`,
      events: [
        ...truth.offers
          .filter((offer) => offer.channel === channel)
          .map(({ sentAt }) => ({ atMs: sentAt, kind: "sent" })),
        ...decisions
          .filter(({ id }) => channelOf.get(id) === channel)
          .map(({ atMs, acted }) => ({ atMs, kind: acted ? "acted on" : "left alone" })),
      ],
    })),
    marks: [],
  };
}

/** Offers from which controls can tell a share that is there from one that is not, at 0.1 % on either side. */
const controlOffers = 40;

/** Several slow channels must confuse; with one whose go-between is always awake nothing may be stale. */
async function offerControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const given = worldParams.parse(scenario.world.params);
  const params = { ...given, offers: Math.max(controlOffers, given.offers) };
  const runWith = (
    name: string,
    change: Partial<z.infer<typeof worldParams>>,
    channels: string,
  ) => {
    const world = { ...scenario.world, params: { ...params, ...change } };
    const settings = { ...settingsOf(scenario, {}), channels, chain: "off" };
    const changed = { ...scenario, world };
    return stageAndAttack(rig, {
      scenario: changed,
      seed,
      settings,
      out: join(out, "controls", name),
    });
  };
  const slow = await runWith("slow", { delay: 3 * params.every }, "all");
  const awake = await runWith("awake", { delay: 0 }, "one");
  const what = "offers acted on had been superseded";
  const none = { ...staleIn(awake), bundle: awake.bundle, what };
  const { hits, of } = staleIn(slow);
  // More than the null control could still hide: its upper bound, below this one's lower.
  const [low = 0] = wilson(hits, of, 1 - 2 * controlLevel) ?? [];
  return [
    {
      kind: "positive",
      name: "several channels, three times as slow as offers follow each other",
      expected: "more superseded offers are acted on than the other control excludes, at 0.1 %",
      measured: `${hits} of ${of} ${what}, at least ${(100 * low).toPrecision(2)} %`,
      ok: none.of > 0 && low > noneAtMost(none.of),
      bundle: slow.bundle,
    },
    exactControl({ kind: "null", name: "one channel whose go-between is always awake", ...none }),
  ];
}

function staleIn({ metrics }: ScoredRun): { readonly hits: number; readonly of: number } {
  const stale = metrics.find(({ id }) => id === "stale.rate");
  return { hits: stale?.hits ?? 0, of: stale?.of ?? 0 };
}
