import { z } from "zod";
import { openFrame } from "#client/core/frame.ts";
import { decodeIdentity } from "#client/core/identity.ts";
import { mailboxKeys } from "#client/core/mailbox.ts";
import { channelGroupRules } from "#client/core/rules.ts";
import { ready } from "#client/crypto/sodium.ts";
import { suiteOf } from "#client/crypto/suite.ts";
import { decode } from "#client/mls/codec.ts";
import {
  applyCommit,
  checkCommit,
  type Group,
  joinGroup,
  members,
  peek,
} from "#client/mls/group.ts";
import { takeKeyPackage } from "#client/mls/key-package.ts";
import { branchesTo, leafAt, nodeIndex } from "#client/mls/tree.ts";
import type { Evidence } from "../evidence.ts";
import { seeded } from "../seeded.ts";
import type { Budget, Progress } from "./attack.ts";
import type { Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { type OpenedDoor, openDoor } from "./harvest-door.ts";
import { attempt, openText } from "./open-text.ts";
import { type Oracle, readOracle, secretFor } from "./oracle.ts";
import {
  type RecordedFrame,
  type RecordedLine,
  type Recording,
  readRecording,
  sortRecording,
} from "./recording.ts";

export const harvestParams = z.strictObject({
  /** Shares of the recording, percent, with which the attack is carried out again; and how often with each. */
  thinned: z.array(z.number().int().min(1).max(99)).max(10),
  rounds: z.number().int().min(1).max(100),
});

export const harvestClaims = z.strictObject({
  /** Texts that are read from a share of the lines, drawn by lot, one number for each round. */
  thinned: z.array(z.strictObject({ percent: z.number().int(), read: z.array(z.number().int()) })),
  doors: z.strictObject({
    seen: z.number().int(),
    /** Whose CPace key was found: KeyPackage and Welcome lie open. */
    opened: z.number().int(),
    /** Whose Welcome was opened: the channel is entered. */
    entered: z.number().int(),
    /** Closed although the X25519 half of the key is known. */
    half: z.number().int(),
  }),
  epochs: z.array(
    z.strictObject({
      mailbox: z.string(),
      epoch: z.number().int(),
      suite: z.enum(["x25519", "xwing"]),
      by: z.enum(["welcome", "commit"]),
      frames: z.number().int(),
      texts: z.number().int(),
    }),
  ),
});

export type HarvestClaims = z.infer<typeof harvestClaims>;

/**
 * Harvest now, decrypt later (LEAKLAB 3.12): everything was recorded, and an oracle gives logarithms
 * (ASSUMED). A recorded join opens by CPace; its Welcome by the init key; then each commit by the keys that
 * the tree before it shows. Every step is a decryption that really is carried out.
 */
export async function harvestNow(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const { thinned, rounds } = harvestParams.parse(budget.params);
  const lines = await readRecording(evidence, evidence.artefacts("wire"));
  const oracle = await readOracle(evidence);
  const { findings, claims } = decrypt(lines, oracle);
  findings.notes.push(...absentKinds(evidence, ["wire", "oracle"]));
  const dice = Array.from({ length: rounds }, (_, round) => {
    const lots = seeded("thinned", round);
    return lines.map(() => lots.below(100));
  });
  for (const [index, percent] of thinned.entries()) {
    // One die a line and round: what a smaller share keeps, a larger one keeps too.
    const read = dice.map((lots) => {
      const kept = lines.filter((_, at) => (lots[at] ?? 100) < percent);
      return new Set(decrypt(kept, oracle).findings.read.map(({ id }) => id)).size;
    });
    claims.thinned.push({ percent, read });
    progress("shares of the recording", index + 1, thinned.length);
  }
  findings.claims = harvestClaims.parse(claims);
  return findings;
}

/** The attack itself, on so many lines of a recording. */
function decrypt(lines: readonly RecordedLine[], oracle: Oracle) {
  const findings = emptyFindings("harvest-now");
  const recording = sortRecording(lines);
  const { doors } = recording;
  const claims: HarvestClaims = {
    doors: { seen: doors.length, opened: 0, entered: 0, half: 0 },
    epochs: [],
    thinned: [],
  };
  const walk: Walk = { oracle, recording, findings, claims, visited: new Set() };
  for (const door of doors) {
    const opened = openDoor(door, oracle);
    if (opened !== null) {
      claims.doors.opened += 1;
      noteLabel(findings, opened);
      const group = enter(walk, opened);
      if (group !== null) follow(walk, group);
    }
  }
  findings.counts.frames = recording.frames;
  findings.counts.logarithms = oracle.x25519.size + oracle.scalars.size;
  findings.notes.push("The oracle's logarithms are given by fiat (ASSUMED).");
  return { findings, claims };
}

interface Walk {
  readonly oracle: Oracle;
  readonly recording: Recording;
  readonly findings: Findings;
  readonly claims: HarvestClaims;
  /** Mailboxes of epochs that have been read. */
  readonly visited: Set<string>;
}

/** A KeyPackage that lies open names its newcomer, also where nothing else is read. */
function noteLabel(findings: Findings, { keyPackage }: OpenedDoor): void {
  if (keyPackage === null) return;
  const label = attempt(() => {
    return decodeIdentity(decode(takeKeyPackage, keyPackage, "KeyPackage").leaf.credential.data)
      .label;
  });
  if (label !== null && !findings.labels.includes(label)) findings.labels.push(label);
}

/** Joins by a recorded Welcome with the newcomer's own keys, as far as the oracle has them. */
function enter({ oracle, claims }: Walk, { keyPackage, welcome }: OpenedDoor): Group | null {
  if (keyPackage === null || welcome === null) return null;
  return attempt(() => {
    const { suiteId, initKey, leaf } = decode(takeKeyPackage, keyPackage, "KeyPackage");
    const suite = suiteOf(suiteId);
    const init = secretFor(oracle, suite, initKey);
    const own = secretFor(oracle, suite, leaf.encryptionKey);
    if (init === null || own === null) return null;
    const joined = attempt(() =>
      joinGroup({
        ...{ suite, rules: channelGroupRules, welcome, keyPackage },
        // Whoever only reads signs nothing.
        secrets: {
          initSecret: init.secret.slice(),
          leafSecret: own.secret.slice(),
          signatureSecret: new Uint8Array(64),
        },
      }),
    );
    if (joined === null && !init.isWhole) claims.doors.half += 1;
    if (joined !== null) claims.doors.entered += 1;
    return joined?.group ?? null;
  });
}

/** Reads the epochs of a channel from one on, until nothing leads into the next one. */
function follow(walk: Walk, entered: Group): void {
  let by: "welcome" | "commit" = "welcome";
  let group: Group | null = entered;
  while (group !== null && !walk.visited.has(mailboxKeys(group, 0).name)) {
    group = readEpoch(walk, group, by);
    by = "commit";
  }
}

function readEpoch(walk: Walk, group: Group, by: "welcome" | "commit"): Group | null {
  const messages = messagesOf(walk, group);
  const { name } = mailboxKeys(group, 0);
  const before = walk.findings.read.length;
  let reader = group;
  let next: Group | null = null;
  for (const { message, frame } of messages) {
    const kind = attempt(() => peek(message).contentType);
    if (kind === "commit") next ??= nextEpoch(walk, group, message);
    if (kind !== "application") continue;
    const opened = openText(reader, message, frame.where);
    if (opened === null) continue;
    reader = opened.reader;
    if (opened.text !== null) walk.findings.read.push(opened.text);
  }
  walk.claims.epochs.push({
    ...{ mailbox: name, epoch: Number(group.epoch), by, frames: messages.length },
    suite: group.suite.kem.publicBytes === 32 ? "x25519" : "xwing",
    texts: walk.findings.read.length - before,
  });
  return next;
}

/** What an epoch's mailboxes hold, opened; every one of them counts as read. */
function messagesOf({ recording, visited }: Walk, group: Group) {
  const messages: { message: Uint8Array; frame: RecordedFrame }[] = [];
  for (let overflow = 0; ; overflow++) {
    const keys = mailboxKeys(group, overflow);
    visited.add(keys.name);
    const frames = recording.boxes.get(keys.name);
    if (frames === undefined) return messages;
    for (const frame of frames) {
      const message = attempt(() => openFrame(keys, frame.bytes));
      if (message !== null) messages.push({ message, frame });
    }
  }
}

/** The epoch that a commit begins: some member's ciphertext of its path opens with a key that the oracle has. */
function nextEpoch({ oracle }: Walk, group: Group, message: Uint8Array): Group | null {
  const checked = attempt(() => checkCommit(group, message));
  if (checked === null) return null;
  for (const { leaf } of members(group)) {
    if (leaf === checked.committer || checked.removes.includes(leaf)) continue;
    const next = attempt(() => applyCommit(seenFrom(oracle, group, leaf), checked));
    if (next !== null) return next.group;
  }
  return null;
}

/** The group as the member of a leaf has it: the same epoch, and the KEM secrets of the nodes above. */
function seenFrom(oracle: Oracle, group: Group, ownLeaf: number): Group {
  const { suite, state } = group;
  const pathKeys = new Map<number, Uint8Array>();
  const add = (index: number, publicKey: Uint8Array | undefined): void => {
    const found = publicKey === undefined ? null : secretFor(oracle, suite, publicKey);
    if (found !== null) pathKeys.set(index, found.secret);
  };
  add(2 * ownLeaf, leafAt(state.tree, ownLeaf)?.encryptionKey);
  for (const at of branchesTo(state.tree.top, ownLeaf)) add(nodeIndex(at), at.node?.encryptionKey);
  return { ...group, ownLeaf, state: { ...state, ownLeaf, pathKeys } };
}

/** Which joins and epochs the recording opened, and what a recording with gaps would have. */
export const tellHarvest: Tell = (findings) => {
  const { doors, epochs, thinned } = harvestClaims.parse(findings.claims);
  return [
    {
      title: "Recorded joins",
      head: ["seen", "opened", "channel entered", "closed, half of the key known"],
      rows: [[doors.seen, doors.opened, doors.entered, doors.half]],
    },
    {
      title: "Epochs that opened",
      head: ["epoch", "keys", "entered by", "frames", "texts"],
      rows: epochs.map(({ epoch, suite, by, frames, texts }) => [epoch, suite, by, frames, texts]),
    },
    {
      title: "Had only a part of the lines been recorded",
      head: ["recorded", "texts read, on average", "of"],
      rows: thinned.map(({ percent, read }) => [
        `${percent}%`,
        read.reduce((sum, each) => sum + each, 0) / Math.max(1, read.length),
        findings.read.length,
      ]),
    },
  ];
};
