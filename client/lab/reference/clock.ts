import { mean } from "simple-statistics";
import { Failure } from "#shared/failure.ts";
import {
  balancedAccuracy,
  fitMixture,
  slowness,
  slowStretch,
} from "../algorithms/receipt-clock.ts";
import { type Seeded, seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  probes: {
    value: 72,
    words: "probes of one person, one in each equal part of the time, at any moment of it",
    source: "ours",
  },
  hours: { value: 24, words: "for how long", source: "ours" },
  night: { value: 7, words: "hours of sleep, in one stretch", source: "ours" },
  least: {
    value: 4,
    words: "hours that the adversary takes a night to have at least",
    source: "ours",
  },
  awake: {
    value: 1.5,
    words: "mean delay of a device that is awake, seconds, exponential",
    source: "ours",
  },
  asleep: { value: 40, words: "mean delay of one that sleeps", source: "ours" },
  window: {
    value: 0,
    words: "receipts leave at multiples of so many seconds; 0 for at once",
    source: "ours",
  },
  windows: { value: 1, words: "one of so many next windows, alike likely", source: "ours" },
} as const;

interface Model {
  readonly probes: number;
  readonly hours: number;
  readonly night: number;
  readonly least: number;
  readonly awake: number;
  readonly asleep: number;
  readonly window: number;
  readonly windows: number;
}

function modelOf(settled: Settled): Model {
  const number = (name: keyof Model) => settled.number(name);
  const model: Model = {
    probes: number("probes"),
    hours: number("hours"),
    night: number("night"),
    least: number("least"),
    awake: number("awake"),
    asleep: number("asleep"),
    window: number("window"),
    windows: number("windows"),
  };
  const isWhole = Number.isInteger(model.probes) && Number.isInteger(model.windows);
  if (!isWhole || model.probes < 8 || model.probes > 2_000 || model.windows < 1) {
    throw new Failure("usage", "clock: probes 8 to 2000 and windows from 1, both whole");
  }
  const isNight = model.night > 0 && model.night < model.hours;
  if (!isNight || model.awake <= 0 || model.asleep <= 0 || model.window < 0 || model.least <= 0) {
    throw new Failure("usage", "clock: night shorter than hours; awake, asleep and least above 0");
  }
  return model;
}

/** One person's day: balanced accuracy by the slow stretch, and probe by probe. */
function dayOf(model: Model, choices: Seeded): readonly [number, number] {
  const spacing = model.hours / model.probes;
  const from = choices.next() * (model.hours - model.night);
  const at = Array.from({ length: model.probes }, (_, index) => (index + choices.next()) * spacing);
  const truth = at.map((hour) => hour >= from && hour < from + model.night);
  const logs = at.map((hour, index) => {
    const meanSeconds = truth[index] === true ? model.asleep : model.awake;
    const arrived = hour * 3_600 + -Math.log(1 - choices.next()) * meanSeconds;
    const left =
      model.window === 0
        ? arrived
        : (Math.floor(arrived / model.window) + 1 + choices.below(model.windows)) * model.window;
    return Math.log(Math.max(0.1, left - hour * 3_600));
  });
  const stretch = slowStretch(logs, Math.max(2, Math.round(model.least / spacing)));
  const mixture = fitMixture(logs);
  const byStretch = logs.map((_, index) => {
    return stretch !== null && index >= stretch.from && index < stretch.until;
  });
  const byMixture = logs.map((log) => mixture !== null && slowness(mixture, log) > 0.5);
  return [balancedAccuracy(truth, byStretch) ?? 0.5, balancedAccuracy(truth, byMixture) ?? 0.5];
}

function rowsOf(name: string, settled: Settled, run: ReferenceRun): ReferenceRow[] {
  const model = modelOf(settled);
  const choices = seeded(`clock ${JSON.stringify(model)}`, run.seed);
  const days = Array.from({ length: run.trials ?? 300 }, () => dayOf(model, choices));
  const rowOf = (how: string, values: readonly number[]): ReferenceRow => {
    const [low, high] = bootstrap(values, choices);
    return {
      setting: `${name}, ${how}`,
      published: "",
      ours: `${mean([...values]).toFixed(2)} balanced accuracy`,
      interval: `${low.toFixed(2)} to ${high.toFixed(2)}`,
      agrees: null,
    };
  };
  return [
    rowOf(
      "one stretch",
      days.map(([stretch]) => stretch),
    ),
    rowOf(
      "probe by probe",
      days.map(([, mixture]) => mixture),
    ),
  ];
}

function bootstrap(values: readonly number[], choices: Seeded): readonly [number, number] {
  const again = Array.from({ length: 400 }, () => mean(values.map(() => choices.pick(values))));
  again.sort((a, b) => a - b);
  return [again[9] ?? 0, again[389] ?? 1];
}

const table: readonly { readonly name: string; readonly changes: readonly string[] }[] = [
  { name: "at once", changes: [] },
  { name: "next full minute", changes: ["window=60"] },
  { name: "one of ten minutes (the product's)", changes: ["window=60", "windows=10"] },
  {
    name: "one of ten minutes, a week of nights in one",
    changes: ["window=60", "windows=10", "probes=504"],
  },
  { name: "at once, asleep as fast as awake", changes: ["asleep=1.5"] },
];

/** The receipt clock (Gegenhuber and others, RAID 2025; LEAKLAB 3.5). */
export const clock: Reference = {
  name: "clock",
  source: "Gegenhuber and others, arXiv 2411.11194, RAID 2025; LEAKLAB 3.5",
  parameters,
  async rows(run) {
    return table.flatMap(({ name, changes }, index) => {
      run.progress("settings", index, table.length);
      return rowsOf(name, settle("clock", parameters, changes), run);
    });
  },
  measure: async (settled, run) => rowsOf(`${settled.number("probes")} probes`, settled, run),
  differs:
    "LEAKLAB prints no row for this: the paper measures real phones, whose delays have other shapes, and tells the screen and the place as well. Here delays are exponential, the night is one stretch, and the adversary knows that it is.",
};
