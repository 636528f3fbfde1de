import { join } from "node:path";
import { quantile } from "simple-statistics";
import { stillOut } from "../algorithms/heartbeats.ts";
import { delayClaims, delayParams, tellDelay } from "../attacks/endless-delay.ts";
import { stageAndAttack } from "../attempt.ts";
import type { Metric } from "../metric.ts";
import { count, metricValue, share } from "../metrics.ts";
import type { Control } from "../result.ts";
import { settingsOf } from "../settings.ts";
import { chanceTail, wilson } from "../statistics.ts";
import { levelControl } from "./chance-control.ts";
import { delayFigures } from "./delay-figures.ts";
import { type Judged, judge } from "./delay-judge.ts";
import { type DelayTruth, delayTruth, delayWorld, stageDelay } from "./delay-stage.ts";
import { type ControlPlan, defineRig, type Rig, type Score } from "./rig.ts";

/** A hotline on which everything is late and some of it never comes: which is which? */
export const endlessDelay = defineRig<DelayTruth>({
  algorithm: "endless-delay",
  defences: {
    /** The product's constant slots, which leave whether or not there is something to say. */
    heartbeat: ["off", "slots"],
    /** Whether each letter also goes by a channel that the adversary does not carry. */
    relays: ["one", "two"],
    /** Circumstance: how frames are late. */
    tail: ["exponential", "heavy"],
  },
  metrics: [
    "latency.p50",
    "latency.p95",
    "deadline.missed",
    "detect.seconds",
    "alarm.false_per_day",
    "suppressed.recall",
    "suppressed.precision",
    "last.named",
  ],
  facts: ["suppressed.counters", "frames.carried", "last.told_by", "blind.after", "wait.seconds"],
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
    const found = of("suppressed.recall");
    const when = pairWords(of("detect.seconds")?.value ?? null, of("alarm.false_per_day"));
    const last = run.facts["last.told_by"];
    const end =
      last === null
        ? ""
        : ` The last letter, swallowed too and with nothing behind it, was told by ${last}.`;
    return `${found?.hits ?? 0} of ${found?.of ?? 0} swallowed frames were told from late ones: ${when}.${end}`;
  },
  limits: () => [
    "How long each frame is held is given by the scenario (ASSUMED: exponential, or log-normal of the same mean under `tail: heavy`; whole minutes, independent, so frames overtake each other); clients, slots, counters and relays are the product's own.",
    "The adversary knows when letters are written and swallows the next frame on the line; it opens nothing. With slots that frame may be cover, so fewer letters than frames may be lost.",
    "The rule is applied to the finished log: with heartbeats it takes the earliest arrival of all as the clock of the slots, which a reader at the time knows from the agreed slots.",
    "No false alarm in a day or two of one line says little of how rare they are: the interval stands with the number, and the curve over the rules shows the trade.",
    "Behind the last frame that came nobody can tell, from one line without heartbeats, whether anything more was said: not late, not swallowed, not even written. Waiting longer changes nothing of that.",
    "The rule asks for one frame that is long out; the reference `silence` asks for several in a row, which a frame swallowed alone never shows.",
    "The second relay is a real one that nobody holds up, and writer and reader have a device of their own for it. A copy says that a letter was written; that it is not merely late on the first line is known after the same wait. Who holds up both lines is not staged.",
    "The rule is the lab's. The product's own alarm (`slots-missed`) asks for four slots in a row in which nothing came at all, which a frame swallowed alone never shows.",
    "Nothing of 1962 is measured: the incident grounds the question, not the numbers.",
  ],
});

/** How late the alarm comes and how often for nothing: never one without the other. */
function pairWords(seconds: number | null, falseAlarms: Metric | undefined): string {
  const rate = (falseAlarms?.value ?? 0).toFixed(1);
  const [low, high] = falseAlarms?.interval ?? [0, 0];
  const alarms = `${rate} false alarms a day (95 %: ${low.toFixed(1)} to ${high.toFixed(1)})`;
  return seconds === null
    ? `no alarm; ${alarms}`
    : `${(seconds / 60).toFixed(0)} minutes after it in the middle, ${alarms}`;
}

function scoreDelay(raw: unknown, truth: DelayTruth): Score {
  const claims = raw === null ? null : delayClaims.parse(raw);
  const judged = judge(claims ?? { suppressed: [], compared: [] }, truth);
  const { named, missed } = judged;
  const last = truth.swallowed.find(({ isLast }) => isLast);
  return {
    metrics: [...latencyMetrics(truth, missed), ...alarmMetrics(judged, truth)],
    facts: {
      // Behind the last frame that came no log holds a gap, so nobody is asked for that one's count.
      "suppressed.counters":
        truth.swallowed
          .filter(({ isLast }) => !isLast)
          .map(({ counter }) => counter)
          .join(", ") || null,
      "frames.carried": truth.frames,
      "last.told_by": last === undefined ? null : judged.toldBy(last),
      "blind.after": claims?.blindAfter ?? null,
      "wait.seconds": truth.waitMs / 1_000,
    },
    headline: {
      value: `${missed} of ${truth.letters.length}`,
      words: `letters missed their deadline; ${named} of ${truth.swallowed.length} swallowed ones were named`,
      leaks: missed > 0,
    },
    figures: claims === null ? [] : delayFigures(claims, truth),
  };
}

function latencyMetrics({ letters }: DelayTruth, missed: number): Metric[] {
  const waits = letters.flatMap(({ sentAt, readAt }) =>
    readAt === null ? [] : [(readAt - sentAt) / 1_000],
  );
  const latency = (p: number) => (waits.length === 0 ? null : quantile(waits, p));
  const read = `of ${waits.length} letters that were read`;
  return [
    count("latency.p50", latency(0.5), `median from written to read, ${read}`, "seconds"),
    count("latency.p95", latency(0.95), `95th percentile, ${read}`, "seconds"),
    share({
      id: "deadline.missed",
      hits: missed,
      of: letters.length,
      words: "of the letters were not read in time, or never",
    }),
  ];
}

function alarmMetrics(judged: Judged, truth: DelayTruth): Metric[] {
  const { named, wrong, seconds, falsePerDay, days } = judged;
  const clean = truth.frames + truth.copies - truth.swallowed.length;
  const scale = clean / days;
  const [low, high] = wilson(Math.min(wrong, clean), clean) ?? [0, 0];
  const falseAlarms: Metric = {
    ...count(
      "alarm.false_per_day",
      falsePerDay,
      `alarms a day over what was only late, ${wrong} in ${clean} frames and copies (95 %: ${(low * scale).toFixed(1)} to ${(high * scale).toFixed(1)})`,
      "count",
    ),
    interval: [low * scale, high * scale],
  };
  const last = truth.swallowed.filter(({ isLast }) => isLast);
  const waited = `the rule waits ${truth.waitMs / 1_000}`;
  return [
    count(
      "detect.seconds",
      seconds,
      `median from swallowed to alarm (${waited}), with ${falsePerDay.toFixed(1)} false alarms a day`,
      "seconds",
    ),
    falseAlarms,
    share({
      id: "suppressed.recall",
      hits: named,
      of: truth.swallowed.length,
      words: "of the swallowed frames were named",
    }),
    share({
      id: "suppressed.precision",
      hits: named,
      of: named + wrong,
      words: "of the frames that were named had been swallowed",
    }),
    share({
      id: "last.named",
      hits: last.filter((each) => judged.toldBy(each) !== "nobody").length,
      of: last.length,
      words: "of the last letters, behind which nothing comes, were named",
    }),
  ];
}

/** With heartbeats what is swallowed must be named; where all is late and nothing swallowed, no more than chance. */
async function delayControls({ scenario, seed, out }: ControlPlan, rig: Rig): Promise<Control[]> {
  const params = delayWorld.parse(scenario.world.params);
  const rule = delayParams.parse(scenario.attack.params);
  const chance = stillOut({ ...rule, delay: params.delay });
  const runWith = async (kind: Control["kind"], name: string, suppress: number) => {
    const last = kind === "positive" && params.last;
    const world = { ...scenario.world, params: { ...params, suppress, last } };
    const always = { heartbeat: "slots", relays: "one", tail: "exponential" };
    const settings = { ...settingsOf(scenario, {}), ...always };
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
