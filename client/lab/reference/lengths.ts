import { mean, quantile } from "simple-statistics";
import { Failure } from "#shared/failure.ts";
import { drawLength, type LengthModel, lengthShares } from "../algorithms/log-normal.ts";
import { entropyOf, paddingOf, padme, throughPadding } from "../algorithms/padding.ts";
import { seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  padding: {
    value: "all",
    words: "none, a step in bytes, padme, 256+padme, pow2 (the product's); all for the table",
    source: "LEAKLAB",
  },
  mu: { value: 4.1, words: "mean of the logarithm of a length", source: "LEAKLAB" },
  sigma: { value: 0.95, words: "its deviation (LEAKLAB: 0.90 to 0.95)", source: "LEAKLAB" },
  messages: {
    value: 5_000,
    words: "messages of one sample: for how far a sample may lie from the exact number",
    source: "ours",
  },
  max: { value: 4_000, words: "longest message, bytes; the shortest is 1", source: "LEAKLAB" },
  candidates: {
    value: 40,
    words: "replies of which one was sent, from 2 bytes on",
    source: "LEAKLAB",
  },
} as const;

interface Published {
  readonly padding: string;
  readonly entropy: string;
  readonly success: string;
  readonly overhead: string;
}

const table: readonly Published[] = [
  { padding: "none", entropy: "7.80", success: ".875", overhead: "0 %" },
  { padding: "16", entropy: "3.93", success: ".400", overhead: "8 %" },
  { padding: "padme", entropy: "5.47", success: ".625", overhead: "3 %" },
  { padding: "256", entropy: "0.41", success: ".050", overhead: "188 %" },
  { padding: "256+padme", entropy: "0.64", success: ".100", overhead: "178 %" },
  { padding: "1024", entropy: "0.02", success: ".025", overhead: "964 %" },
  { padding: "4096", entropy: "0.00", success: ".025", overhead: "4148 %" },
];

const sharesByModel = new Map<string, ReadonlyMap<number, number>>();

function sharesOf(model: LengthModel): ReadonlyMap<number, number> {
  const key = JSON.stringify(model);
  const shares = sharesByModel.get(key) ?? lengthShares(model);
  sharesByModel.set(key, shares);
  return shares;
}

interface Leak {
  readonly entropy: number;
  /** Bytes of padding for each byte of message, on average over all bytes. */
  readonly overhead: number;
}

function leakOf(name: string, model: LengthModel): Leak {
  const shares = sharesOf(model);
  const padding = named(name);
  let plain = 0;
  let padded = 0;
  for (const [length, share] of shares) {
    plain += share * length;
    padded += share * padding(length);
  }
  return {
    entropy: entropyOf(throughPadding(shares, padding).values()),
    overhead: padded / plain - 1,
  };
}

function named(name: string) {
  const padding = paddingOf(name);
  if (padding === null) throw new Failure("usage", `padding=${name}: no such padding`);
  return padding;
}

/** How often the best guess is right, over draws of the candidates: distinct sizes over their number. */
function successes(name: string, model: LengthModel, of: number, run: ReferenceRun): number[] {
  const padding = named(name);
  const choices = seeded(`candidates ${JSON.stringify(model)}`, run.seed);
  const bounds = { ...model, min: 2 };
  return Array.from({ length: run.trials ?? 2_000 }, () => {
    const sizes = Array.from({ length: of }, () => padding(drawLength(bounds, choices)));
    return new Set(sizes).size / of;
  });
}

/** What samples of so many messages show of one padding: the plug-in entropy and the overhead, each sample's. */
function samplesOf(name: string, model: LengthModel, messages: number, run: ReferenceRun): Leak[] {
  const padding = named(name);
  return samplesOfLengths(model, messages, run).map((sample) => {
    const sizes = new Map<number, number>();
    let plain = 0;
    let padded = 0;
    for (const [length, count] of sample) {
      const size = padding(length);
      sizes.set(size, (sizes.get(size) ?? 0) + count);
      plain += count * length;
      padded += count * size;
    }
    return { entropy: entropyOf(sizes.values()), overhead: padded / plain - 1 };
  });
}

const samplesByModel = new Map<string, ReadonlyMap<number, number>[]>();

/** The same samples for every padding: lengths and how often each was drawn. */
function samplesOfLengths(model: LengthModel, messages: number, run: ReferenceRun) {
  const count = Math.min(run.trials ?? 100, 1_000);
  const key = JSON.stringify([model, messages, run.seed, count]);
  const known = samplesByModel.get(key);
  if (known !== undefined) return known;
  const choices = seeded(`samples ${key}`, run.seed);
  const samples = Array.from({ length: count }, () => {
    const sample = new Map<number, number>();
    for (let at = 0; at < messages; at++) {
      const length = drawLength(model, choices);
      sample.set(length, (sample.get(length) ?? 0) + 1);
    }
    return sample;
  });
  samplesByModel.set(key, samples);
  return samples;
}

function rowsOf(name: string, settled: Settled, run: ReferenceRun): ReferenceRow[] {
  const model = modelOf(settled);
  const published = onlyPadding(settled) ? publishedOf(name) : null;
  const leak = leakOf(name, model);
  const messages = settled.number("messages");
  const samples = samplesOf(name, model, messages, run);
  const of = settled.number("candidates");
  const drawn = successes(name, model, of, run);
  const ranges = {
    entropy: middle(samples.map(({ entropy }) => entropy)),
    success: middle(drawn),
    overhead: middle(samples.map(({ overhead }) => 100 * overhead)),
  };
  const inSamples = `in 99 % of samples of ${messages}`;
  return [
    {
      setting: `${name}: bits of the observed size`,
      published: published?.entropy ?? "",
      ours: leak.entropy.toFixed(2),
      interval: `${between(ranges.entropy, 2)} ${inSamples}`,
      agrees: published === null ? null : holds(published.entropy, ranges.entropy, 0.005),
    },
    {
      setting: `${name}: chance to pick the right of ${of}`,
      published: published?.success ?? "",
      ours: mean(drawn).toFixed(3),
      interval: `${between(ranges.success, 3)} in 99 % of single draws`,
      agrees: published === null ? null : holds(published.success, ranges.success, 0),
    },
    {
      setting: `${name}: bytes more than the text`,
      published: published?.overhead ?? "",
      ours: `${(100 * leak.overhead).toFixed(0)} %`,
      interval: `${between(ranges.overhead, 0)} % ${inSamples}`,
      agrees:
        published === null
          ? null
          : holds(published.overhead.replace(" %", ""), ranges.overhead, 0.5),
    },
  ];
}

/** The middle 99 % of values. */
function middle(values: readonly number[]): readonly [number, number] {
  return [quantile([...values], 0.005), quantile([...values], 0.995)];
}

function publishedOf(name: string): Published | null {
  return table.find(({ padding }) => padding === name) ?? null;
}

function onlyPadding({ changed }: Settled): boolean {
  return [...changed].every((name) => name === "padding");
}

function modelOf(settled: Settled): LengthModel {
  const model = {
    mu: settled.number("mu"),
    sigma: settled.number("sigma"),
    min: 1,
    max: settled.number("max"),
  };
  const candidates = settled.number("candidates");
  const messages = settled.number("messages");
  const isWhole = [model.max, candidates, messages].every(Number.isInteger);
  const isBounded =
    candidates >= 1 && candidates <= 10_000 && messages >= 1 && messages <= 1_000_000;
  if (!isWhole || model.max < 2 || model.max > 1_000_000 || model.sigma <= 0 || !isBounded) {
    throw new Failure(
      "usage",
      "lengths: max 2 to 1000000 and whole, sigma above 0, candidates 1 to 10000 and messages 1 to 1000000, whole",
    );
  }
  return model;
}

function between(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

/** Whether a published figure lies between ours, give or take half of its last digit. */
function holds(published: string, values: readonly number[], half: number): boolean {
  const value = Number(published);
  return value >= Math.min(...values) - half - 1e-9 && value <= Math.max(...values) + half + 1e-9;
}

/** The checks of the paper itself, which need no model. */
function padmeChecks(): ReferenceRow[] {
  const worst = (from: number, to: number) => {
    let at = from;
    for (let length = from; length <= to; length++) {
      if (padme(length) / length > padme(at) / at) at = length;
    }
    return { at, share: padme(at) / at - 1 };
  };
  const classes = new Set<number>();
  for (let length = 1; length <= 2 ** 20; length++) classes.add(padme(length));
  const overall = worst(1, 2 ** 20);
  const upTo64 = worst(257, 2 ** 16);
  const upTo4M = worst(2 ** 16, 2 ** 22);
  const percent = (share: number, digits: number) => `${(100 * share).toFixed(digits)} %`;
  return [
    {
      setting: "Padmé: worst overhead, and where",
      published: "11.628 % at 129",
      ours: `${percent(overall.share, 3)} at ${overall.at}`,
      interval: "",
      agrees: overall.at === 129 && percent(overall.share, 3) === "11.628 %",
    },
    {
      setting: "Padmé: worst, 257 B to 64 KiB",
      published: "at most 6.25 %",
      ours: percent(upTo64.share, 3),
      interval: "",
      agrees: upTo64.share <= 0.0625,
    },
    {
      setting: "Padmé: worst, 64 KiB to 4 MiB",
      published: "at most 3.12 %",
      ours: percent(upTo4M.share, 3),
      interval: "",
      agrees: upTo4M.share <= 0.03125,
    },
    {
      setting: "Padmé: sizes up to 1 MiB",
      published: "300 (8.2 bits)",
      ours: `${classes.size} (${Math.log2(classes.size).toFixed(1)} bits)`,
      interval: "",
      agrees: classes.size === 300,
    },
  ];
}

/** What the length of a message tells (Nikitin and others, PoPETs 2019; LEAKLAB 3.4). */
export const lengths: Reference = {
  name: "lengths",
  source: "Nikitin and others, PoPETs 2019 (Padmé); LEAKLAB 3.4",
  parameters,
  async rows(run) {
    const settled = settle("lengths", parameters, []);
    return [...padmeChecks(), ...table.flatMap(({ padding }) => rowsOf(padding, settled, run))];
  },
  async measure(settled, run) {
    const name = settled.text("padding");
    const names = name === "all" ? table.map(({ padding }) => padding) : [name];
    return names.flatMap((each) => rowsOf(each, settled, run));
  },
  differs:
    "the paper pads files and asks for their number of sizes; here lengths are those of chat messages, and the adversary knows the candidate replies. LEAKLAB does not say how many messages its rows come from: its unpadded 7.80 bits are below the exact 7.89 because a sample's plug-in entropy is; samples of 5,000 at sigma 0.95 hold every printed row.",
};
