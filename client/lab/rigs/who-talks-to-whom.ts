import { mean } from "simple-statistics";
import type { z } from "zod";
import type { CurveFigure } from "#client/charts/figure.ts";
import { tellWhoTalks, whoTalksClaims, whoTalksParams } from "../attacks/who-talks-to-whom.ts";
import type { Metric } from "../metric.ts";
import { count, share } from "../metrics.ts";
import { seeded } from "../seeded.ts";
import { chanceTail } from "../statistics.ts";
import { deliveryControls } from "./crowd-controls.ts";
import { type CrowdTruth, crowdTruth, crowdWorld, stageCrowd } from "./crowd-stage.ts";
import { defineRig, type Score } from "./rig.ts";

/** Share of targets whose correspondent must be found. */
const goal = 0.95;

/** Receipts that betray the pair, in a log of deliveries without senders. */
export const whoTalksToWhom = defineRig<CrowdTruth>({
  algorithm: "who-talks-to-whom",
  defences: { receipts: ["immediate", "quantised", "product", "off"] },
  metrics: ["ident.top1", "ident.n95", "ident.early", "ident.sda", "ident.hitting"],
  facts: ["envoy.line", "correspondent.line", "correspondent.guess", "messages.most"],
  world: crowdWorld,
  params: whoTalksParams,
  truth: crowdTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  stage: stageCrowd,
  score: (findings, truth) => scoreCrowd(findings.claims, truth),
  tell: tellWhoTalks,
  controls: deliveryControls,
  sentence(_scenario, run) {
    const top = run.metrics.find(({ id }) => id === "ident.top1");
    const need = run.metrics.find(({ id }) => id === "ident.n95");
    const first = `From a log that names no sender, the correspondent of ${top?.hits ?? 0} of ${top?.of ?? 0} persons was found`;
    const second =
      need?.value == null
        ? `19 of 20 were not found in ${run.facts["messages.most"] ?? 0} messages`
        : `${need.value} messages are enough for 19 of 20`;
    return `${first}; ${second}.`;
  },
  limits: () => [
    "The operator is taken to log deliveries by network address, and to drop who sent (ASSUMED); with senders, or with mailbox names, one message is enough and no receipt is needed.",
    "Nobody dials through Tor or a shared address (ASSUMED); a VPN of one's own changes nothing.",
    "Martiny and others (2021) attack a service of millions by its own traffic; here dozens of real clients talk for some hours, so how many messages are needed holds for this crowd.",
    "That a number was not reached in so many messages says nothing of longer logs.",
  ],
});

function scoreCrowd(claims: unknown, truth: CrowdTruth): Score {
  const parsed = claims === null ? null : whoTalksClaims.parse(claims);
  const found = new Map((parsed?.targets ?? []).map((target) => [target.line, target]));
  const targets = truth.targets.map(({ line, partner }) => ({ partner, claim: found.get(line) }));
  const chance = 1 / (truth.users - 1);
  const hits = (right: (each: (typeof targets)[number]) => boolean) => targets.filter(right).length;
  const of = targets.length;
  const top = share({
    id: "ident.top1",
    ...{ hits: hits(({ claim, partner }) => claim?.guess === partner), of, chance },
    words: `of the correspondents were named alone and first, of ${truth.users - 1} candidates each`,
  });
  const curve = curveOf(targets, parsed?.draws ?? 1);
  const most = curve.length;
  const below = curve.findLastIndex(({ y }) => y < goal);
  const need = below === most - 1 ? null : (curve[below + 1]?.x ?? null);
  const envoy = truth.targets[0];
  return {
    metrics: [
      top,
      count(
        "ident.n95",
        need,
        need === null
          ? `not reached in ${most} messages`
          : `deliveries to a person after which its correspondent is named in 19 of 20 draws, and from then on`,
      ),
      earlyOf(curve),
      share({
        id: "ident.sda",
        ...{ hits: hits(({ claim, partner }) => claim?.disclosed === partner), of, chance },
        words: "of the correspondents were first by statistical disclosure",
      }),
      share({
        id: "ident.hitting",
        hits: hits(({ claim, partner }) => claim?.hitting?.includes(partner) ?? false),
        of,
        words: "of the correspondents were in the only set of so few that meets every epoch",
      }),
    ],
    facts: {
      "envoy.line": envoy?.line ?? null,
      "correspondent.line": envoy?.partner ?? null,
      "correspondent.guess": found.get(envoy?.line ?? "")?.guess ?? null,
      "messages.most": most,
    },
    headline: {
      value: top.value === null ? "–" : `${Math.round(100 * top.value)}%`,
      words: `of ${of} correspondents found; guessing gives ${(100 * chance).toFixed(1)}%`,
      leaks: chanceTail(top.hits ?? 0, of, chance) < 0.001,
    },
    figures: curve.length === 0 ? [] : [figureOf(curve, chance)],
  };
}

/** So few messages are a talk of one evening. */
const early = 10;

/** How far the attack has come after ten messages: what a paired comparison is made of. */
function earlyOf(curve: readonly Point[]): Metric {
  const point = curve[Math.min(early, curve.length) - 1];
  const after = Math.min(early, curve.length);
  const words = `of the draws name the right correspondent after ${after} messages; bootstrap over persons`;
  const interval =
    point === undefined || point.low === null || point.high === null
      ? null
      : ([point.low, point.high] as const);
  return { ...count("ident.early", point?.y ?? null, words, "share"), interval };
}

type Point = CurveFigure["series"][number]["points"][number];

/** The mean share of draws that name the right one, by messages, with a bootstrap interval over targets. */
function curveOf(
  targets: readonly {
    readonly partner: string;
    readonly claim: z.infer<typeof whoTalksClaims>["targets"][number] | undefined;
  }[],
  draws: number,
): Point[] {
  const most = Math.min(...targets.map(({ claim }) => claim?.steps.length ?? 0));
  if (!Number.isFinite(most)) return [];
  const choices = seeded("targets", targets.length);
  return Array.from({ length: most }, (_, at) => {
    const shares = targets.map(({ claim, partner }) => {
      return (claim?.steps[at]?.named[partner] ?? 0) / draws;
    });
    const again = Array.from({ length: 400 }, () => mean(shares.map(() => choices.pick(shares))));
    again.sort((a, b) => a - b);
    const [low, high] = [again[9] ?? null, again[389] ?? null];
    return { x: at + 1, y: mean(shares), low, high };
  });
}

function figureOf(points: readonly Point[], chance: number): CurveFigure {
  return {
    kind: "curve",
    id: "found-by-messages",
    title: "Correspondents found, by messages seen",
    caption:
      "Each message that is answered at once moves the right one up; the band is the 95 % interval over persons.",
    x: { label: "deliveries to the person", scale: "linear" },
    y: { label: "share of correspondents named alone and first", scale: "linear" },
    series: [{ name: "epochs against random epochs", points }],
    chance,
  };
}
