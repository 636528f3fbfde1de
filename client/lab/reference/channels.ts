import { mean, sampleStandardDeviation } from "simple-statistics";
import { Failure } from "#shared/failure.ts";
import { type Confusion, confusionOf, type Memory, type Offer } from "../algorithms/offers.ts";
import { type Seeded, seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  channels: { value: 1, words: "channels, each slower than the one before", source: "LEAKLAB" },
  delay: {
    value: 6,
    words: "mean delay of the first, hours; of the n-th n times that",
    source: "LEAKLAB",
  },
  rate: {
    value: 2,
    words: "offers a day, Poisson, each on a channel at random",
    source: "LEAKLAB",
  },
  days: { value: 30, words: "days of talks", source: "LEAKLAB" },
  memory: {
    value: "newest",
    words:
      "newest: a step back is behind the newest seen; last: behind the one before (LEAKLAB's table)",
    source: "ours",
  },
} as const;

interface Setting {
  readonly channels: number;
  readonly delay: number;
  readonly rate: number;
  readonly days: number;
  readonly memory: Memory;
}

const table = [
  { channels: 1, delay: 6, stale: ".32", back: ".16", chained: ".21" },
  { channels: 2, delay: 6, stale: ".42", back: ".22", chained: ".26" },
  { channels: 4, delay: 6, stale: ".51", back: ".28", chained: ".34" },
  { channels: 4, delay: 24, stale: ".79", back: ".40", chained: ".63", note: true },
] as const;

function drawOffers({ channels, delay, rate, days }: Setting, choices: Seeded): Offer[] {
  const exponential = (average: number) => -Math.log(1 - choices.next()) * average;
  const offers: Offer[] = [];
  for (let sentAt = exponential(24 / rate); sentAt < 24 * days; sentAt += exponential(24 / rate)) {
    const late = exponential(delay * (1 + choices.below(channels)));
    offers.push({ sentAt, arrivesAt: sentAt + late });
  }
  return offers;
}

/** A share of actions over trials: of all together, with where another 300 trials may lie at 99 %. */
function shareOf(trials: readonly Confusion[], count: (trial: Confusion) => number, of: number) {
  const each = trials
    .filter(({ actions }) => actions > 0)
    .map((trial) => count(trial) / trial.actions);
  const actions = trials.reduce((sum, trial) => sum + trial.actions, 0);
  const share = trials.reduce((sum, trial) => sum + count(trial), 0) / Math.max(1, actions);
  const deviation = each.length < 2 ? 1 : sampleStandardDeviation(each);
  // Both measurements are samples: ours of so many trials, the published one of 300.
  const margin = 2.576 * deviation * Math.sqrt(1 / trials.length + 1 / of);
  return {
    share,
    mean: each.length === 0 ? 0 : mean(each),
    low: share - margin,
    high: share + margin,
  };
}

const publishedTrials = 300;

/** What was tried to find the one printed figure that ours does not hold. */
const unlike =
  "two hundredths below ours, outside of what 300 trials allow. Nothing that was tried gives it: comparing with the newest seen (.55), counting only what arrives within the days (.65), averaging the trials' shares (.65), offers that overtake nobody on their channel (.71). The three other figures of that column fit ours, and the columns without a chain have a closed form that ours holds (superseded: 1 - the mean of 1/(1 + rate x delay of each channel)), so ours stands";

function rowsOf(
  setting: Setting,
  run: ReferenceRun,
  printed: (typeof table)[number] | null,
): ReferenceRow[] {
  const choices = seeded(`channels ${JSON.stringify(setting)}`, run.seed);
  const worlds = Array.from({ length: run.trials ?? 1_000 }, () => drawOffers(setting, choices));
  const plain = worlds.map((offers) => confusionOf(offers, false, setting.memory));
  const chained = worlds.map((offers) => confusionOf(offers, true, setting.memory));
  const name = `${setting.channels} ${setting.channels === 1 ? "channel" : "channels"}, ${setting.delay} h`;
  const row = (
    what: string,
    figure: string | undefined,
    share: ReturnType<typeof shareOf>,
  ): ReferenceRow => ({
    setting: `${name}: ${what}`,
    published: figure ?? "",
    ours: share.share.toFixed(3),
    interval: `${Math.max(0, share.low).toFixed(3)} to ${share.high.toFixed(3)} (99 %)`,
    agrees:
      figure === undefined
        ? null
        : Number(figure) >= share.low - 0.005 && Number(figure) <= share.high + 0.005,
  });
  const of = publishedTrials;
  return [
    row(
      "acts on a superseded offer",
      printed?.stale,
      shareOf(plain, ({ stale }) => stale, of),
    ),
    row(
      "steps back",
      printed?.back,
      shareOf(plain, ({ steppedBack }) => steppedBack, of),
    ),
    {
      ...row(
        "superseded, with a chain",
        printed?.chained,
        shareOf(chained, ({ stale }) => stale, of),
      ),
      ...(printed !== null && "note" in printed ? { note: unlike } : {}),
    },
    row(
      "steps back, with a chain",
      printed === null ? undefined : "0",
      shareOf(chained, ({ steppedBack }) => steppedBack, of),
    ),
  ];
}

function settingOf(settled: Settled): Setting {
  const setting = {
    channels: settled.number("channels"),
    delay: settled.number("delay"),
    rate: settled.number("rate"),
    days: settled.number("days"),
    memory: memoryOf(settled),
  };
  const { channels, delay, rate, days } = setting;
  const inside = channels >= 1 && channels <= 100 && rate > 0 && days > 0 && rate * days <= 10_000;
  if (!Number.isInteger(channels) || !inside || delay < 0) {
    throw new Failure(
      "usage",
      "channels: channels 1 to 100 and whole, delay from 0, at most 10000 offers",
    );
  }
  return setting;
}

function memoryOf(settled: Settled): Memory {
  const memory = settled.text("memory");
  if (memory === "newest" || memory === "last") return memory;
  throw new Failure("usage", `memory=${memory}: newest or last`);
}

/** Which offer is in force (LEAKLAB 3.14). */
export const channels: Reference = {
  name: "channels",
  source: "LEAKLAB's own measure, 3.14",
  parameters,
  async rows(run) {
    return table.flatMap((printed) => {
      const { channels, delay } = printed;
      const base = settingOf(settle("channels", parameters, []));
      return rowsOf({ ...base, channels, delay, memory: "last" }, run, printed);
    });
  },
  measure: async (settled, run) => rowsOf(settingOf(settled), run, null),
  differs:
    "a model without a paper: offers are independent, each receiver acts at once, and nobody asks back. LEAKLAB's text calls a step back what is older than one already seen; its figures come out when each arrival is compared with the one before it alone, and that is what the table does. The text is right, and `memory=newest`, the default, does it: more steps back, and with a chain fewer stale ones. A chain removes stepping back, never staleness.",
};
