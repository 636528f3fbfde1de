import type { Scenario } from "./scenario-schema.ts";

/** Defences that a world can be staged with, and what each value may look like. */
export const knownDefences = {
  /** The stolen member's own key update. */
  victim_updates: ["never", "after-theft", "each-session"],
  /** Everybody else's key updates. */
  others_update: ["never", "each-session", "one-each-session"],
  /** Removal of the stolen member, at the end of the session of the theft. */
  removal: ["never", "after-theft"],
  /** The channel's message timer. */
  message_timer: ["off", "30m", "2h"],
  /** For how long keys of a past epoch read late messages. */
  late_window: ["0s", "2m", "30m"],
  /** In how many epochs the relay withholds the victim's commit. */
  withheld_commits: ["0", "1", "2", "3"],
  /** Whether the relay shows two halves two logs. */
  fork: ["off", "on"],
  /** Whether one frame of each half reaches the other: before the two commits of one epoch, or behind them. */
  crossing: ["never", "same-epoch", "later-epoch"],
  /** How often everybody compares the epoch's words by voice. */
  compare_words: ["never", "daily", "each-session"],
  /** Who lets newcomers in, and who of them is deceived about the person. */
  admission: ["one-sponsor", "two-person", "two-person-both-deceived"],
  /** When somebody looks at the list of members and asks who that is. */
  noticed: ["same-session", "next-session", "never"],
} as const;

export type DefenceName = keyof typeof knownDefences;

/** One fault of a scenario file, with the path of keys at which it lies. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the types cannot say: names that must exist, and the rule that an attack reads only what was obtained. */
export function crossChecks(scenario: Scenario): Fault[] {
  const actors = new Set(scenario.world.actors.map((each) => each.id));
  const channels = new Set(scenario.world.channels.map((each) => each.id));
  const gets = new Set(scenario.adversary.gets.map((each) => each.id));
  const faults: Fault[] = [];
  const need = (holds: boolean, path: Fault["path"], message: string) => {
    if (!holds) faults.push({ path, message });
  };
  scenario.world.channels.forEach((each, at) => {
    each.members.forEach((id, index) => {
      need(actors.has(id), ["world", "channels", at, "members", index], `no actor "${id}"`);
    });
  });
  need(channels.has(scenario.world.scope), ["world", "scope"], "no such channel");
  scenario.world.secrets.forEach((each, at) => {
    need(channels.has(each.channel), ["world", "secrets", at, "channel"], "no such channel");
  });
  const scope = scenario.world.channels.find((each) => each.id === scenario.world.scope);
  scenario.world.held.forEach(({ actor, from, until, commit }, at) => {
    const path = ["world", "held", at];
    const isInside = (id: string) => scope?.members.includes(id) ?? false;
    need(isInside(actor), [...path, "actor"], "is not in the channel");
    need(isInside(commit.by) && commit.by !== actor, [...path, "commit", "by"], "another member");
    const isBetween = from < commit.at && commit.at < until;
    need(isBetween, [...path, "commit", "at"], "must lie between from and until");
  });
  const { guest, relay } = scenario.world;
  if (guest !== undefined) {
    const isInside = (id: string) => scope?.members.includes(id) ?? false;
    need(
      actors.has(guest.actor) && !isInside(guest.actor),
      ["world", "guest", "actor"],
      "is no guest",
    );
    for (const role of ["sponsor", "second", "noticed_by"] as const) {
      need(isInside(guest[role]), ["world", "guest", role], "is not in the channel");
    }
    const isOther = guest.second !== guest.sponsor;
    need(isOther, ["world", "guest", "second"], "must be another person than the sponsor");
  }
  if (relay !== undefined) {
    const isInside = (id: string) => scope?.members.includes(id) ?? false;
    need(isInside(relay.victim), ["world", "relay", "victim"], "is not in the channel");
    relay.split.half.forEach((id, at) => {
      need(isInside(id), ["world", "relay", "split", "half", at], "is not in the channel");
    });
    const rest = scope?.members.filter((id) => !relay.split.half.includes(id)) ?? [];
    need(rest.length > 0, ["world", "relay", "split", "half"], "nobody is left in the other half");
  }
  if (scenario.world.traffic.model === "replay") {
    scenario.world.traffic.lines.forEach((each, at) => {
      const speaks = scope?.members.includes(each.from) ?? false;
      need(speaks, ["world", "traffic", "lines", at, "from"], "does not speak in the channel");
    });
  }
  for (const [name, each] of Object.entries(scenario.defences)) {
    const values: readonly string[] = knownDefences[name as DefenceName] ?? [];
    need(name in knownDefences, ["defences", name], "no world can be staged with this defence");
    need(each.values.includes(each.default), ["defences", name, "default"], "not among the values");
    each.values.forEach((value, at) => {
      const known = !(name in knownDefences) || values.includes(value);
      need(known, ["defences", name, "values", at], `expected one of ${values.join(", ")}`);
    });
  }
  scenario.adversary.gets.forEach((each, at) => {
    const path = ["adversary", "gets", at, "actor"];
    if (each.kind !== "device-state") return;
    need(each.actor !== undefined && actors.has(each.actor), path, "a device needs its actor");
  });
  scenario.attack.inputs.forEach((input, at) => {
    const path = ["attack", "inputs", at];
    need(gets.has(input), path, `attack input "${input}" is not in adversary.gets`);
  });
  faults.push(...checkExpectations(scenario), ...checkQuestions(scenario));
  return faults;
}

function checkExpectations(scenario: Scenario): Fault[] {
  return scenario.expect.flatMap((each, at) => {
    const faults: Fault[] = [];
    for (const [name, value] of Object.entries(each.when)) {
      if (!(scenario.defences[name]?.values.includes(value) ?? false)) {
        faults.push({ path: ["expect", at, "when", name], message: "no such defence or value" });
      }
    }
    if (!scenario.metrics.includes(each.metric)) {
      faults.push({ path: ["expect", at, "metric"], message: "not among the scenario's metrics" });
    }
    return faults;
  });
}

/** What a run knows besides its metrics. */
const factNames = ["guest.let_in_by", "rule.stops"] as const;

function checkQuestions(scenario: Scenario): Fault[] {
  const facts = new Set<string>([...scenario.metrics, ...factNames]);
  for (const each of scenario.world.secrets) facts.add(`secrets.${each.id}`);
  return scenario.questions.flatMap((each, at) => {
    const faults: Fault[] = [];
    if (!facts.has(each.answer.fact)) {
      faults.push({
        path: ["questions", at, "answer", "fact"],
        message: `no listed metric and no secret makes the fact "${each.answer.fact}"`,
      });
    }
    const cost = (each.hints ?? []).reduce((sum, hint) => sum + hint.cost_pct, 0);
    if (cost > 60) {
      faults.push({ path: ["questions", at, "hints"], message: "hints cost more than 60 %" });
    }
    return faults;
  });
}
