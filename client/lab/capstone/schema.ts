import { z } from "zod";

/** The shape of a capstone file: scenarios chained as acts, and what each carries to those after it. */

const word = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, "expected a lower-case name");
const line = z.string().min(1).max(300);
const paragraph = z.string().min(1).max(2_000);
const value = z.string().min(1).max(40);
/** `pair.ident.n95`: the fact `ident.n95` of the act `pair`. */
const fact = z.string().regex(/^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$/, "expected act.fact");

const byChoice = z.strictObject({ choice: word, is: value });
const byFact = z.strictObject({
  fact,
  op: z.enum(["<=", ">=", "==", "!="]),
  than: z.union([z.number(), line, z.strictObject({ fact })]),
});
const condition = z.union([byChoice, byFact]);

const carry = z.strictObject({
  /** The act that it changes. */
  to: word,
  /** It applies where all of these hold, and not all of those under `unless`. */
  when: z.array(condition).min(1).max(8).default([]),
  unless: z.array(condition).min(1).max(8).default([]),
  /** Defences of the act's scenario. */
  set: z.record(word, value).default({}),
  /** Laid over the scenario's world: maps are merged, everything else is replaced. */
  world: z.record(word, z.json()).default({}),
  /** An actor gets the label that a fact names; who had it before gets the actor's. */
  rename: z.strictObject({ actor: word, fact }).optional(),
  why: paragraph,
});

export const capstoneSchema = z.strictObject({
  schema: z.literal("leaklab-capstone/1"),
  id: word,
  title: line,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  minutes: z.number().int().min(5).max(480),
  summary: paragraph,
  choices: z.record(
    word,
    z.strictObject({
      /** It is made before this act begins. */
      before: word,
      prompt: line,
      /** Two, so that the counterfactual is the other one. */
      values: z.array(value).length(2),
      default: value,
    }),
  ),
  acts: z
    .array(
      z.strictObject({
        id: word,
        scenario: word,
        title: line,
        /** Labels that the scenario's cast must hold. */
        players: z.array(line).min(1).max(12),
        /** Facts and metrics of the act that the report puts side by side. */
        shows: z.array(z.string().min(1).max(60)).min(1).max(8),
      }),
    )
    .min(2)
    .max(8),
  carries: z.array(carry).max(60),
  limits: z.array(line).min(1),
  prompts: z.array(line),
});

export type Capstone = z.infer<typeof capstoneSchema>;
export type Carry = Capstone["carries"][number];
export type Condition = z.infer<typeof condition>;
export type Act = Capstone["acts"][number];

/** The act and the name of a fact such as `pair.ident.n95`. */
export function splitFact(name: string): { readonly act: string; readonly fact: string } {
  const at = name.indexOf(".");
  return { act: name.slice(0, at), fact: name.slice(at + 1) };
}
