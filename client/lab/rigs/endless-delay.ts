import { join } from "node:path";
import { quantile } from "simple-statistics";
import type { z } from "zod";
import type { CurveFigure } from "#client/charts/figure.ts";
import { stillOut } from "../algorithms/heartbeats.ts";
import { delayClaims, delayParams, tellDelay } from "../attacks/endless-delay.ts";
import { stageAndAttack } from "../attempt.ts";
import { count, metricValue, share } from "../metrics.ts";
import type { Control } from "../result.ts";
import { settingsOf } from "../settings.ts";
import { chanceTail } from "../statistics.ts";
import { levelControl } from "./chance-control.ts";
import { type DelayTruth, delayTruth, delayWorld, stageDelay } from "./delay-stage.ts";
import { type ControlPlan, defineRig, type Rig, type Score } from "./rig.ts";

type Claims = z.infer<typeof delayClaims>;
type Alarms = Claims["suppressed"];

/** A hotline on which everything is late and some of it never comes: which is which? */
export const endlessDelay = defineRig<DelayTruth>({
  algorithm: "endless-delay",
  defences: {
    /** The product's constant slots, which leave whether or not there is something to say. */
    heartbeat: ["off", "slots"],
    /** Whether each letter also goes by a channel that the adversary does not carry. */
    relays: ["one", "two"],
  },
  metrics: [
    "latency.p50",
    "latency.p95",
    "deadline.missed",
    "detect.seconds",
    "alarm.false_per_day",
    "suppressed.recall",
    "suppressed.precision",
  ],
  facts: ["suppressed.counters", "frames.carried"],
  world: delayWorld,
  params: delayParams,
  truth: delayTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  stage: stageDelay,
  score: (findings, truth) => scoreDelay(findings.claims, truth),
  tell: tellDelay,
  controls: delayControls,
  sentence(_scenario, run) {
    const of = (id: string) => run.metrics.find((metric) => metric.id === id);
    const [found, late] = [of("suppressed.recall"), of("detect.seconds")?.value];
    const when = late == null ? "" : `, ${(late / 60).toFixed(0)} minutes later in the middle`;
    return `${found?.hits ?? 0} of ${found?.of ?? 0} swallowed frames were told from late ones${when}; ${(of("alarm.false_per_day")?.value ?? 0).toFixed(1)} false alarms a day.`;
  },
  limits: () => [
    "How long each frame is held is given by the scenario (ASSUMED: exponential, whole minutes, independent, so frames overtake each other); clients, slots, counters and the relay are the product's own.",
    "The adversary knows when letters are written and swallows the next frame on the line; it opens nothing. With slots that frame may be cover, so fewer letters than frames may be lost.",
    "The rule is applied to the finished log: with heartbeats it takes the earliest arrival of all as the clock of the slots, which a reader at the time knows from the agreed slots.",
    "No false alarm in a day or two of one line says little of how rare they are: the curve over the rules shows the trade, in one run.",
    "The rule asks for one frame that is long out; the reference `silence` asks for several in a row, which a frame swallowed alone never shows.",
    "The second channel runs over the same relay by a line that nobody delays: it stands for a second relay. It is used to read letters in time, not to name what was swallowed.",
    "Nothing of 1962 is measured: the incident grounds the question, not the numbers.",
  ],
});

function judge(alarms: Alarms, truth: DelayTruth) {
  const swallowedAt = new Map(truth.swallowed.map(({ counter, atMs }) => [counter, atMs]));
  const right = alarms.filter(({ counter }) => swallowedAt.has(counter));
  const after = right.map(({ counter, atMs }) => (atMs - (swallowedAt.get(counter) ?? 0)) / 1_000);
  const days = (truth.endMs - truth.startMs) / 86_400_000;
  return {
    right: right.length,
    wrong: alarms.length - right.length,
    seconds: after.length === 0 ? null : quantile(after, 0.5),
    falsePerDay: (alarms.length - right.length) / days,
  };
}

function scoreDelay(raw: unknown, truth: DelayTruth): Score {
  const claims = raw === null ? null : delayClaims.parse(raw);
  const alarms = claims?.suppressed ?? [];
  const { right, wrong, seconds, falsePerDay } = judge(alarms, truth);
  const waits = truth.letters.flatMap(({ sentAt, readAt }) =>
    readAt === null ? [] : [(readAt - sentAt) / 1_000],
  );
  const missed = truth.letters.filter(
    ({ sentAt, readAt }) => readAt === null || readAt > sentAt + truth.deadlineMs,
  ).length;
  const latency = (p: number) => (waits.length === 0 ? null : quantile(waits, p));
  const read = `of ${waits.length} letters that were read`;
  return {
    metrics: [
      count("latency.p50", latency(0.5), `median from written to read, ${read}`, "seconds"),
      count("latency.p95", latency(0.95), `95th percentile, ${read}`, "seconds"),
      share({
        id: "deadline.missed",
        hits: missed,
        of: truth.letters.length,
        words: "of the letters were not read in time, or never",
      }),
      count("detect.seconds", seconds, "median from swallowed to alarm", "seconds"),
      count("alarm.false_per_day", falsePerDay, "alarms a day over what was only late", "count"),
      share({
        id: "suppressed.recall",
        hits: right,
        of: truth.swallowed.length,
        words: "of the swallowed frames were named",
      }),
      share({
        id: "suppressed.precision",
        hits: right,
        of: right + wrong,
        words: "of the frames that were named had been swallowed",
      }),
    ],
    facts: {
      "suppressed.counters": truth.swallowed.map(({ counter }) => counter).join(", ") || null,
      "frames.carried": truth.frames,
    },
    headline: {
      value: `${missed} of ${truth.letters.length}`,
      words: `letters missed their deadline; ${right} of ${truth.swallowed.length} swallowed ones were named`,
      leaks: missed > 0,
    },
    figures: claims === null ? [] : [figureOf(claims, truth)],
  };
}

function figureOf(claims: Claims, truth: DelayTruth): CurveFigure {
  const points = claims.sweep.flatMap(({ alarms }) => {
    const { seconds, falsePerDay } = judge(alarms, truth);
    return seconds === null ? [] : [{ x: falsePerDay, y: seconds / 60, low: null, high: null }];
  });
  return {
    kind: "curve",
    id: "detection-by-false-alarms",
    title: "How late the alarm comes, and how often for nothing",
    caption: "Each point is one rule: the fewer missing heartbeats it asks for, the farther right.",
    x: { label: "false alarms a day", scale: "linear" },
    y: { label: "minutes until the alarm", scale: "linear" },
    series: [{ name: "rules", points: points.sort((a, b) => a.x - b.x) }],
    chance: null,
  };
}

/** With heartbeats what is swallowed must be named; where all is late and nothing swallowed, no more than chance. */
async function delayControls({ scenario, seed, out }: ControlPlan, rig: Rig): Promise<Control[]> {
  const params = delayWorld.parse(scenario.world.params);
  const rule = delayParams.parse(scenario.attack.params);
  const chance = stillOut({ ...rule, delay: params.delay });
  const runWith = async (kind: Control["kind"], name: string, suppress: number) => {
    const world = { ...scenario.world, params: { ...params, suppress } };
    const settings = { ...settingsOf(scenario, {}), heartbeat: "slots", relays: "one" };
    const changed = { ...scenario, world };
    const folder = join(out, "controls", kind);
    const run = await stageAndAttack(rig, { scenario: changed, seed, settings, out: folder });
    const alarms = delayClaims.parse(run.findings.claims).suppressed.length;
    const frames = Number(run.facts["frames.carried"] ?? 0);
    const found = metricValue(run.metrics, "suppressed.recall");
    const p = chanceTail(alarms, frames, chance);
    const measured = `${alarms} of ${frames} frames named`;
    const control = levelControl({ kind, name, run }, p, measured, frames > 0);
    return kind === "null" ? control : { ...control, ok: control.ok && found === 1 };
  };
  return [
    await runWith(
      "positive",
      "frames swallowed while heartbeats are on",
      Math.max(3, params.suppress),
    ),
    await runWith("null", "everything late, nothing swallowed", 0),
  ];
}
