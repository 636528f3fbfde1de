import type { Scenario } from "./scenario-schema.ts";

export type Settings = Readonly<Record<string, string>>;

/** The settings of a run: the scenario's defaults, with some changed. */
export function settingsOf(scenario: Scenario, changed: Settings): Settings {
  const defaults = Object.entries(scenario.defences).map(([name, each]) => [name, each.default]);
  return { ...Object.fromEntries(defaults), ...changed };
}

/** The value of one defence; `off` where the scenario does not offer it. */
export function setting(settings: Settings, name: string, off: string): string {
  return settings[name] ?? off;
}

/** A change as a command line names it: `padding=256 receipts=off`; empty for none. */
export function changeName(change: Settings): string {
  return Object.entries(change)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** Names of what a scenario offers and nobody chooses. */
export function circumstancesOf({ defences }: Pick<Scenario, "defences">): string[] {
  return Object.entries(defences)
    .filter(([, { circumstance }]) => circumstance === true)
    .map(([name]) => name);
}

/** Whether a change is of circumstances alone: no defence is in it. */
export function isCircumstance(scenario: Pick<Scenario, "defences">, change: Settings): boolean {
  const names = circumstancesOf(scenario);
  return Object.keys(change).every((name) => names.includes(name));
}

/** Milliseconds of `30m` or `7d`; null for `off` and `never`. */
export function durationOf(value: string): number | null {
  const parsed = /^(\d+)(s|m|h|d)$/.exec(value);
  if (parsed === null) return null;
  return Number(parsed[1]) * unitMs[parsed[2] as keyof typeof unitMs];
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
