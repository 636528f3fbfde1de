import { mean } from "simple-statistics";
import type { z } from "zod";
import type { TimelineFigure } from "#client/charts/figure.ts";
import { balancedAccuracy } from "../algorithms/receipt-clock.ts";
import { awakeClaims, awakeParams, tellAwake } from "../attacks/awake-at-three.ts";
import type { Metric } from "../metric.ts";
import { count } from "../metrics.ts";
import { seeded } from "../seeded.ts";
import { awakeControls } from "./awake-controls.ts";
import { type AwakeTruth, awakeTruth, awakeWorld, stageAwake } from "./awake-stage.ts";
import { defineRig, type Score } from "./rig.ts";

const hourMs = 3_600_000;

/** A member who probes, and the delays of receipts that tell when a device sleeps. */
export const awakeAtThree = defineRig<AwakeTruth>({
  algorithm: "awake-at-three",
  defences: { receipts: ["immediate", "quantised", "product", "off"] },
  metrics: ["sleep.accuracy", "sleep.mixture", "sleep.p", "sleep.answered"],
  facts: ["envoy.asleep", "envoy.guess", "probes.each"],
  world: awakeWorld,
  params: awakeParams,
  truth: awakeTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  stage: stageAwake,
  score: (findings, truth) => scoreAwake(findings.claims, truth),
  tell: tellAwake,
  controls: awakeControls,
  sentence(_scenario, run) {
    const accuracy = run.metrics.find(({ id }) => id === "sleep.accuracy")?.value ?? null;
    const p = run.metrics.find(({ id }) => id === "sleep.p")?.value ?? 1;
    const probes = `${run.facts["probes.each"] ?? 0} probes of each person`;
    if (p >= 0.05) return `With ${probes}, the nights could not be told from guesses in this run.`;
    return `With ${probes}, each hour was rightly called day or night with a balanced accuracy of ${(accuracy ?? 0.5).toFixed(2)}; guessing gives 0.50.`;
  },
  limits: () => [
    "How late a sleeping device takes what has arrived is given by the scenario (ASSUMED: exponential delays); the messages, receipts and clocks are the product's own.",
    "The prober is a member, and every probe is a text that is seen. The paper (Gegenhuber and others, 2025) probes strangers unseen, by reactions to messages that do not exist; here nothing answers whoever is not in the channel.",
    "One night of one length for each person. Places, and which device answers, are not asked for.",
    "That nothing was told from so many probes says nothing of more of them.",
  ],
});

interface Night {
  readonly truth: readonly boolean[];
  readonly guess: readonly boolean[];
  readonly mixture: readonly boolean[];
}

function scoreAwake(raw: unknown, truth: AwakeTruth): Score {
  const claims = raw === null ? null : awakeClaims.parse(raw);
  const nights = truth.people.map(({ person, from, until }): Night => {
    const times = truth.probes.filter((probe) => probe.person === person).map(({ atMs }) => atMs);
    const claim = claims?.people.find((each) => each.person === person);
    const [stretch, mixed] = [new Set(claim?.asleep ?? []), new Set(claim?.asleepByMixture ?? [])];
    return {
      truth: times.map((atMs) => atMs >= from && atMs < until),
      guess: times.map((atMs) => stretch.has(atMs)),
      mixture: times.map((atMs) => mixed.has(atMs)),
    };
  });
  const p = shiftedP(nights);
  const accuracy = accuracyOf(
    "sleep.accuracy",
    nights,
    ({ guess }) => guess,
    "by one slow stretch",
  );
  const answered = claims?.people.reduce((sum, each) => sum + each.answered, 0) ?? 0;
  const [envoy] = truth.people;
  const guess = claims?.people.find(({ person }) => person === envoy?.person);
  const hourOf = (atMs: number | null | undefined) =>
    atMs == null ? null : new Date(atMs).getUTCHours();
  const value = accuracy.value ?? 0.5;
  return {
    metrics: [
      accuracy,
      accuracyOf("sleep.mixture", nights, ({ mixture }) => mixture, "probe by probe, by a mixture"),
      count("sleep.p", p, "chance that nights shifted by any hours are hit as well", "share"),
      count("sleep.answered", answered, `of ${truth.probes.length} probes were confirmed`, "count"),
    ],
    facts: {
      "envoy.asleep": hourOf(envoy?.from),
      "envoy.guess": hourOf(guess?.from),
      "probes.each": nights[0]?.truth.length ?? 0,
    },
    headline: {
      value: value.toFixed(2),
      words: "balanced accuracy of day and night; guessing gives 0.50",
      leaks: p < 0.001,
    },
    figures: claims === null ? [] : [figureOf(claims, truth)],
  };
}

/** The mean over persons, with a bootstrap interval over them. */
function accuracyOf(
  id: string,
  nights: readonly Night[],
  guessOf: (night: Night) => readonly boolean[],
  how: string,
): Metric {
  const each = nights.map((night) => balancedAccuracy(night.truth, guessOf(night)) ?? 0.5);
  const choices = seeded(id, each.length);
  const again = Array.from({ length: 1_000 }, () => mean(each.map(() => choices.pick(each))));
  again.sort((a, b) => a - b);
  const words = `balanced accuracy of asleep and awake ${how}, mean over ${each.length} persons; bootstrap over them`;
  const interval = [again[24] ?? 0, again[974] ?? 1] as const;
  return { ...count(id, mean(each), words, "share"), chance: 0.5, interval };
}

/** Everybody's night moved round the clock by chance: how often is it hit as well (Phipson and Smyth 2010)? */
function shiftedP(nights: readonly Night[]): number {
  const choices = seeded("shifted nights", nights.length);
  const meanOf = (shift: (length: number) => number) =>
    mean(
      nights.map(({ truth, guess }) => {
        const by = shift(truth.length);
        const moved = truth.map((_, at) => truth[(at + by) % truth.length] ?? false);
        return balancedAccuracy(moved, guess) ?? 0.5;
      }),
    );
  const own = meanOf(() => 0);
  const draws = 2_000;
  let reached = 0;
  for (let draw = 0; draw < draws; draw++) {
    if (meanOf((length) => choices.below(length)) >= own - 1e-12) reached += 1;
  }
  return (reached + 1) / (draws + 1);
}

function figureOf(claims: z.infer<typeof awakeClaims>, truth: AwakeTruth): TimelineFigure {
  const times = truth.probes.map(({ atMs }) => atMs);
  const bounds = (person: string, from: number | null, until: number | null, words: string) => ({
    name: `${person}, ${words}`,
    events: [
      ...(from === null ? [] : [{ atMs: from, kind: "asleep from" }]),
      ...(until === null ? [] : [{ atMs: until, kind: "awake from" }]),
    ],
  });
  return {
    kind: "timeline",
    id: "nights",
    title: "Nights, as they were and as the receipts tell them",
    caption:
      "For each person the true night and the one that was found; what lies close together leaks.",
    startMs: times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    endMs: times.reduce((a, b) => Math.max(a, b), 0) + hourMs,
    lanes: truth.people.slice(0, 8).flatMap(({ person, from, until }) => {
      const claim = claims.people.find((each) => each.person === person);
      return [
        bounds(person, from, until, "true"),
        bounds(person, claim?.from ?? null, claim?.until ?? null, "found"),
      ];
    }),
    marks: [],
  };
}
