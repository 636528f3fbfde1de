import { Failure } from "#shared/failure.ts";
import type { Scenario } from "../scenario-schema.ts";
import { type Settings, settingsOf } from "../settings.ts";
import { normalise } from "./answer-text.ts";

/** The defences of an answer: `victim_updates=after-theft late_window=0s`, or `nothing`. */
export function switchesIn(said: string): Settings {
  if (["nothing", "nobody", ""].includes(normalise(said))) return {};
  const pairs = said
    .trim()
    .split(/[\s,]+/)
    .map((each): [string, string] => {
      const at = each.indexOf("=");
      if (at < 1) throw new Failure("usage", `"${each.slice(0, 40)}": expected defence=value`);
      return [each.slice(0, at), each.slice(at + 1)];
    });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) {
    throw new Failure("usage", "one defence stands there twice");
  }
  return Object.fromEntries(pairs);
}

/** The defences that people choose from: circumstances are as they are. */
export function choicesOf({ defences }: Scenario): Scenario["defences"] {
  const choices = Object.entries(defences).filter(([, { circumstance }]) => circumstance !== true);
  return Object.fromEntries(choices);
}

/** The whole settings of an answer. Failure `usage` for a defence or value that the scenario does not have. */
export function checkChoice(scenario: Scenario, said: string): Settings {
  const chosen = switchesIn(said);
  for (const [name, value] of Object.entries(chosen)) {
    const offered = Object.hasOwn(scenario.defences, name) ? scenario.defences[name] : undefined;
    if (offered === undefined || offered.circumstance === true) {
      const known = Object.keys(choicesOf(scenario)).join(", ");
      throw new Failure("usage", `no defence "${name.slice(0, 40)}"; there are ${known}`);
    }
    if (!offered.values.includes(value)) {
      throw new Failure("usage", `${name} is one of ${offered.values.join(", ")}`);
    }
  }
  return settingsOf(scenario, chosen);
}
