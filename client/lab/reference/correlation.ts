import { Failure } from "#shared/failure.ts";
import { barsOf, burstsOf, eventScore, shapeScore } from "../algorithms/correlation.ts";
import { type Roc, rocInterval, rocOf } from "../algorithms/roc.ts";
import { type Seeded, seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  minutes: { value: 60, words: "how long the tap listens", source: "LEAKLAB" },
  delay: { value: 0.3, words: "mean of the exponential delivery delay, s", source: "LEAKLAB" },
  batch: { value: 0, words: "deliver at multiples of so many s; 0: at once", source: "LEAKLAB" },
  cover: { value: 0, words: "random cover packets per second and user", source: "LEAKLAB" },
  slot: {
    value: 0,
    words: "one packet every so many s, whatever happens; 0: none",
    source: "LEAKLAB",
  },
  every: { value: 90, words: "s between the channel's messages, Poisson", source: "LEAKLAB" },
  background: { value: 60, words: "s between a user's other packets, Poisson", source: "LEAKLAB" },
  gap: {
    value: 0,
    words: "s without a packet that end a burst; 0: each packet is an event (paper: 0.5 to 1)",
    source: "LEAKLAB",
  },
  lags: { value: 1, words: "bars by which a candidate may lie behind", source: "LEAKLAB" },
  silent: {
    value: 1,
    words: "1: talks in which nobody wrote while the tap listened count too; 0: they do not",
    source: "ours",
  },
  pairs: { value: 2_000, words: "pairs of a member and a non-member", source: "ours" },
  sample: {
    value: 600,
    words: "pairs of one measurement, for the interval (LEAKLAB: 600 to 1,500)",
    source: "LEAKLAB",
  },
} as const;

interface Setting {
  readonly seconds: number;
  readonly delay: number;
  readonly batch: number;
  readonly cover: number;
  readonly slot: number;
  readonly every: number;
  readonly background: number;
  readonly gap: number;
  readonly lags: number;
  readonly silent: boolean;
  readonly pairs: number;
  readonly sample: number;
}

interface Printed {
  readonly name: string;
  readonly changes: readonly string[];
  readonly event: string;
  readonly shape: string;
  /** Event-based, then shape-based; one figure stands for both. */
  readonly tpr: readonly [string, string];
  /** Of the shape's area. */
  readonly note?: string;
}

const table: readonly Printed[] = [
  {
    name: "5 min",
    changes: ["minutes=5"],
    event: ".995",
    shape: ".991",
    tpr: [".91", ".80"],
    note: "in 3.6 % of talks nobody writes within five minutes, and of those no shape tells anything; without them (silent=0) the area is .993, which holds the printed one. Whoever listens for five minutes cannot leave them out, so ours stands",
  },
  {
    name: "60 min, delay 5 s",
    changes: ["delay=5"],
    event: "1.000",
    shape: "1.000",
    tpr: ["1.00", "1.00"],
  },
  {
    name: "60 min, delay 30 s",
    changes: ["delay=30"],
    event: ".991",
    shape: ".988",
    tpr: [".77", ".74"],
  },
  {
    name: "60 min, batch 60 s",
    changes: ["batch=60"],
    event: ".88",
    shape: ".99",
    tpr: [".00", ".74"],
  },
  {
    name: "60 min, cover 0.5/s",
    changes: ["cover=0.5"],
    event: "1.000",
    shape: ".999",
    tpr: ["1.00", ".99"],
  },
  {
    name: "60 min, slots of 10 s",
    changes: ["slot=10"],
    event: ".500",
    shape: ".500",
    tpr: [".01", ".01"],
  },
];

/** Poisson events over the whole time. */
function poisson(rate: number, seconds: number, choices: Seeded): number[] {
  const times: number[] = [];
  if (rate <= 0) return times;
  for (let at = 0; ; ) {
    at -= Math.log(1 - choices.next()) / rate;
    if (at > seconds) return times;
    times.push(at);
  }
}

/** What a tap on somebody's downlink sees: channel and other packets, delayed and batched; or slots alone. */
function downlink(channel: readonly number[], setting: Setting, choices: Seeded): number[] {
  const { seconds, delay, batch, cover, slot, background } = setting;
  if (slot > 0)
    return Array.from({ length: Math.floor(seconds / slot) }, (_, at) => (at + 1) * slot);
  const own = poisson(1 / background, seconds, choices);
  const delivered = [...channel, ...own].map((time) => {
    const late = time - delay * Math.log(1 - choices.next());
    return batch > 0 ? Math.ceil(late / batch) * batch : late;
  });
  return [...delivered, ...poisson(cover, seconds, choices)].sort((a, b) => a - b);
}

/** When the channel's messages are sent. */
function talkOf({ every, seconds, silent }: Setting, choices: Seeded): number[] {
  for (;;) {
    const sent = poisson(1 / every, seconds, choices);
    if (silent || sent.length > 0) return sent;
  }
}

interface Scores {
  readonly members: number[];
  readonly others: number[];
}

function scoresOf(setting: Setting, run: ReferenceRun): { event: Scores; shape: Scores } {
  const choices = seeded(`correlation ${JSON.stringify(setting)}`, run.seed);
  const { seconds, delay, batch, gap, lags } = setting;
  const delta = Math.max(2, 2 * Math.max(delay, batch));
  const width = Math.max(2, delay, batch);
  const event: Scores = { members: [], others: [] };
  const shape: Scores = { members: [], others: [] };
  const pairs = run.trials ?? setting.pairs;
  for (let pair = 0; pair < pairs; pair++) {
    run.progress("pairs", pair, pairs);
    const sent = talkOf(setting, choices);
    const channel = burstsOf(sent, gap);
    const bars = barsOf(channel, width, seconds);
    for (const [into, times] of [
      ["members", downlink(sent, setting, choices)],
      ["others", downlink([], setting, choices)],
    ] as const) {
      const bursts = burstsOf(times, gap);
      event[into].push(eventScore(channel, bursts, delta, seconds));
      shape[into].push(shapeScore(bars, barsOf(bursts, width, seconds), lags));
    }
  }
  return { event, shape };
}

function rowsOf(
  name: string,
  setting: Setting,
  run: ReferenceRun,
  printed: Printed | null,
): ReferenceRow[] {
  const scores = scoresOf(setting, run);
  return (["event", "shape"] as const).flatMap((kind) => {
    const { members, others } = scores[kind];
    const roc = rocOf(members, others);
    const choices = seeded(`bootstrap ${name} ${kind}`, run.seed);
    const around = rocInterval(members, others, choices, 0.99, setting.sample);
    const tpr = printed?.tpr[kind === "event" ? 0 : 1];
    return [
      {
        ...row(`${name}: ${kind} AUC`, printed?.[kind], roc, around, "auc", setting.sample),
        ...(kind === "event" || printed?.note === undefined ? {} : { note: printed.note }),
      },
      row(`${name}: ${kind} TPR at 1 % FPR`, tpr, roc, around, "tprAt1Pct", setting.sample),
    ];
  });
}

function row(
  setting: string,
  published: string | undefined,
  roc: Roc,
  around: ReturnType<typeof rocInterval>,
  what: keyof Roc,
  sample: number,
): ReferenceRow {
  const [low, high] = around[what];
  const half = published === undefined ? 0 : 0.5 * 10 ** -(published.split(".")[1]?.length ?? 0);
  const figure = Number(published);
  return {
    setting,
    published: published ?? "",
    ours: roc[what].toFixed(3),
    interval: `${low.toFixed(3)} to ${high.toFixed(3)} in 99 % of samples of ${sample}`,
    agrees: published === undefined ? null : figure >= low - half && figure <= high + half,
  };
}

function settingOf(settled: Settled): Setting {
  const number = (name: string) => settled.number(name);
  const setting = {
    seconds: 60 * number("minutes"),
    delay: number("delay"),
    batch: number("batch"),
    cover: number("cover"),
    slot: number("slot"),
    every: number("every"),
    background: number("background"),
    gap: number("gap"),
    lags: number("lags"),
    silent: number("silent") !== 0,
    pairs: number("pairs"),
    sample: number("sample"),
  };
  const { seconds, every, background, pairs, lags, cover, sample } = setting;
  const positive = seconds > 0 && every > 0 && background > 0 && setting.delay >= 0;
  const isFlag = [0, 1].includes(number("silent"));
  const somebodyWrites = setting.silent || seconds / every >= 0.001;
  const rest =
    isFlag &&
    somebodyWrites &&
    setting.batch >= 0 &&
    cover >= 0 &&
    setting.slot >= 0 &&
    setting.gap >= 0;
  const whole =
    [pairs, lags, sample].every(Number.isInteger) && pairs >= 1 && lags >= 0 && sample >= 1;
  if (
    !positive ||
    !rest ||
    !whole ||
    seconds > 86_400 ||
    cover > 100 ||
    pairs > 10_000 ||
    sample > 10_000
  ) {
    throw new Failure(
      "usage",
      "correlation: minutes above 0 to 1440, every and background above 0, cover 0 to 100, silent 0 or 1 (0 where somebody ever writes), pairs and sample 1 to 10000, the rest from 0",
    );
  }
  return setting;
}

/** Who is in the channel, from the times of packets (Bahramali and others, NDSS 2020; LEAKLAB 3.3). */
export const correlation: Reference = {
  name: "correlation",
  source: "Bahramali, Houmansadr, Soltani, Goeckel and Towsley, NDSS 2020; LEAKLAB 3.3",
  parameters,
  async rows(run) {
    return table.flatMap((printed) => {
      const setting = settingOf(settle("correlation", parameters, printed.changes));
      return rowsOf(printed.name, setting, run, printed);
    });
  },
  async measure(settled, run) {
    return rowsOf(`${settled.number("minutes")} min`, settingOf(settled), run, null);
  },
  differs:
    "the paper watches Telegram, WhatsApp and Signal and fits its thresholds on their traffic; here events are single Poisson packets, for merging them would merge cover with what it covers, and scores are compared over all thresholds.",
};
