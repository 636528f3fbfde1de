import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { assert, Failure } from "#shared/failure.ts";
import { rigs } from "../rigs/catalogue.ts";
import type { Scenario } from "../scenario-schema.ts";
import { scratchFolder } from "../scratch.ts";
import { changeName, type Settings, settingsOf } from "../settings.ts";
import { type Exercise, replace, worldSeed } from "./record.ts";
import { choicesOf } from "./switches.ts";

/**
 * What choices of defences cost, as one world of the exercise showed it: every choice is staged there, with
 * nothing else changed. Teams see it before they choose, and by it a choice is within the budget or not.
 */
const costSchema = z.record(z.string(), z.number());
const pricesSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal("exercise-prices"),
  /** The world's seed. */
  seed: z.number().int().min(0),
  base: costSchema,
  /** By the choice's name, `marks=256`, with defaults left out. */
  changes: z.record(z.string(), costSchema),
});
export type Prices = z.infer<typeof pricesSchema>;
type Cost = Readonly<Record<string, number>>;

const fileName = "prices.json";

/** The prices that are known so far; null before any was measured. */
export async function readPrices(record: string): Promise<Prices | null> {
  const text = await readFile(join(record, fileName), "utf8").catch(() => null);
  if (text === null) return null;
  const parsed = pricesSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Failure("malformed", `${fileName}: not prices of an exercise`);
  return parsed.data;
}

export async function writePrices(record: string, prices: Omit<Prices, "v" | "type">) {
  await replace(join(record, fileName), { v: 1, type: "exercise-prices", ...prices });
}

/** A choice's name: its settings that are not as the world is anyway, in the scenario's order. */
export function choiceName({ defences }: Scenario, settings: Settings): string {
  const changed = Object.entries(defences).flatMap(([name, { default: off }]) => {
    const value = settings[name] ?? off;
    return value === off ? [] : [[name, value] as const];
  });
  return changeName(Object.fromEntries(changed));
}

/** Every choice that changes one thing. */
export function singleChoices(scenario: Scenario): Settings[] {
  return Object.entries(choicesOf(scenario)).flatMap(([name, { values, default: off }]) =>
    values.filter((value) => value !== off).map((value) => ({ [name]: value })),
  );
}

/** What a choice costs beyond the world as it is; staged when it is not known yet, and kept. */
export async function priceOf(exercise: Exercise, chosen: Settings): Promise<Cost> {
  const { scenario, folder } = exercise;
  const name = choiceName(scenario, chosen);
  if (name === "") return {};
  const known = await readPrices(folder);
  const seed = known?.seed ?? worldSeed(exercise, "prices");
  const base = known?.base ?? (await costOf(scenario, seed, {}));
  const cost = known?.changes[name] ?? (await costOf(scenario, seed, chosen));
  if (known?.changes[name] === undefined) {
    // Another process may have priced meanwhile: what it found is kept.
    const changes = (await readPrices(folder))?.changes;
    await writePrices(folder, { seed, base, changes: { ...changes, [name]: cost } });
  }
  return beyond(base, cost);
}

/** The known price of a choice beyond the world as it is; null where it was not measured. */
export function knownPrice(prices: Prices | null, name: string): Cost | null {
  const cost = prices?.changes[name];
  return prices === null || cost === undefined ? null : beyond(prices.base, cost);
}

function beyond(base: Cost, cost: Cost): Cost {
  const names = new Set([...Object.keys(base), ...Object.keys(cost)]);
  return Object.fromEntries([...names].map((key) => [key, (cost[key] ?? 0) - (base[key] ?? 0)]));
}

/** One line for each part of a budget: `commits +5 of 3`, and whether it is too much. */
export function spending(
  budget: Readonly<Record<string, number | undefined>>,
  price: Cost,
): { readonly words: string; readonly isOver: boolean }[] {
  return Object.entries(budget).flatMap(([key, most]) => {
    if (most === undefined) return [];
    const spent = Math.round((price[key] ?? 0) * 10) / 10;
    return [{ words: `${key} ${spent < 0 ? "" : "+"}${spent} of ${most}`, isOver: spent > most }];
  });
}

async function costOf(scenario: Scenario, seed: number, chosen: Settings): Promise<Cost> {
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  const out = await scratchFolder("price");
  try {
    return (await rig.stage({ scenario, seed, settings: settingsOf(scenario, chosen), out })).cost;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
