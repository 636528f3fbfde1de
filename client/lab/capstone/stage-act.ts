import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { z } from "zod";
import { assert } from "#shared/failure.ts";
import { builtInPaths, parseScenario } from "../scenario.ts";
import type { Settings } from "../settings.ts";
import { type Act, type Capstone, type Carry, type Condition, splitFact } from "./schema.ts";

export type Facts = Readonly<Record<string, string | number | null>>;

/** What is known when an act begins: what was chosen, and the facts of the acts before it. */
export interface Known {
  readonly choices: Settings;
  readonly facts: ReadonlyMap<string, Facts>;
}

export interface PreparedAct {
  /** A scenario file of its own, with the act's settings as its defaults. */
  readonly text: string;
  readonly settings: Settings;
  /** Why this act is as it is: the words of the rules that applied. */
  readonly why: readonly string[];
}

/** The scenario of an act as earlier choices and facts make it. */
export async function prepareAct(capstone: Capstone, act: Act, known: Known): Promise<PreparedAct> {
  const carries = capstone.carries.filter((each) => each.to === act.id && applies(each, known));
  const path = (await builtInPaths()).get(act.scenario);
  assert(path !== undefined, "the capstone's checks found the scenario");
  const document = parseDocument(await readFile(path, "utf8"), { schema: "core" });
  const settings: Record<string, string> = {};
  for (const carry of carries) {
    Object.assign(settings, carry.set);
    for (const [key, value] of Object.entries(carry.world))
      overlay(document, ["world", key], value);
    if (carry.rename !== undefined) rename(document, carry.rename, known);
  }
  for (const [name, value] of Object.entries(settings)) {
    document.setIn(["defences", name, "default"], value);
  }
  // What the scenario expects of its own defaults says nothing of these.
  document.set("expect", []);
  const text = document.toString();
  parseScenario(text, `${act.id} (${act.scenario}.yaml)`);
  return { text, settings, why: carries.map(({ why }) => why) };
}

function applies(carry: Carry, known: Known): boolean {
  const { when, unless } = carry;
  const isStopped = unless.length > 0 && unless.every((each) => holds(each, known));
  return !isStopped && when.every((each) => holds(each, known));
}

/** A fact that has no value (`not reached`) is in no order to any number. */
function holds(condition: Condition, known: Known): boolean {
  if ("choice" in condition) return known.choices[condition.choice] === condition.is;
  const value = factAt(condition.fact, known);
  const than =
    typeof condition.than === "object" ? factAt(condition.than.fact, known) : condition.than;
  if (condition.op === "==") return value === than;
  if (condition.op === "!=") return value !== than;
  if (typeof value !== "number" || typeof than !== "number") return false;
  return condition.op === "<=" ? value <= than : value >= than;
}

function factAt(name: string, known: Known): string | number | null {
  const { act, fact } = splitFact(name);
  return known.facts.get(act)?.[fact] ?? null;
}

type Tree = ReturnType<typeof parseDocument>;

function overlay(document: Tree, path: readonly string[], value: z.core.util.JSONType): void {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) overlay(document, [...path, key], inner);
  } else document.setIn(path, document.createNode(value));
}

const actors = z.array(z.looseObject({ id: z.string(), label: z.string() }));

function rename(document: Tree, { actor, fact }: { actor: string; fact: string }, known: Known) {
  const label = factAt(fact, known);
  if (typeof label !== "string") return;
  const tree: unknown = document.toJS();
  const cast = z.object({ world: z.object({ actors }) }).parse(tree).world.actors;
  const own = cast.findIndex(({ id }) => id === actor);
  const other = cast.findIndex((each) => each.label === label);
  const before = cast[own]?.label;
  if (own === other || before === undefined) return;
  document.setIn(["world", "actors", own, "label"], label);
  if (other >= 0) document.setIn(["world", "actors", other, "label"], before);
}
