import type { Figure } from "#client/charts/figure.ts";
import { isTooLate } from "../algorithms/mosca.ts";
import type { Findings } from "../attacks/findings.ts";
import {
  type HarvestClaims,
  harvestClaims,
  harvestParams,
  tellHarvest,
} from "../attacks/harvest-now.ts";
import { stageAndAttack } from "../attempt.ts";
import { count, metricValue, share } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import { settingsOf } from "../settings.ts";
import { wilson } from "../statistics.ts";
import { exactControl } from "./chance-control.ts";
import { stageHarvest } from "./harvest-stage.ts";
import { checkHarvest, type HarvestTruth, harvestTruth, harvestWorld } from "./harvest-world.ts";
import { type ControlPlan, defineRig, type Rig, type Score } from "./rig.ts";

type SuiteName = HarvestTruth["epochs"][number]["suite"];
const suiteWords: Readonly<Record<SuiteName, string>> = { x25519: "X25519", xwing: "X-Wing" };

/** A talk that somebody records, to read it when X25519 has fallen. */
export const harvestNow = defineRig<HarvestTruth>({
  algorithm: "harvest-now",
  defences: {
    /** What keys are made with; `switch`: X25519 at first, and founded anew with X-Wing half way. */
    suite: ["x25519", "xwing", "switch"],
    /** How much of what passed was recorded; `no-commit` lacks the first renewal of keys, `disk` all joins. */
    capture: ["whole", "most", "half", "no-commit", "disk"],
    /** After how many lines somebody renews his keys. */
    update: ["never", "every-2", "every-4", "every-8"],
    /** Whose KEM keys the computer of later gives; `hybrid` breaks ML-KEM too. For controls. */
    oracle: ["x25519", "hybrid", "others"],
  },
  metrics: [
    "recovered.fraction",
    "recovered.x25519",
    "recovered.xwing",
    "recovered.wrong",
    "recovered.labels",
    "epochs.read",
    "epochs.secret",
    "doors.opened",
    "doors.half",
    "rotation.x25519",
    "rotation.xwing",
    "rotation.frame.x25519",
    "rotation.frame.xwing",
    "capture.share",
  ],
  facts: ["mosca", "mosca.years", "secret.from", "rotation.growth"],
  world: harvestWorld,
  params: harvestParams,
  truth: harvestTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkHarvest,
  stage: stageHarvest,
  score: scoreHarvest,
  tell: tellHarvest,
  controls: harvestControls,
  sentence: (_scenario, run) => harvestSentence(run),
  limits: (_scenario, run) => [
    "The logarithms are given (ASSUMED): nobody can take one today, and this lab cannot say when. What they open was really opened (EXECUTED).",
    "The code's words are not needed once a share's logarithm is known; but the share is a multiple of a point that the words choose, so that a real computer has to try words too (CPace is said to be quantum-annoying: a logarithm for each guess). The lab gives it the right one.",
    `Closed means closed to X25519's keys and to nothing more: ${metricValue(run.metrics, "doors.half") ?? 0} joins whose X25519 half was known did not open. Whoever breaks ML-KEM-768 too reads all: a control shows it.`,
    "A recording whose joins are missing has no beginning: frames are sealed by keys of the epoch, and not even a public key is seen. TLS on the way, which falls with X25519 as well, is left out: the relay's operator has no need of it.",
    "Founding anew is by fresh clients; nothing of the old channel goes into the new one's keys.",
  ],
});

function scoreHarvest(findings: Findings, truth: HarvestTruth): Score {
  const claims = harvestClaims.parse(findings.claims);
  const known = new Map(truth.texts.map(({ id, text }) => [id, text]));
  const right = findings.read.filter(({ id, text }) => id !== null && known.get(id) === text);
  const read = new Set(right.map(({ id }) => id));
  const said = truth.epochs.map(({ suite, epoch }, at) => {
    const texts = truth.texts.filter((each) => each.at === at);
    return { suite, epoch, of: texts.length, hits: texts.filter(({ id }) => read.has(id)).length };
  });
  const bySuite = (suite: SuiteName, words: string) => {
    const mine = said.filter((each) => each.suite === suite);
    const sum = (field: "hits" | "of") => mine.reduce((total, each) => total + each[field], 0);
    return share({ id: `recovered.${suite}`, hits: sum("hits"), of: sum("of"), words });
  };
  const secret = said.filter(({ hits }) => hits === 0);
  const labels = truth.members.filter((label) => findings.labels.includes(label));
  const prices = pricesOf(truth);
  const of = truth.texts.length;
  return {
    metrics: [
      share({ id: "recovered.fraction", hits: read.size, of, words: "of all messages were read" }),
      bySuite("x25519", "of the messages under X25519 were read"),
      bySuite("xwing", "of the messages under X-Wing were read"),
      count("recovered.wrong", findings.read.length - right.length, "texts that nobody said"),
      share({
        ...{ id: "recovered.labels", hits: labels.length, of: truth.members.length },
        words: "of the labels stood in a KeyPackage that was opened",
      }),
      count(
        "epochs.read",
        said.length - secret.length,
        "epochs of which something was read",
        "count",
      ),
      count("epochs.secret", secret.length, "epochs of which nothing was read", "count"),
      ...doorMetrics(claims),
      ...prices.metrics,
      share({
        ...{ id: "capture.share", hits: truth.recorded.lines, of: truth.recorded.of },
        words: "of what passed was recorded",
      }),
    ],
    facts: {
      mosca: isTooLate(truth.years) ? "late" : "in time",
      "mosca.years": truth.years.secrecy + truth.years.migration - truth.years.computer,
      "secret.from": secretFrom(said),
      "rotation.growth": prices.growth,
    },
    headline: {
      value: `${Math.round((100 * read.size) / Math.max(1, of))}%`,
      words: `${read.size} of ${of} messages read, in ${said.length - secret.length} of ${said.length} epochs`,
      leaks: read.size > 0,
    },
    figures: [byEpoch(said), ...byShare(claims, of)],
  };
}

interface SaidEpoch {
  readonly suite: SuiteName;
  readonly epoch: number;
  readonly hits: number;
  readonly of: number;
}

/** The first epoch, counted from 1, from which on nothing was read; null where the last one was. */
function secretFrom(said: readonly SaidEpoch[]): number | null {
  const last = said.findLastIndex(({ hits }) => hits > 0);
  return last === said.length - 1 ? null : last + 2;
}

function doorMetrics({ doors }: HarvestClaims) {
  return [
    share({
      ...{ id: "doors.opened", hits: doors.opened, of: doors.seen },
      words: "of the recorded joins gave up KeyPackage and Welcome",
    }),
    count(
      "doors.half",
      doors.half,
      "Welcomes that stayed closed although the X25519 half was known",
      "count",
    ),
  ];
}

/** What renewing one's keys costs: the mean MLS message, and the mean frame that carries it. */
function pricesOf({ rotations }: HarvestTruth) {
  const mean = (suite: SuiteName, field: "message" | "frame"): number | null => {
    const mine = rotations.filter((each) => each.suite === suite);
    const sum = mine.reduce((total, each) => total + each[field], 0);
    return mine.length === 0 ? null : Math.round(sum / mine.length);
  };
  const names: readonly SuiteName[] = ["x25519", "xwing"];
  const metrics = names.flatMap((suite) => [
    count(
      `rotation.${suite}`,
      mean(suite, "message"),
      `bytes of a commit that renews keys, with ${suiteWords[suite]} (mean)`,
      "bytes",
    ),
    count(
      `rotation.frame.${suite}`,
      mean(suite, "frame"),
      `bytes of the frame around it, with ${suiteWords[suite]} (mean)`,
      "bytes",
    ),
  ]);
  const [classic, xwing] = [mean("x25519", "message"), mean("xwing", "message")];
  const isBoth = classic !== null && xwing !== null;
  return { metrics, growth: isBoth ? xwing - classic : null };
}

function byEpoch(said: readonly SaidEpoch[]): Figure {
  return {
    kind: "bars",
    id: "recovered-by-epoch",
    title: "Read of each epoch, once X25519 has fallen",
    caption:
      "Each bar is one epoch, in order, with the suite of its keys. What was said under X25519 stays open for ever; a new suite closes what comes after it.",
    y: { label: "share read", scale: "linear" },
    // Every text of an epoch was tried: there is nothing to infer from a sample.
    bars: said.map(({ suite, hits, of }, at) => {
      return { name: `${at + 1} ${suiteWords[suite]}`, value: hits / of, low: null, high: null };
    }),
    chance: null,
  };
}

/** The mean over all rounds. Wilson's interval for so many rounds is wide enough for any share from 0 to 1. */
function byShare({ thinned }: HarvestClaims, of: number): Figure[] {
  if (thinned.length === 0) return [];
  const points = thinned.map(({ percent, read }) => {
    const sum = read.reduce((total, hits) => total + hits / Math.max(1, of), 0);
    const [low, high] = wilson(sum, read.length) ?? [null, null];
    return { x: percent, y: sum / read.length, low, high };
  });
  return [
    {
      kind: "curve",
      id: "recovered-by-completeness",
      title: "Read from a part of the recording",
      caption: `The attack carried out again on lines drawn by lot, ${thinned[0]?.read.length ?? 0} times each. One lost commit, or one lost line of a join, closes all that hangs on it.`,
      x: { label: "percent recorded", scale: "linear" },
      y: { label: "share read", scale: "linear" },
      series: [{ name: "read", points }],
      chance: null,
    },
  ];
}

/** With all logarithms everything opens; with other people's keys, or against X-Wing with X25519's, nothing does. */
async function harvestControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const runWith = (name: string, change: Record<string, string>) =>
    stageAndAttack(rig, {
      ...{ scenario, seed, out: `${out}/controls/${name}` },
      settings: { ...settingsOf(scenario, {}), capture: "whole", ...change },
    });
  const control = async (
    kind: Control["kind"],
    name: string,
    words: string,
    change: Record<string, string>,
  ): Promise<Control> => {
    const run = await runWith(name, change);
    const read = run.metrics.find(({ id }) => id === "recovered.fraction");
    const [hits, of] = [read?.hits ?? 0, read?.of ?? 0];
    const what = "messages read";
    return exactControl({ kind, name: words, bundle: run.bundle, hits, of, what });
  };
  return [
    await control("positive", "open", "X25519 and every logarithm", { suite: "x25519" }),
    await control("positive", "hybrid", "X-Wing, and ML-KEM-768 broken as well", {
      ...{ suite: "xwing", oracle: "hybrid" },
    }),
    await control("null", "closed", "X-Wing, and every X25519 logarithm", { suite: "xwing" }),
    await control("null", "others", "X25519, and other people's keys", {
      ...{ suite: "x25519", oracle: "others" },
    }),
  ];
}

function harvestSentence(run: ScoredRun): string {
  const recovered = run.metrics.find(({ id }) => id === "recovered.fraction");
  const [hits, of] = [recovered?.hits ?? 0, recovered?.of ?? 0];
  const read = metricValue(run.metrics, "epochs.read") ?? 0;
  const secret = metricValue(run.metrics, "epochs.secret") ?? 0;
  if (hits === 0) return `The recording was kept for years and gave up none of ${of} messages.`;
  return `Years later the recording gave up ${hits} of ${of} messages: ${read} of ${read + secret} epochs lay open, ${secret} did not.`;
}
