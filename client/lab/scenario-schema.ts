import { z } from "zod";
import { assert } from "#shared/failure.ts";
import { artefactKinds } from "./evidence.ts";
import { injectSchema } from "./scenario-inject.ts";
import { questionSchema } from "./scenario-question.ts";
import {
  channel,
  devices,
  duration,
  intermediary,
  minute,
  traffic,
  word,
} from "./scenario-world.ts";

/** The shape of a scenario file (LEAKLAB 5.1). Strict at every level: an unknown key is an error. */

export const scenarioSchemaName = "leaklab/1";

/** `recovered.by_epoch` */
const dotted = z.string().regex(/^[a-z][a-z0-9_.]{0,60}$/, "expected a name such as heal.by");
const line = z.string().min(1).max(300);
const paragraph = z.string().min(1).max(2_000);

/** The eight risks of back channels; a closed list. */
export const risks = [
  "information-leak",
  "cybersecurity",
  "spoiler",
  "backlash",
  "reputation",
  "many-channels",
  "intermediary",
  "delay",
] as const;

/** `T+245`: minutes from the first message on; `end`: after everything. */
const moment = z
  .string()
  .regex(/^(T\+\d{1,6}|end)$/, 'expected T+minutes or "end"')
  .transform((text) => (text === "end" ? ("end" as const) : Number(text.slice(2)) * 60_000));

const incident = z.strictObject({
  name: line,
  date: line,
  source: line,
  mechanism: line,
  confidence: z.enum(["established", "reported", "disputed"]),
});

const actor = z.strictObject({
  id: word,
  label: z.string().min(1).max(40),
  role: line,
  side: word,
});

const secret = z.strictObject({
  id: word,
  channel: word,
  at: moment,
  value: z.literal("generated"),
});

/**
 * One member's uplink stalls, and another's commit ends the epoch meanwhile: what he has written before
 * reaches the old epoch's mailbox behind that commit.
 */
const heldUplink = z.strictObject({
  actor: word,
  from: minute,
  until: minute,
  /** How many messages he writes at the beginning, on top of the traffic. */
  messages: z.number().int().min(1).max(3),
  commit: z.strictObject({ by: word, at: minute }),
});

/** What a relay in the hands of an adversary may do in the channel in scope; defences switch it on. */
const hostileRelay = z.strictObject({
  /** Whose commits it withholds, from the theft of this actor's device on. */
  victim: word,
  /** From then on these members are shown another log than the rest. */
  split: z.strictObject({ at: minute, half: z.array(word).min(1).max(11) }),
});

/** Somebody who gets the code that was meant for the person of this label. */
const wrongGuest = z.strictObject({
  actor: word,
  /** Who mistook one entry of the address book for another. */
  sponsor: word,
  /** Who, where the policy asks for two persons, speaks to the newcomer. */
  second: word,
  /** Of which member the newcomer is taken for a further device: then it gets a second seat of that person. */
  seat_of: word.optional(),
  at: minute,
  /** Who notices, at the end of a session, and has the guest removed. */
  noticed_by: word,
});

const defence = z.strictObject({
  values: z
    .array(z.string().regex(/^[a-z0-9-]{1,30}$/))
    .min(2)
    .max(8),
  default: z.string(),
  /** Not anybody's to choose: something of the adversary or of the world that a run can be asked for. */
  circumstance: z.literal(true).optional(),
  cost_note: line,
});

const artefactGrant = z.strictObject({
  id: word,
  kind: z.enum(artefactKinds),
  actor: word.optional(),
  at: moment,
  /** Of a relay's database: which relay's, where there are several. */
  relay: word.optional(),
  /** Whether the device is locked; an unlocked one gives its key by fiat (badge ASSUMED). */
  locked: z.boolean().optional(),
});

const comparison = z.enum(["<", "<=", "==", ">=", ">"]);

const expectation = z.strictObject({
  when: z.record(word, z.string()),
  metric: dotted,
  op: comparison,
  than: z.union([z.literal("baseline"), z.number()]),
});

export const scenarioSchema = z.strictObject({
  schema: z.literal(scenarioSchemaName),
  id: word,
  title: line,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  risk: z.array(z.enum(risks)).min(1),
  difficulty: z.number().int().min(1).max(6),
  minutes: z.number().int().min(1).max(240),
  summary: paragraph,
  grounded_in: z.array(incident).min(1),
  objectives: z.array(line).min(1).max(8),
  linddun: z.array(line),
  seed: z.union([
    z.literal("random"),
    z
      .number()
      .int()
      .min(0)
      .max(2 ** 31),
  ]),
  world: z.strictObject({
    actors: z.array(actor).min(1).max(64),
    channels: z.array(channel).min(1).max(64),
    /** Which channel is in scope; the others are decoys on the same relay. */
    scope: word,
    traffic: traffic.optional(),
    /** So many pairs of strangers who talk over the same relay, on top of the actors and channels named. */
    decoys: z.number().int().min(0).max(16).default(0),
    devices: z.array(devices).max(16).default([]),
    intermediaries: z.array(intermediary).max(4).default([]),
    secrets: z.array(secret).max(8).default([]),
    /** Stalled uplinks in the channel in scope. */
    held: z.array(heldUplink).max(12).default([]),
    /** To this member the relay shows nothing of a mailbox behind the commit that ends its epoch. */
    late_hidden_from: word.optional(),
    relay: hostileRelay.optional(),
    guest: wrongGuest.optional(),
    /** What the rig of this scenario's algorithm wants to know besides; its own schema checks it. */
    params: z.record(word, z.json()).default({}),
  }),
  defences: z.record(word, defence),
  adversary: z.strictObject({
    capability: paragraph,
    gets: z.array(artefactGrant).min(1),
  }),
  attack: z.strictObject({
    algorithm: word,
    inputs: z.array(word).min(1),
    /** Parameters of the algorithm; its rig's schema checks them. */
    params: z.record(word, z.json()).default({}),
    budget: z.strictObject({ wall: duration, trials: z.number().int().min(1).max(10_000_000) }),
  }),
  metrics: z.array(dotted).min(1),
  expect: z.array(expectation),
  questions: z.array(questionSchema).max(40),
  injects: z.array(injectSchema).max(40).default([]),
  aar: z.strictObject({ prompts: z.array(line) }),
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type Traffic = NonNullable<Scenario["world"]["traffic"]>;

/** The traffic of a scenario whose rig plays a talk. */
export function trafficOf(scenario: Scenario): Traffic {
  const { traffic } = scenario.world;
  assert(traffic !== undefined, "the checks of a talk's rig found its traffic");
  return traffic;
}

export type Expectation = z.infer<typeof expectation>;
