import { mean, sampleStandardDeviation } from "simple-statistics";
import { Failure } from "#shared/failure.ts";
import { disclosure as disclose, disclosureBound, topOf } from "../algorithms/disclosure.ts";
import { type Seeded, seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  N: { value: 50, words: "users", source: "LEAKLAB" },
  b: { value: 10, words: "messages of a batch, one of them the target's", source: "LEAKLAB" },
  m: { value: 2, words: "friends of the target, written to alike", source: "LEAKLAB" },
  share: {
    value: 0.95,
    words: "share of the friends among the top m, over trials",
    source: "LEAKLAB",
  },
} as const;

interface Setting {
  readonly users: number;
  readonly batch: number;
  readonly friends: number;
  readonly share: number;
}

const table = [
  { N: 20, b: 5, m: 2, need: 18, two: 19, three: 43 },
  { N: 50, b: 10, m: 2, need: 23, two: 18, three: 41 },
  { N: 1_000, b: 50, m: 5, need: 74, two: 46, three: 104 },
] as const;

/** By number of rounds, the share of friends within the top m: of each trial. */
function sharesByRound(setting: Setting, rounds: number, run: ReferenceRun): number[][] {
  const choices = seeded(`disclosure ${JSON.stringify(setting)}`, run.seed);
  const trials = run.trials ?? 200;
  return Array.from({ length: trials }, (_, trial) => {
    run.progress("trials", trial, trials);
    return oneTrial(setting, rounds, choices);
  });
}

function oneTrial({ users, batch, friends }: Setting, rounds: number, choices: Seeded): number[] {
  const attack = disclose(users);
  // Friends are the first users: order and ties are drawn, so a number says nothing.
  const order = choices.shuffle(Array.from({ length: users }, (_, user) => user));
  return Array.from({ length: rounds }, () => {
    const receivers = Array.from({ length: batch - 1 }, () => choices.below(users));
    attack.add({ withTarget: true, receivers: [choices.below(friends), ...receivers] });
    const top = topOf(attack.scores(), order, friends);
    return top.filter((user) => user < friends).length / friends;
  });
}

interface Need {
  readonly rounds: number | null;
  /** Where the need may lie, as the shares' 99 % bounds cross. */
  readonly low: number | null;
  readonly high: number | null;
}

function needOf(setting: Setting, run: ReferenceRun): Need {
  const most =
    Math.ceil(1.6 * disclosureBound(setting.users, setting.batch, setting.friends, 3)) + 5;
  const trials = sharesByRound(setting, most, run);
  const at = Array.from({ length: most }, (_, round) => {
    const shares = trials.map((trial) => trial[round] ?? 0);
    const error =
      shares.length < 2 ? 1 : sampleStandardDeviation(shares) / Math.sqrt(shares.length);
    return { mean: mean(shares), margin: 2.576 * error };
  });
  const first = (reached: (each: (typeof at)[number]) => boolean): number | null => {
    const index = at.findIndex(reached);
    return index === -1 ? null : index + 1;
  };
  return {
    rounds: first((each) => each.mean >= setting.share),
    low: first((each) => each.mean + each.margin >= setting.share),
    high: first((each) => each.mean - each.margin >= setting.share),
  };
}

/** Beyond this a search takes minutes, and nobody sends so much. */
const roundsMax = 5_000;

function settingOf(settled: Settled): Setting {
  const [users, batch, friends] = [settled.number("N"), settled.number("b"), settled.number("m")];
  const share = settled.number("share");
  const whole = [users, batch, friends].every(Number.isInteger);
  if (!whole || friends < 1 || users <= friends || batch < 1 || users > 100_000 || batch > 10_000) {
    throw new Failure(
      "usage",
      "disclosure: m from 1, N above m and at most 100000, b from 1, all whole",
    );
  }
  if (share <= 0 || share > 1) throw new Failure("usage", "share: above 0 and at most 1");
  if (disclosureBound(users, batch, friends, 3) > roundsMax) {
    throw new Failure("usage", `disclosure: these ask for more than ${roundsMax} rounds`);
  }
  return { users, batch, friends, share };
}

function rowsOf(
  setting: Setting,
  run: ReferenceRun,
  printed: (typeof table)[number] | null,
): ReferenceRow[] {
  const { users, batch, friends, share } = setting;
  const name = `N=${users} b=${batch} m=${friends}`;
  const need = needOf(setting, run);
  const bound = (l: number) => disclosureBound(users, batch, friends, l);
  const agreesNeed =
    printed === null || need.low === null || need.high === null
      ? null
      : // LEAKLAB searched upward in steps of a quarter, so its need may be that much too high.
        printed.need >= need.low && printed.need <= 1.25 * need.high;
  const exact = (l: number, figure: number | undefined): ReferenceRow => ({
    setting: `${name}: bound, l=${l}`,
    published: figure === undefined ? "" : String(figure),
    ours: bound(l).toFixed(1),
    interval: "",
    agrees: figure === undefined ? null : Math.abs(bound(l) - figure) <= 1,
  });
  return [
    {
      setting: `${name}: rounds for ${Math.round(100 * share)} % of friends`,
      published: printed === null ? "" : String(printed.need),
      ours: need.rounds === null ? "not reached" : String(need.rounds),
      interval: `${need.low ?? "–"} to ${need.high ?? "–"} (99 %)`,
      agrees: agreesNeed,
    },
    exact(2, printed?.two),
    exact(3, printed?.three),
    {
      setting: `${name}: need between 0.9 of l=2 and l=3`,
      published: printed === null ? "" : "yes",
      ours:
        need.rounds !== null && need.rounds >= 0.9 * bound(2) && need.rounds <= bound(3)
          ? "yes"
          : "no",
      interval: "",
      agrees:
        printed === null || need.high === null || need.low === null
          ? null
          : need.high >= 0.9 * bound(2) && need.low <= bound(3),
    },
  ];
}

/** Who writes to whom, from batches alone (Danezis 2003; LEAKLAB 3.1). */
export const disclosure: Reference = {
  name: "disclosure",
  source: "Danezis 2003 (statistical disclosure); LEAKLAB 3.1",
  parameters,
  async rows(run) {
    const base = settingOf(settle("disclosure", parameters, []));
    return table.flatMap((row) => {
      const setting = { ...base, users: row.N, batch: row.b, friends: row.m };
      return rowsOf(setting, run, row);
    });
  },
  measure: async (settled, run) => rowsOf(settingOf(settled), run, null),
  differs:
    "the target sends one message in every round, the others receive uniformly, and the background is taken as uniform; people write in bursts and to more than one group.",
};
