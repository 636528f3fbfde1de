import type { Question } from "../scenario-question.ts";
import type { Scenario } from "../scenario-schema.ts";
import type { Roll } from "./roll.ts";

/** A choice that a team may make at the table, with what it was measured to do. */
export interface DefenceCard {
  /** `as it is` for the world without any change. */
  readonly name: string;
  readonly cost: string;
  readonly price: string;
  /** Mean over the measured worlds, or the one world's value; `not reached`. */
  readonly value: string;
  /** `−0.38 (−0.42 to −0.33)`, with how many worlds it comes from. Empty for the world as it is. */
  readonly effect: string;
  readonly verdict: string;
  /** What a roll decides: `what leaks in your world`, or `whether one message is read`. */
  readonly rollFor: string;
  /** Empty where there is nothing to roll for: `sure` says why. */
  readonly rolls: readonly Roll[];
  readonly sure: string;
}

/** What a question of the scenario came out at, for the facilitator. */
export interface QuestionCard {
  readonly question: Question;
  readonly measured: string;
}

/** Everything that a session at a table needs: a scenario's words and measured numbers, nothing else. */
export interface Deck {
  readonly v: 1;
  readonly type: "lab-cards";
  readonly scenario: Scenario;
  readonly leak: { readonly id: string; readonly words: string; readonly more: string };
  readonly source: {
    readonly kind: "matrix" | "run";
    /** Name of the folder that was read. */
    readonly folder: string;
    readonly seeds: readonly number[];
    /** SHA-256 of the scenario file that was measured. */
    readonly file: string;
    readonly software: readonly string[];
  };
  readonly cards: readonly DefenceCard[];
  readonly questions: readonly QuestionCard[];
  /** Questions that need the evidence itself, and so are not played at a table. */
  readonly leftOut: readonly string[];
  readonly limits: readonly string[];
}

/** Where the numbers come from, in one line for the foot of every sheet. */
export function sourceText({ scenario, source }: Deck): string {
  const { kind, folder, seeds, file, software } = source;
  const [first = 0] = seeds;
  const last = seeds.at(-1) ?? first;
  const which = seeds.length === 1 ? `seed ${first}` : `${seeds.length} seeds, ${first} to ${last}`;
  const by = software.length === 0 ? "software not recorded" : software.join("; ");
  return `${scenario.id} ${scenario.version}, file ${file.slice(0, 12)} · ${kind} ${folder}, ${which} · ${by}`;
}
