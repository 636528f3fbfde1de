import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { type Capstone, type Condition, splitFact } from "./schema.ts";

/** What an act's scenario holds: its file, and the facts that a run of it yields. */
export interface ActOffer {
  readonly scenario: Scenario;
  readonly facts: ReadonlySet<string>;
}

/** Names that must exist, and the rule that an act follows from earlier acts and choices only. */
export function checkCapstone(
  capstone: Capstone,
  offers: ReadonlyMap<string, ActOffer>,
): readonly Fault[] {
  const faults: Fault[] = [];
  const need = (holds: boolean, path: Fault["path"], message: string) => {
    if (!holds) faults.push({ path, message });
  };
  const order = capstone.acts.map(({ id }) => id);
  capstone.acts.forEach(({ id, scenario, players, shows }, at) => {
    need(order.indexOf(id) === at, ["acts", at, "id"], "there is another act of this name");
    const offer = offers.get(scenario);
    need(offer !== undefined, ["acts", at, "scenario"], `no scenario "${scenario}"`);
    if (offer === undefined) return;
    const labels = offer.scenario.world.actors.map(({ label }) => label);
    players.forEach((label, index) => {
      need(
        labels.includes(label),
        ["acts", at, "players", index],
        `not in the cast of ${scenario}`,
      );
    });
    shows.forEach((name, index) => {
      need(offer.facts.has(name), ["acts", at, "shows", index], `no fact of ${scenario}`);
    });
  });
  for (const [name, { before, values, default: usual }] of Object.entries(capstone.choices)) {
    need(order.includes(before), ["choices", name, "before"], `no act "${before}"`);
    need(values.includes(usual), ["choices", name, "default"], "not among the values");
    need(new Set(values).size === values.length, ["choices", name, "values"], "the same twice");
  }
  capstone.carries.forEach((carry, at) => {
    const to = order.indexOf(carry.to);
    need(to >= 0, ["carries", at, "to"], `no act "${carry.to}"`);
    const offer = offers.get(capstone.acts[to]?.scenario ?? "");
    for (const [name, value] of Object.entries(carry.set)) {
      const known = offer?.scenario.defences[name]?.values.includes(value) ?? offer === undefined;
      need(known, ["carries", at, "set", name], "no such defence or value");
    }
    const needFact = (name: string, path: Fault["path"]) => {
      const { act, fact } = splitFact(name);
      const from = order.indexOf(act);
      need(from >= 0 && from < to, path, `"${act}" is no earlier act`);
      const facts = offers.get(capstone.acts[from]?.scenario ?? "")?.facts;
      need(facts?.has(fact) ?? true, path, `no fact "${fact}" of that act`);
    };
    for (const part of ["when", "unless"] as const) {
      carry[part].forEach((each, index) => {
        const path = ["carries", at, part, index];
        for (const fault of checkChoice(capstone, each, to)) {
          faults.push({ ...fault, path: [...path, ...fault.path] });
        }
        if (!("fact" in each)) return;
        needFact(each.fact, [...path, "fact"]);
        if (typeof each.than === "object") needFact(each.than.fact, [...path, "than", "fact"]);
      });
    }
    if (carry.rename === undefined) return;
    const { actor, fact } = carry.rename;
    const isActor = offer?.scenario.world.actors.some(({ id }) => id === actor) ?? true;
    need(isActor, ["carries", at, "rename", "actor"], `no actor "${actor}"`);
    needFact(fact, ["carries", at, "rename", "fact"]);
  });
  return faults;
}

function checkChoice(capstone: Capstone, condition: Condition, to: number): Fault[] {
  if (!("choice" in condition)) return [];
  const choice = capstone.choices[condition.choice];
  if (choice === undefined) return [{ path: ["choice"], message: "no such choice" }];
  const faults: Fault[] = [];
  if (!choice.values.includes(condition.is)) {
    faults.push({ path: ["is"], message: `expected one of ${choice.values.join(", ")}` });
  }
  if (capstone.acts.findIndex(({ id }) => id === choice.before) > to) {
    faults.push({ path: ["choice"], message: "is made only after this act" });
  }
  return faults;
}
