import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { attempt } from "./attempt.ts";
import { type Capture, imageDatabase } from "./bundle.ts";
import { captureDevice } from "./capture.ts";
import type { Control, ScoredRun } from "./result.ts";
import { seizedRelay } from "./rigs/seized-relay.ts";
import { stolenDevice } from "./rigs/stolen-device.ts";
import { loadScenario } from "./scenario.ts";
import type { Scenario } from "./scenario-schema.ts";
import { type Truth, truthSchema, writeTruth } from "./truth.ts";
import { writeEvidence } from "./write-evidence.ts";

/** A talk that really happened somewhere else, in the order in which it was said. */
export interface Talk {
  readonly channel: string;
  /** Labels of the members. */
  readonly members: readonly string[];
  readonly messages: readonly {
    /** Message id as `send` printed it. */
    readonly id: string;
    readonly from: string;
    readonly text: string;
    readonly epoch: number;
  }[];
  /** What began each epoch, as far as it is known. */
  readonly epochs?: readonly {
    readonly epoch: number;
    readonly began: "opened" | "admission" | "update" | "removal";
    readonly committer: string | null;
  }[];
  /** The device was copied before this message (0-based), in this epoch. */
  readonly theft?: {
    readonly label: string;
    readonly beforeMessage: number;
    readonly epoch: number;
  };
}

/** What was taken from running processes. */
export interface CapturedEvidence {
  readonly scenario: "seized-relay" | "stolen-device";
  /** Folder that gets `evidence/` and, beside it, `truth.json`. */
  readonly out: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The relay's SQLite file; its write-ahead log is found beside it. */
  readonly database: string;
  /** The copied vault's folder and the key from the unlocked device's memory. */
  readonly device?: {
    readonly dir: string;
    readonly slotKey: Uint8Array;
    readonly label: string;
    readonly atMs: number;
  };
  readonly talk: Talk;
}

const spacingMs = 60_000;

/** Makes an evidence bundle, and the ground truth beside it, from what real processes left. */
export async function bundleFrom(
  captured: CapturedEvidence,
): Promise<{ readonly bundle: string; readonly truth: Truth }> {
  const scenario = await loadScenario({ id: captured.scenario });
  const captures: Capture[] = [];
  if (captured.device !== undefined) {
    const { dir, slotKey, label, atMs } = captured.device;
    const actor = label.toLowerCase().replace(/[^a-z0-9-]/g, "-");
    captures.push(await captureDevice({ id: "img", actor, dir, vault: { slotKey }, atMs }));
  }
  captures.push({
    id: "db",
    kind: "relay-db",
    actor: null,
    atMs: captured.atMs,
    note: "The relay's SQLite database and, raw, its write-ahead log",
    files: await imageDatabase(captured.database),
  });
  const { out, title } = captured;
  const bundle = await writeEvidence({ scenario, out, title }, captures);
  const truth = truthOfTalk(captured.scenario, captured.talk);
  await writeTruth(join(captured.out, "truth.json"), truthSchema, truth);
  return { bundle, truth };
}

/** Attacks a bundle that `bundleFrom` made and scores the findings. */
export async function scoreBundle(plan: {
  readonly attack: "seized-relay" | "stolen-device";
  readonly bundle: string;
  readonly truth: Truth;
  readonly onProgress?: (step: string, done: number, of: number) => void;
}): Promise<ScoredRun> {
  const scenario = await loadScenario({ id: plan.attack });
  return attempt({
    rig: plan.attack === "seized-relay" ? seizedRelay : stolenDevice,
    bundle: plan.bundle,
    truth: plan.truth,
    defences: {},
    cost: { frames: 0, frameBytes: 0, commits: 0 },
    wallMs: scenario.attack.budget.wall,
    ...(plan.onProgress === undefined ? {} : { onProgress: plan.onProgress }),
  });
}

/**
 * Stages the same talk in the clear and attacks it: the positive control of `seized-relay`, with its null
 * control. `bundle` holds the database in which a search for any line or label of the talk finds it.
 */
export async function plaintextControl(plan: {
  readonly talk: Talk;
  readonly out: string;
}): Promise<{
  readonly bundle: string;
  readonly database: string;
  readonly controls: readonly Control[];
}> {
  const scenario = scenarioOfTalk(await loadScenario({ id: "seized-relay" }), plan.talk);
  await mkdir(plan.out, { recursive: true });
  const controls = await seizedRelay.controls({ scenario, seed: 1, out: plan.out }, seizedRelay);
  const bundle = join(plan.out, "controls", "plaintext", "evidence");
  return { bundle, database: join(bundle, "relay", "relay.sqlite"), controls };
}

function scenarioOfTalk(base: Scenario, talk: Talk): Scenario {
  const actors = talk.members.map((label, index) => ({
    id: `m${index}`,
    label,
    role: "member",
    side: "talk",
  }));
  const idOf = (label: string) => actors.find((actor) => actor.label === label)?.id ?? "m0";
  const lines = talk.messages.map(({ from, text }) => ({ from: idOf(from), text, session: 1 }));
  const members = actors.map((actor) => actor.id);
  // The demonstration's relay is the product's own: it keeps no log.
  const gets = base.adversary.gets.filter(({ kind }) => kind !== "access-log");
  const inputs = base.attack.inputs.filter((input) => gets.some(({ id }) => id === input));
  return {
    ...base,
    adversary: { ...base.adversary, gets },
    attack: { ...base.attack, inputs },
    world: {
      actors,
      channels: [{ id: "talk", members, weight: 1, relay: "relay" }],
      scope: "talk",
      traffic: { model: "replay", spacing: spacingMs, every: 60 * spacingMs, lines },
      secrets: [],
      held: [],
      decoys: 0,
      devices: [],
      intermediaries: [],
      params: {},
    },
  };
}

/** A talk has an order and no clock: message n is put at minute n, a theft half a minute before its message. */
function truthOfTalk(scenario: string, talk: Talk): Truth {
  const { channel, theft } = talk;
  return {
    v: 1,
    scenario,
    channel,
    members: talk.members.map((label) => ({ id: label, label, channel })),
    messages: talk.messages.map((message, index) => ({
      ...message,
      channel,
      session: message.epoch,
      atMs: index * spacingMs,
    })),
    epochs: (talk.epochs ?? []).map((epoch) => ({ ...epoch, channel, mailboxes: [], atMs: 0 })),
    theft:
      theft === undefined
        ? null
        : {
            actor: theft.label,
            label: theft.label,
            atMs: theft.beforeMessage * spacingMs - spacingMs / 2,
            epoch: theft.epoch,
          },
    expired: [],
    late: [],
    commits: [],
    secrets: {},
  };
}
