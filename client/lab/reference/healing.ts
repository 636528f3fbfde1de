import { quantile } from "simple-statistics";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { systemRandom } from "#client/node/random.ts";
import { Failure } from "#shared/failure.ts";
import { openEnsemble, readWith } from "../algorithms/copied-state.ts";
import { seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  members: { value: 6, words: "members of the group", source: "LEAKLAB" },
  epochs: { value: 10, words: "rounds of messages; a commit may end each", source: "LEAKLAB" },
  messages: { value: 10, words: "messages of a round, members in turn", source: "LEAKLAB" },
  theft: { value: 5, words: "round in the middle of which the state is copied", source: "LEAKLAB" },
  update: { value: 0, words: "round at whose end the victim commits; 0: never", source: "LEAKLAB" },
  others: {
    value: 0,
    words: "other members who commit at the end of each round",
    source: "LEAKLAB",
  },
  withheld: {
    value: 0,
    words: "commits of the victim that the relay swallows, from `update` on",
    source: "LEAKLAB",
  },
  retain: {
    value: 0,
    words: "past epochs of which keys are kept for late messages",
    source: "LEAKLAB",
  },
  undelivered: {
    value: 0.2,
    words: "share of messages that never reached the victim, for what kept keys read",
    source: "LEAKLAB",
  },
} as const;

interface Setting {
  readonly members: number;
  readonly epochs: number;
  readonly messages: number;
  readonly theft: number;
  readonly update: number;
  readonly others: number;
  readonly withheld: number;
  readonly retain: number;
  readonly undelivered: number;
  /** Where in its round the copy is made: 0 before the first message. */
  readonly at: number;
}

interface Outcome {
  readonly read: number;
  readonly of: number;
  readonly byRound: readonly number[];
  /** Ids of others' messages before the copy, and which of them the thief could read were they undelivered. */
  readonly before: readonly number[];
  readonly readable: ReadonlySet<number>;
}

const victim = 1;

/** Plays the group and the theft on our own MLS, with real keys; `isLost` keeps all messages from the victim. */
function play(setting: Setting, isLost: boolean): Outcome {
  const { epochs, messages, members, theft, at, retain: retained } = setting;
  const group = openEnsemble({ suite: xwingSuite, members, retained, random: systemRandom });
  const before: number[] = [];
  let copied: ReturnType<typeof group.copy> | null = null;
  for (let round = 1; round <= epochs; round++) {
    for (let message = 0; message < messages; message++) {
      if (round === theft && message === at) copied = group.copy(victim);
      const id = (round - 1) * messages + message;
      const author = message % members;
      if (author !== victim && copied === null) before.push(id);
      group.say(author, id, isLost ? victim : undefined);
    }
    endRound(group, setting, round);
  }
  if (copied === null) throw new Failure("usage", "healing: the theft lies outside of the rounds");
  const read = readWith(copied, group.wire);
  const byRound = Array.from({ length: epochs }, (_, round) => {
    return [...read].filter((id) => Math.floor(id / messages) === round).length / messages;
  });
  return { read: read.size, of: epochs * messages, byRound, before, readable: read };
}

/** Who commits behind a round: others, and the victim, whose first commits may be swallowed. */
function endRound(
  group: ReturnType<typeof openEnsemble>,
  { members, others, update, withheld }: Setting,
  round: number,
): void {
  const due = Array.from({ length: members }, (_, member) => member)
    .filter((member) => member !== victim)
    .slice(0, others);
  for (const member of due) group.update(member);
  const isDue = update > 0 && round >= update && round <= update + withheld;
  if (isDue) group.update(victim, round < update + withheld);
}

/** What kept keys read of undelivered messages, over draws of which ones these are. */
function lateOf(setting: Setting, run: ReferenceRun) {
  const { before, readable } = play(setting, true);
  const choices = seeded(`undelivered ${JSON.stringify(setting)}`, run.seed);
  const draws = Array.from({ length: run.trials ?? 1_000 }, () => {
    const lost = before.filter(() => choices.next() < setting.undelivered);
    return lost.length === 0 ? 0 : lost.filter((id) => readable.has(id)).length / lost.length;
  });
  const share = before.filter((id) => readable.has(id)).length / Math.max(1, before.length);
  return { share, low: quantile(draws, 0.005), high: quantile(draws, 0.995) };
}

function settingOf(settled: Settled): Setting {
  const number = (name: string) => settled.number(name);
  const setting = {
    members: number("members"),
    epochs: number("epochs"),
    messages: number("messages"),
    theft: number("theft"),
    update: number("update"),
    others: number("others"),
    withheld: number("withheld"),
    retain: number("retain"),
    undelivered: number("undelivered"),
    at: 0,
  };
  const { members, epochs, messages, theft, others } = setting;
  const whole = Object.entries(setting).every(
    ([name, value]) => name === "undelivered" || Number.isInteger(value),
  );
  const inside =
    members >= 2 && members <= 32 && epochs >= 1 && epochs * messages <= 1_000 && messages >= 1;
  if (!whole || !inside || theft < 1 || theft > epochs || others < 0 || others >= members) {
    throw new Failure(
      "usage",
      "healing: whole numbers; members 2 to 32, theft within the epochs, others fewer than the members, at most 1000 messages",
    );
  }
  const rest = [setting.update, setting.withheld, setting.retain];
  if (rest.some((each) => each < 0) || setting.undelivered < 0 || setting.undelivered > 1) {
    throw new Failure(
      "usage",
      "healing: update, withheld and retain from 0, undelivered from 0 to 1",
    );
  }
  return { ...setting, at: Math.floor(messages / 2) };
}

function vector(byRound: readonly number[]): string {
  return byRound.map((share) => Number(share.toFixed(2))).join(" ");
}

function shareRows(name: string, outcome: Outcome, share: string, byRound: string): ReferenceRow[] {
  const ours = (outcome.read / outcome.of).toFixed(2).replace(/^0/, "");
  const rounds = vector(outcome.byRound);
  return [
    {
      setting: `${name}: share read`,
      published: share,
      ours: `${ours} (${outcome.read} of ${outcome.of})`,
      interval: "",
      agrees: share === "" ? null : ours === share,
    },
    {
      setting: `${name}: by round`,
      published: byRound,
      ours: rounds,
      interval: "",
      agrees: byRound === "" ? null : rounds === byRound,
    },
  ];
}

function lateRow(
  setting: Setting,
  run: ReferenceRun,
  published: readonly [number, number] | null,
): ReferenceRow {
  const { share, low, high } = lateOf(setting, run);
  const figure = published === null ? null : published[0] / published[1];
  return {
    setting: `${setting.retain} past epochs kept: undelivered read`,
    published: published === null ? "" : `${published[0]} of ${published[1]}`,
    ours: share.toFixed(3),
    interval: `${low.toFixed(3)} to ${high.toFixed(3)} in 99 % of draws`,
    agrees: figure === null ? null : figure >= low - 1e-9 && figure <= high + 1e-9,
  };
}

const unhealed = "0 0 0 0 0.5 1 1 1 1 1";

/** What a copied device reads, and whose update ends it (LEAKLAB 3.9). */
export const healing: Reference = {
  name: "healing",
  source: "RFC 9420; Cohn-Gordon, Cremers and Garratt 2016; LEAKLAB 3.9",
  parameters,
  async rows(run) {
    await ready();
    const base = settingOf(settle("healing", parameters, []));
    const withheld = (count: number, figure: number): ReferenceRow => {
      const setting = { ...base, epochs: 8, theft: 1, at: 0, update: 1, withheld: count };
      const { read, of } = play(setting, false);
      return {
        setting: `${count} of the victim's commits withheld`,
        published: `${figure} of 80`,
        ours: `${read} of ${of}`,
        interval: "",
        agrees: read === figure && of === 80,
      };
    };
    const late = (retain: number, figure: number): ReferenceRow =>
      lateRow({ ...base, theft: 9, others: 1, retain }, run, [figure, 18]);
    return [
      ...shareRows("no rotation", play(base, false), ".55", unhealed),
      ...shareRows("all but the victim", play({ ...base, others: 5 }, false), ".55", unhealed),
      ...shareRows(
        "the victim, in round 5",
        play({ ...base, update: 5 }, false),
        ".05",
        "0 0 0 0 0.5 0 0 0 0 0",
      ),
      ...[withheld(0, 10), withheld(1, 20), withheld(3, 40)],
      ...[late(0, 1), late(1, 2), late(4, 9), late(8, 18)],
    ];
  },
  async measure(settled, run) {
    await ready();
    const setting = settingOf(settled);
    const rows = shareRows("these parameters", play(setting, false), "", "");
    return [...rows, lateRow(setting, run, null)];
  },
  differs:
    "run on our own MLS with X-Wing, not on a model. The thief only listens; a round is an epoch where somebody commits behind it. Which messages were undelivered is drawn, and LEAKLAB's eighteen are one draw.",
};
