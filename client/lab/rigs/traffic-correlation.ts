import type { z } from "zod";
import { clusteredRocInterval, rocOf } from "../algorithms/roc.ts";
import type { Findings } from "../attacks/findings.ts";
import {
  correlationClaims,
  correlationParams,
  sumOf,
  tellCorrelation,
} from "../attacks/traffic-correlation.ts";
import { attemptOn } from "../attempt.ts";
import type { Metric } from "../metric.ts";
import { count, metricValue, share } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { settingsOf } from "../settings.ts";
import { controlLevel, levelControl } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig, type Score } from "./rig.ts";
import { stageTapped, type TappedTruth, tappedTruth, tappedWorld } from "./tapped-stage.ts";

/** Fewer who are not in the channel say nothing of one in a hundred (LEAKLAB 4). */
const othersMin = 300;
/** Permutations of who is in which channel, beside the true one. */
const permutations = 1_999;

/** Who is in the group, from when something comes out of whose line. */
export const trafficCorrelation = defineRig<TappedTruth>({
  algorithm: "traffic-correlation",
  defences: {
    /** `random`: the lab puts frames on each line at random times; `slots`: the product's constant slots. */
    cover: ["none", "random", "slots"],
    /** How late the relay hands on what it has, on average. */
    delay: ["none", "10s", "30s", "2m", "5m", "10m", "20m"],
  },
  metrics: ["link.auc", "link.tpr_at_1pct", "link.event", "link.shape", "link.p", "ident.members"],
  facts: ["insider.line", "group.lines", "group.guess"],
  world: tappedWorld,
  params: correlationParams,
  truth: tappedTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  stage: stageTapped,
  score: scoreTaps,
  tell: tellCorrelation,
  controls: tapControls,
  sentence(_scenario, run) {
    const auc = metricValue(run.metrics, "link.auc");
    const named = run.metrics.find(({ id }) => id === "ident.members");
    const first = `A member's line looks more like the talk than another's in ${Math.round(100 * (auc ?? 0.5))} of 100 pairs`;
    return `${first}; ${named?.hits ?? 0} of ${named?.of ?? 0} members were named from when something came out of their lines.`;
  },
  limits: () => [
    "Somebody inside tells when messages came (ASSUMED), and the lines of all candidates are tapped (ASSUMED); sizes and times are those of real clients on a real relay, written as the packets that a network would carry; the correlation is executed.",
    "How late the network is, is drawn (ASSUMED: exponential); the lines carry the traffic with the relay and nothing else, as after a filter on its address.",
    "Random cover is put on the lines by the lab, for the product has none; slots are the product's own.",
    "With slots all are equal who are in as many channels of as many members: whoever is in another number of them has other numbers of packets in each slot.",
    "Bahramali and others (2020) watch Telegram, WhatsApp and Signal and fit thresholds on their traffic; here scores are compared over all thresholds, and each connection is looked at alone.",
    "An area of one half on these talks is not the same as safe: longer ones have more to compare.",
  ],
});

interface Scored {
  readonly channel: string;
  readonly insider: string;
  readonly line: string;
  readonly event: number;
  readonly shape: number;
}

function scoresIn(findings: Findings): Scored[] {
  if (findings.claims === null) return [];
  return correlationClaims.parse(findings.claims).lists.flatMap(({ insider, channel, scores }) => {
    return scores.map((score) => ({ insider, channel, ...score }));
  });
}

function scoreTaps(findings: Findings, truth: TappedTruth): Score {
  const scores = scoresIn(findings);
  const members = new Map(truth.channels.map((each) => [each.channel, new Set(each.members)]));
  const isMember = ({ channel, line }: Scored) => members.get(channel)?.has(line) ?? false;
  const areas = (["event", "shape"] as const).map((kind) => {
    const words = `area under the ROC curve of the ${kind}-based score alone`;
    return areaOf(`link.${kind}`, scores, isMember, (score) => score[kind], words).auc;
  });
  const words = "area under the ROC curve: members' lines against others'; bootstrap over channels";
  const both = areaOf("link.auc", scores, isMember, sumOf, words);
  const p = permutationTest(scores, truth);
  const named = namedMembers(findings, members);
  const [first] = truth.channels;
  const [insider, ...rest] = first?.members ?? [];
  const guess = scores
    .filter((each) => each.channel === first?.channel && each.insider === insider)
    .slice(0, rest.length);
  const value = both.auc.value;
  return {
    metrics: [
      both.auc,
      both.tpr,
      ...areas,
      {
        ...count(
          "link.p",
          p,
          `share of ${permutations + 1} assignments of lines to persons, the true one among them, that come out as far`,
          "share",
        ),
        chance: 0.5,
      },
      named,
    ],
    facts: {
      "insider.line": insider ?? null,
      "group.lines": [...rest].sort().join(", "),
      "group.guess": guess
        .map(({ line }) => line)
        .sort()
        .join(", "),
    },
    headline: {
      value: value === null ? "–" : value.toFixed(2),
      words: `area for telling members' lines from others'; guessing gives 0.50`,
      leaks: p < controlLevel,
    },
  };
}

function areaOf(
  id: string,
  scores: readonly Scored[],
  isMember: (score: Scored) => boolean,
  scoreOf: (score: Scored) => number,
  words: string,
): { auc: Metric; tpr: Metric } {
  const clusters = [...new Set(scores.map(({ channel }) => channel))].map((channel) => {
    const own = scores.filter((each) => each.channel === channel);
    return {
      members: own.filter(isMember).map(scoreOf),
      others: own.filter((each) => !isMember(each)).map(scoreOf),
    };
  });
  const members = clusters.flatMap((each) => each.members);
  const others = clusters.flatMap((each) => each.others);
  const isMeasured = members.length > 0 && others.length > 0;
  const roc = isMeasured ? rocOf(members, others) : null;
  const around = isMeasured ? clusteredRocInterval(clusters, seeded(id, members.length)) : null;
  const isEnough = others.length >= othersMin;
  const pairs = `${members.length} members' and ${others.length} others' lines`;
  const tprWords = isEnough
    ? `of the members' lines lie above 99 of 100 others'; ${pairs}, bootstrap over channels`
    : `too few: ${others.length} others, and ${othersMin} are needed`;
  return {
    auc: {
      ...count(
        id,
        roc?.auc ?? null,
        isMeasured ? `${words}; ${pairs}` : "nothing to compare",
        "area",
      ),
      interval: around?.auc ?? null,
      chance: 0.5,
    },
    tpr: {
      ...count("link.tpr_at_1pct", isEnough ? (roc?.tprAt1Pct ?? null) : null, tprWords, "share"),
      interval: isEnough ? (around?.tprAt1Pct ?? null) : null,
      chance: 0.01,
    },
  };
}

/** For each insider, as many of the likeliest lines as his channel has other members: how many are right. */
function namedMembers(findings: Findings, members: ReadonlyMap<string, ReadonlySet<string>>) {
  const lists: z.infer<typeof correlationClaims>["lists"] =
    findings.claims === null ? [] : correlationClaims.parse(findings.claims).lists;
  let [hits, of, chances] = [0, 0, 0];
  for (const { channel, scores } of lists) {
    const inside = members.get(channel) ?? new Set();
    const wanted = inside.size - 1;
    hits += scores.slice(0, wanted).filter(({ line }) => inside.has(line)).length;
    of += wanted;
    chances += scores.length === 0 ? 0 : (wanted * wanted) / scores.length;
  }
  return share({
    ...{ id: "ident.members", hits, of, chance: of === 0 ? null : chances / of },
    words: "of the members were among as many likeliest lines as the channel has members",
  });
}

/**
 * How often lines that belong to other persons come out as far, one added to both (Phipson and Smyth 2010):
 * whole lines change places, so what hangs together stays together.
 */
export function permutationTest(scores: readonly Scored[], truth: TappedTruth): number {
  if (scores.length === 0) return 1;
  const ranks = ranksOf(scores.map(sumOf));
  const numbers = new Map(truth.lines.map((line, at) => [line, at]));
  const inside = new Map(
    truth.channels.map(({ channel, members }) => {
      return [channel, new Set(members.map((line) => numbers.get(line)))];
    }),
  );
  const rows = scores.map(({ channel, line, insider }, at) => ({
    rank: ranks[at] ?? 0,
    line: numbers.get(line) ?? 0,
    insider: numbers.get(insider) ?? 0,
    inside: inside.get(channel) ?? new Set<number | undefined>(),
  }));
  const area = (places: readonly number[]): number => {
    let [sum, members] = [0, 0];
    for (const { rank, line, insider, inside } of rows) {
      const place = places[line] ?? 0;
      if (place === insider || !inside.has(place)) continue;
      sum += rank;
      members += 1;
    }
    const others = rows.length - members;
    return (sum - (members * (members + 1)) / 2) / (members * others);
  };
  const own = truth.lines.map((_, at) => at);
  const found = area(own);
  const choices = seeded("permuted lines", truth.lines.length);
  let reached = 0;
  for (let draw = 0; draw < permutations; draw++) {
    if (area(choices.shuffle(own)) >= found - 1e-12) reached += 1;
  }
  return (reached + 1) / (permutations + 1);
}

/** Ranks from 1; who ties shares the mean of theirs. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let at = from; at < to; at++) ranks[order[at] ?? 0] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/** Talks without any defence must show who takes part; with lines that belong to others they must not. */
async function tapControls(plan: ControlPlan, rig: Rig<unknown>): Promise<Control[]> {
  const { seed, out } = plan;
  const scenario = shorter(plan.scenario);
  const settings = { ...settingsOf(scenario, {}), cover: "none", delay: "none" };
  const staged = await rig.stage({ scenario, seed, settings, out: `${out}/controls/open` });
  const open = await attemptOn(rig, scenario, staged, settings);
  const truth = tappedTruth.parse(staged.truth);
  const swapped = { ...staged, truth: swap(truth, seed) };
  const noise = await attemptOn(rig, scenario, swapped, settings);
  return [
    control("positive", "no cover and no delay", open),
    control("null", "the same capture, its lines given to other persons", noise),
  ];
}

/** Controls show whether a rig measures at all: half the time is enough for it. */
function shorter(scenario: Scenario): Scenario {
  const params = tappedWorld.parse(scenario.world.params);
  const changed = { ...params, minutes: Math.max(5, Math.ceil(params.minutes / 2)) };
  return { ...scenario, world: { ...scenario.world, params: changed } };
}

function swap(truth: TappedTruth, seed: number): TappedTruth {
  const mixed = seeded("swapped lines", seed).shuffle(truth.lines);
  const other = (line: string) => mixed[truth.lines.indexOf(line)] ?? line;
  const channels = truth.channels.map(({ channel, members }) => {
    return { channel, members: members.map(other) };
  });
  return { lines: truth.lines, channels };
}

function control(kind: Control["kind"], name: string, run: ScoredRun): Control {
  const value = metricValue(run.metrics, "link.auc");
  const p = metricValue(run.metrics, "link.p") ?? 1;
  const named = run.metrics.find(({ id }) => id === "ident.members");
  const area = `area ${value === null ? "not measured" : value.toFixed(2)}`;
  const measured = `${area}, ${named?.hits ?? 0} of ${named?.of ?? 0} members named`;
  return levelControl({ kind, name, run }, p, measured, value !== null);
}
