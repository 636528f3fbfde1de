import { mean, sampleStandardDeviation } from "simple-statistics";
import { Failure } from "#shared/failure.ts";
import {
  countFalseAlarms,
  detectionDelay,
  falseAlarm,
  type Heartbeats,
} from "../algorithms/heartbeats.ts";
import { seeded } from "../seeded.ts";
import { wilson } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun } from "./reference.ts";

const parameters = {
  every: { value: 60, words: "minutes from one heartbeat to the next", source: "ours" },
  missing: { value: 2, words: "heartbeats in a row that must be missing", source: "ours" },
  delay: { value: 20, words: "mean delay in minutes, exponential", source: "ours" },
  trials: { value: 4_000, words: "suppressions, and looks at a clean line", source: "ours" },
} as const;

const minutesOfDay = 24 * 60;

function rowsOf(line: Heartbeats, drawn: number, run: ReferenceRun): ReferenceRow[] {
  const trials = run.trials ?? drawn;
  const name = `every ${line.every} min, ${line.missing} missing, mean delay ${line.delay} min`;
  const choices = seeded(`silence ${name}`, run.seed);
  run.progress(name, 0, 1);
  const delays = Array.from({ length: trials }, () => detectionDelay(line, choices));
  const middle = mean(delays);
  const half = trials < 2 ? 0 : (2.576 * sampleStandardDeviation(delays)) / Math.sqrt(trials);
  const expected = line.missing * line.every;
  const alarms = countFalseAlarms(line, trials, choices);
  const looks = minutesOfDay / line.every;
  // Alarms of neighbouring looks are not independent, but a new one ends the last: the interval is wide enough.
  const [low, high] = wilson(alarms, trials, 0.99) ?? [0, 1];
  const exact = falseAlarm(line);
  // Below ten expected, an interval by the normal distribution says nothing.
  const expectedAlarms = exact * trials;
  return [
    {
      setting: `${name}: minutes until the alarm`,
      published: `about ${expected}`,
      ours: middle.toFixed(1),
      interval: `${(middle - half).toFixed(1)} to ${(middle + half).toFixed(1)}`,
      // A suppression begins between two heartbeats: k·h is the least, (k + 1)·h the most, unless some were late.
      agrees: middle <= expected + line.every && middle >= expected - line.every,
      note: "k·h after the first heartbeat that is missing, which is half an interval away in the mean",
    },
    {
      setting: `${name}: false alarms a day`,
      published: "",
      ours: ((alarms / trials) * looks).toFixed(3),
      interval: `${(low * looks).toFixed(3)} to ${(high * looks).toFixed(3)}`,
      agrees: expectedAlarms < 10 ? null : exact >= low && exact <= high,
      note: `exactly ${(exact * looks).toPrecision(3)}${expectedAlarms < 10 ? "; too few of them in the trials to compare" : ""}`,
    },
  ];
}

/** Silence told from delay by heartbeats: how late an alarm comes, and how often for nothing (LEAKLAB 3.14). */
export const silence: Reference = {
  name: "silence",
  source: "heartbeat gap detector; LEAKLAB 3.14",
  parameters,
  async rows(run) {
    const every = [15, 60, 240];
    const lines = every.flatMap((gap) => [1, 2, 3].map((missing) => ({ every: gap, missing })));
    return lines.flatMap((line) =>
      rowsOf({ ...line, delay: parameters.delay.value }, parameters.trials.value, run),
    );
  },
  async measure(settled, run) {
    const [every, missing] = [settled.number("every"), settled.number("missing")];
    const [delay, trials] = [settled.number("delay"), settled.number("trials")];
    const isWhole = Number.isInteger(missing) && Number.isInteger(trials);
    if (!isWhole || missing < 1 || missing > 20 || trials < 1 || trials > 1_000_000) {
      throw new Failure("usage", "silence: missing 1 to 20 and trials 1 to 1000000, whole");
    }
    if (every <= 0 || every > 1e6 || delay < 0 || delay > 1e6) {
      throw new Failure("usage", "silence: every above 0 and delay from 0, both to 1000000");
    }
    return rowsOf({ every, missing, delay }, trials, run);
  },
  differs:
    "LEAKLAB gives the rule and no parameters: every number here is ours. Delays are independent, so heartbeats overtake each other; on one channel of our relay they do not.",
};
