import type { z } from "zod";
import type { Fault } from "./fault.ts";
import { checkInjects } from "./scenario-inject.ts";
import { checkQuestions } from "./scenario-question.ts";
import type { Scenario } from "./scenario-schema.ts";
import { checkWorld } from "./world-checks.ts";

export type { Fault } from "./fault.ts";

/** What a rig can be asked for, as far as the checks of scenario files are concerned. */
export interface RigOffer {
  readonly defences: Readonly<Record<string, readonly string[]>>;
  readonly metrics: readonly string[];
  readonly facts: readonly string[];
  readonly world: z.ZodType;
  readonly params: z.ZodType;
  /** Whether its worlds are played as the file describes them: traffic, decoys, relays, devices. */
  readonly playsTalk?: true;
  check?(scenario: Scenario): readonly Fault[];
}

/**
 * What the types cannot say: names that must exist, and the rule that an attack reads only what was
 * obtained. `rig` is what the named algorithm offers; null when there is none of that name.
 */
export function crossChecks(scenario: Scenario, rig: RigOffer | null): Fault[] {
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
  const { guest, relay, late_hidden_from: hidden } = scenario.world;
  if (hidden !== undefined) {
    const isInside = scope?.members.includes(hidden) ?? false;
    need(isInside, ["world", "late_hidden_from"], "is not in the channel");
  }
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
    if (guest.seat_of !== undefined) {
      need(isInside(guest.seat_of), ["world", "guest", "seat_of"], "is not in the channel");
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
  const { traffic } = scenario.world;
  if (traffic?.model === "replay") {
    traffic.lines.forEach((each, at) => {
      const speaks = scope?.members.includes(each.from) ?? false;
      need(speaks, ["world", "traffic", "lines", at, "from"], "does not speak in the channel");
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
  faults.push(...checkExpectations(scenario));
  if (rig === null) {
    const path = ["attack", "algorithm"];
    faults.push({ path, message: `no algorithm "${scenario.attack.algorithm}"` });
    return faults;
  }
  const isPlayed = rig.playsTalk === true;
  faults.push(...checkWorld(scenario, isPlayed));
  faults.push(...checkOffer(scenario, rig), ...checkTeaching(scenario, rig));
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

/** Defences, metrics and parameters must be among those of the rig. */
function checkOffer(scenario: Scenario, rig: RigOffer): Fault[] {
  const faults: Fault[] = [];
  const need = (holds: boolean, path: Fault["path"], message: string) => {
    if (!holds) faults.push({ path, message });
  };
  for (const [name, each] of Object.entries(scenario.defences)) {
    const values = rig.defences[name];
    const known = Object.keys(rig.defences).join(", ");
    need(values !== undefined, ["defences", name], `no defence of this rig; there are ${known}`);
    need(each.values.includes(each.default), ["defences", name, "default"], "not among the values");
    each.values.forEach((value, at) => {
      const path = ["defences", name, "values", at];
      need(values?.includes(value) ?? true, path, `expected one of ${values?.join(", ")}`);
    });
  }
  scenario.metrics.forEach((id, at) => {
    need(rig.metrics.includes(id), ["metrics", at], "no metric of this rig");
  });
  for (const [place, schema] of [
    ["world", rig.world],
    ["attack", rig.params],
  ] as const) {
    const parsed = schema.safeParse(scenario[place].params);
    for (const issue of parsed.error?.issues ?? []) {
      const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
      faults.push({ path: [place, "params", ...path], message: issue.message });
    }
  }
  return [...faults, ...(rig.check?.(scenario) ?? [])];
}

function checkTeaching(scenario: Scenario, rig: RigOffer): Fault[] {
  const facts = new Set<string>([...scenario.metrics, ...rig.facts]);
  for (const each of scenario.world.secrets) facts.add(`secrets.${each.id}`);
  const { questions, injects, metrics, objectives } = scenario;
  const under = (name: string) => (fault: Fault) => ({ ...fault, path: [name, ...fault.path] });
  return [
    ...checkQuestions(questions, { facts, metrics, objectives: objectives.length }).map(
      under("questions"),
    ),
    ...checkInjects(injects, objectives.length).map(under("injects")),
  ];
}
