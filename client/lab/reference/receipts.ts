import { Failure } from "#shared/failure.ts";
import { normalQuantile } from "../algorithms/normal.ts";
import { type Presence, successAfter } from "../algorithms/receipts.ts";
import { chanceTail } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  users: { value: 50, words: "users who may be the associate", source: "LEAKLAB" },
  occupancy: {
    value: 0.05,
    words: "chance that a user receives in an epoch anyway",
    source: "LEAKLAB",
  },
  present: {
    value: 0.95,
    words: "chance that the associate receives in a target epoch besides",
    source: "LEAKLAB",
  },
  cover: {
    value: 0,
    words: "chance of cover traffic in an epoch, added to everybody's occupancy",
    source: "LEAKLAB",
  },
  cap: {
    value: 0.99,
    words:
      "most that occupancy and cover add up to; LEAKLAB's last cover row would be 1 without it",
    source: "ours",
  },
  sigma: {
    value: 0,
    words: "spread of the occupancies: a unit-mean log-normal; 0 for alike",
    source: "LEAKLAB",
  },
  success: {
    value: 0.95,
    words: "chance to be alone at the top that is asked for",
    source: "LEAKLAB",
  },
  most: { value: 4_000, words: "messages after which it is given up", source: "LEAKLAB" },
} as const;

interface Setting extends Presence {
  readonly success: number;
  readonly most: number;
}

/** Points of the log-normal, of equal weight: the middles of so many equal shares. */
const spreadPoints = 60;

function settingOf(settled: Settled): Setting {
  const [users, occupancy, present, cover, sigma] = [
    settled.number("users"),
    settled.number("occupancy"),
    settled.number("present"),
    settled.number("cover"),
    settled.number("sigma"),
  ];
  const [success, most] = [settled.number("success"), settled.number("most")];
  const isShare = [occupancy, present, cover].every((each) => each >= 0 && each <= 1);
  const isWhole = Number.isInteger(users) && Number.isInteger(most);
  if (!isShare || !isWhole || users < 2 || most < 1 || most > 10_000 || sigma < 0) {
    throw new Failure(
      "usage",
      "receipts: users from 2, most 1 to 10000, both whole; occupancy, present and cover from 0 to 1",
    );
  }
  if (success <= 0 || success >= 1) throw new Failure("usage", "success: between 0 and 1");
  const factors =
    sigma === 0
      ? [1]
      : Array.from({ length: spreadPoints }, (_, index) =>
          Math.exp(sigma * normalQuantile((index + 0.5) / spreadPoints) - sigma ** 2 / 2),
        );
  const occupancies = factors.map((factor) => ({
    chance: Math.min(settled.number("cap"), factor * occupancy + cover),
    weight: 1 / factors.length,
  }));
  return { users, present, occupancies, success, most };
}

/** The fewest messages with which `reached` holds, by doubling and halving; null beyond `most`. */
function fewest(most: number, reached: (messages: number) => boolean): number | null {
  let high = 1;
  while (!reached(high)) {
    if (high >= most) return null;
    high = Math.min(most, 2 * high);
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function needOf(setting: Setting, trials: number) {
  const known = new Map<number, number>();
  const success = (messages: number): number => {
    const value = known.get(messages) ?? successAfter(messages, setting);
    known.set(messages, value);
    return value;
  };
  const asked = Math.ceil(setting.success * trials);
  const likely = (messages: number) => chanceTail(asked, trials, success(messages));
  const messages = fewest(setting.most, (each) => success(each) >= setting.success);
  // Far beyond the need itself nobody has to know how far a run of few trials may go astray.
  const most = messages === null ? setting.most : Math.min(setting.most, 3 * messages + 5);
  return {
    messages,
    low: fewest(most, (each) => likely(each) > 0.005),
    high: messages === null ? null : fewest(most, (each) => likely(each) > 0.995),
  };
}

interface Printed {
  readonly name: string;
  readonly changes: readonly string[];
  readonly need: number | null;
  /** Trials of the published figure. */
  readonly trials: number;
  readonly note?: string;
}

const million = ["users=1000000", "occupancy=0.00058"];
const twenty = ["users=20", "occupancy=0.2", "present=0.9"];

const table: readonly Printed[] = [
  { name: "1M users, present 1.0", changes: [...million, "present=1"], need: 3, trials: 30 },
  {
    name: "the same, heavy-tailed",
    changes: [...million, "present=1", "sigma=1.2"],
    need: 3,
    trials: 30,
  },
  { name: "1M users, present 0.9", changes: [...million, "present=0.9"], need: 4, trials: 30 },
  {
    name: "the same, heavy-tailed",
    changes: [...million, "present=0.9", "sigma=1.2"],
    need: 5,
    trials: 30,
  },
  { name: "20 users, present 0.9", changes: twenty, need: 9, trials: 400 },
  {
    name: "the same, heavy-tailed",
    changes: [...twenty, "sigma=1.2"],
    need: 11,
    trials: 400,
    note: "a few users who receive in nearly every epoch make success climb slowly: .92 after 11 messages, .94 after 15, .95 after 21; whether 400 trials reach .95 after 10 or never is chance",
  },
  { name: "receipts on", changes: [], need: 4, trials: 400 },
  { name: "receipts off, 30 % fast replies", changes: ["present=0.3"], need: 33, trials: 400 },
  { name: "receipts over ten windows", changes: ["present=0.095"], need: 284, trials: 400 },
  { name: "cover 0.3", changes: ["cover=0.3"], need: 20, trials: 400 },
  { name: "cover 0.8", changes: ["cover=0.8"], need: 187, trials: 400 },
  {
    name: "cover 0.95",
    changes: ["cover=0.95"],
    need: 3_477,
    trials: 400,
    note: "occupancy and cover add up to 1, where nothing could be told at all: the figure is that of a cut-off, which LEAKLAB does not state; .989 gives it",
  },
  {
    name: "off, over ten windows, cover 0.8",
    changes: ["present=0.03", "cover=0.8"],
    need: null,
    trials: 400,
  },
];

function rowOf(
  name: string,
  setting: Setting,
  printed: Printed | null,
  trials: number,
): ReferenceRow {
  const need = needOf(setting, trials);
  const never = `not reached in ${setting.most}`;
  const low = need.low ?? setting.most;
  const high = need.high ?? Number.POSITIVE_INFINITY;
  const agrees =
    printed === null
      ? null
      : printed.need === null
        ? need.messages === null
        : printed.need >= low && printed.need <= high;
  return {
    setting: name,
    published: printed === null ? "" : printed.need === null ? "not reached" : String(printed.need),
    ours: need.messages === null ? never : `${need.messages} messages`,
    interval: `${need.low ?? "–"} to ${need.high ?? "–"} in 99 % of runs of ${trials} trials`,
    agrees,
    ...(printed?.note === undefined ? {} : { note: printed.note }),
  };
}

/** The associate behind the receipts (Martiny and others, NDSS 2021; LEAKLAB 3.2). */
export const receipts: Reference = {
  name: "receipts",
  source: "Martiny and others, NDSS 2021; LEAKLAB 3.2",
  parameters,
  async rows(run) {
    return table.map((printed, index) => {
      run.progress("settings", index, table.length);
      const setting = settingOf(settle("receipts", parameters, printed.changes));
      return rowOf(printed.name, setting, printed, printed.trials);
    });
  },
  async measure(settled: Settled, run: ReferenceRun) {
    const name = `${settled.number("users")} users`;
    return [rowOf(name, settingOf(settled), null, run.trials ?? 400)];
  },
  differs:
    "users are independent and their epochs too, so the chance of success is computed and not drawn; real users write in conversations. LEAKLAB's .10 for ten windows is .95 over ten, and .095 is what is used here. In the last row a fast reply (.30) spread over ten windows is present in one of them with .03.",
};
