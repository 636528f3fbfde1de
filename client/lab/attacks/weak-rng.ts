import { z } from "zod";
import { openFrame } from "#client/core/frame.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { mailboxKeys, mailboxLabel, overflowContext } from "#client/core/mailbox.ts";
import { policyExtension } from "#client/core/policy.ts";
import { channelGroupRules } from "#client/core/rules.ts";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  applyCommit,
  checkCommit,
  commit,
  createGroup,
  type Group,
  peek,
} from "#client/mls/group.ts";
import { deriveEpoch, exportFrom } from "#client/mls/key-schedule.ts";
import { equalBytes, textOf, unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { clockDraw, clockSeed } from "../algorithms/clock-random.ts";
import { clockBits, searchClock } from "../algorithms/clock-search.ts";
import type { Evidence } from "../evidence.ts";
import { readAccessLog } from "./access-log.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, yesOrNoText } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { attempt, openText } from "./open-text.ts";
import { byMailbox, readDatabase, type SeizedFrame } from "./relay-database.ts";

export const weakRngParams = z.strictObject({
  /** How long before its first mailbox a device may have been switched on, milliseconds. */
  window: z.number().int().min(1).max(3_600_000),
  /** Draws among which a commit's key is looked for. */
  draws: z.number().int().min(1).max(100_000),
});

/** What the maker of the device knows of channels: labels that may be in it, and the policies it ships. */
export const makerSchema = z.strictObject({
  labels: z.array(z.string()).max(200),
  /** Encoded policy extensions, hex. */
  policies: z.array(z.string()).max(20),
});

export const weakRngClaims = z.strictObject({
  /** The millisecond at which a device was switched on; null when no seed gave a mailbox. */
  bootMs: z.number().nullable(),
  mailbox: z.string().nullable(),
  tries: z.number().int(),
  bits: z.number(),
  label: z.string().nullable(),
  /** Epochs entered, and commits of the weak device's own that were made again. */
  epochs: z.number().int(),
  remade: z.number().int(),
});

/** Draws of a founder before its group's: group id, person id, leaf key, signature key, epoch secret. */
const draw = { groupId: 0, person: 1, leafKey: 2, signer: 3, epochSecret: 4 } as const;

type Boxes = ReadonlyMap<string, readonly SeizedFrame[]>;

/**
 * Weak randomness (LEAKLAB 5, scenario 16): a mailbox's name is a public key that comes from the founder's
 * first secret. Every millisecond before the relay first heard of a mailbox is tried as the seed; the name
 * confirms the right one. Then the founder's group is made again, and each of its commits.
 */
export async function weakRng(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("weak-rng");
  findings.notes.push(...absentKinds(evidence, ["relay-db", "access-log", "words"]));
  const { window, draws } = weakRngParams.parse(budget.params);
  const boxes = await boxesOf(evidence);
  const firsts = await firstOpened(evidence);
  const bits = clockBits(window);
  const claims = { bits, tries: 0, label: null, epochs: 0, remade: 0 };
  let found: { seed: Uint8Array; bootMs: number; mailbox: string } | null = null;
  let tries = 0;
  for (const { mailbox, atMs } of firsts) {
    const wanted = unhex(mailbox);
    if (wanted === null || found !== null || tries >= budget.trials) continue;
    const search = { untilMs: atMs, windowMs: window, triesMax: budget.trials - tries };
    const hit = searchClock(
      search,
      (ms) => equalBytes(firstMailbox(clockSeed(ms)), wanted),
      (done, of) => progress("seeds", done, of),
    );
    tries += hit.tries;
    if (hit.atMs !== null) found = { seed: clockSeed(hit.atMs), bootMs: hit.atMs, mailbox };
  }
  findings.counts.tries = tries;
  if (found === null) {
    findings.claims = weakRngClaims.parse({ ...claims, tries, bootMs: null, mailbox: null });
    return findings;
  }
  const { seed, bootMs, mailbox } = found;
  const founded = await foundAgain(evidence, seed, boxes.get(mailbox) ?? []);
  const walk = { seed, boxes, draws, findings, remade: 0, epochs: 0 };
  let group = founded?.group ?? null;
  while (group !== null) group = readEpoch(walk, group);
  findings.claims = weakRngClaims.parse({
    ...{ bootMs, mailbox, tries, bits, label: founded?.label ?? null },
    ...{ epochs: walk.epochs, remade: walk.remade },
  });
  return findings;
}

/** Name of the first mailbox of a channel that a device with this seed has founded. */
function firstMailbox(seed: Uint8Array): Uint8Array {
  const epoch = clockDraw(seed, draw.epochSecret, xwingSuite.hashBytes);
  const { exporter } = deriveEpoch(xwingSuite, epoch, channelGroupRules).kept;
  const request = { label: mailboxLabel, context: overflowContext(0), length: 32 };
  return signingKeyPair(exportFrom(xwingSuite, exporter, request)).publicKey;
}

/** The group of one, made again with each label and policy until a commit's signature says which is right. */
async function foundAgain(
  evidence: Evidence,
  seed: Uint8Array,
  frames: readonly SeizedFrame[],
): Promise<{ group: Group; label: string } | null> {
  const { labels, policies } = makerSchema.parse(
    (await readJson(evidence)) ?? { labels: [], policies: [] },
  );
  for (const label of labels) {
    for (const policy of policies) {
      let next: number = draw.leafKey;
      const group = createGroup({
        suite: xwingSuite,
        rules: channelGroupRules,
        groupId: clockDraw(seed, draw.groupId, 32),
        identity: encodeIdentity({ label, person: clockDraw(seed, draw.person, 16) }),
        extensions: [{ type: policyExtension, data: unhex(policy) ?? new Uint8Array(0) }],
        random: (bytes) => clockDraw(seed, next++, bytes),
      });
      if (commitsIn(group, frames).length > 0) return { group, label };
    }
  }
  return null;
}

/** Commits of an epoch that are valid in it, in order. */
function commitsIn(group: Group, frames: readonly SeizedFrame[]) {
  const keys = mailboxKeys(group, 0);
  return frames.flatMap((frame) => {
    const message = attempt(() => openFrame(keys, frame.bytes));
    if (message === null || attempt(() => peek(message).contentType) !== "commit") return [];
    const checked = attempt(() => checkCommit(group, message));
    return checked === null ? [] : [checked];
  });
}

interface Walk {
  readonly seed: Uint8Array;
  readonly boxes: Boxes;
  readonly draws: number;
  readonly findings: Findings;
  remade: number;
  epochs: number;
}

/** Reads what one epoch's mailbox holds, and goes on to the next epoch; null where the walk ends. */
function readEpoch(walk: Walk, group: Group): Group | null {
  const keys = mailboxKeys(group, 0);
  const frames = walk.boxes.get(keys.name);
  if (frames === undefined) return null;
  walk.epochs += 1;
  let reader = group;
  for (const frame of frames) {
    const message = attempt(() => openFrame(keys, frame.bytes));
    if (message === null || attempt(() => peek(message).contentType) !== "application") continue;
    const opened = openText(reader, message, `${keys.name}:${frame.seq}`);
    if (opened === null) continue;
    reader = opened.reader;
    if (opened.text !== null) walk.findings.read.push(opened.text);
  }
  const [checked] = commitsIn(group, frames);
  if (checked === undefined) return null;
  if (checked.committer !== group.ownLeaf) {
    return attempt(() => applyCommit(group, checked))?.group ?? null;
  }
  const again = commitAgain(walk, group, checked);
  if (again !== null) walk.remade += 1;
  return again;
}

/** A commit of the device's own, made again from the draw at which its new leaf key was made. */
function commitAgain(
  { seed, draws }: Walk,
  group: Group,
  checked: ReturnType<typeof checkCommit>,
): Group | null {
  const published = checked.internal.path?.leaf.encryptionKey;
  if (published === undefined) return null;
  const { kem } = group.suite;
  for (let first = draw.epochSecret + 1; first < draws; first++) {
    const pair = kem.deriveKeyPair(clockDraw(seed, first, kem.secretBytes));
    if (!equalBytes(pair.publicKey, published)) continue;
    let next = checked.newSignatureKey === null ? first : first - 1;
    const made = attempt(() =>
      commit(group, {
        add: checked.adds.map(({ bytes }) => bytes),
        remove: checked.removes,
        ...(checked.extensions === null ? {} : { extensions: checked.extensions }),
        newSignatureKey: checked.newSignatureKey !== null,
        authenticatedData: checked.authenticatedData,
        random: (bytes) => clockDraw(seed, next++, bytes),
      }),
    );
    return made?.pending ?? null;
  }
  return null;
}

async function boxesOf(evidence: Evidence): Promise<Boxes> {
  const [artefact] = evidence.artefacts("relay-db");
  if (artefact === undefined) return new Map();
  return byMailbox((await readDatabase(evidence, artefact)).frames);
}

/** When the relay first heard of each mailbox, the earliest first. */
async function firstOpened(evidence: Evidence): Promise<{ mailbox: string; atMs: number }[]> {
  const [artefact] = evidence.artefacts("access-log");
  if (artefact === undefined) return [];
  const first = new Map<string, number>();
  for (const { mailbox, atMs } of await readAccessLog(evidence, artefact)) {
    if (mailbox !== undefined) first.set(mailbox, Math.min(atMs, first.get(mailbox) ?? atMs));
  }
  return [...first].map(([mailbox, atMs]) => ({ mailbox, atMs })).sort((a, b) => a.atMs - b.atMs);
}

async function readJson(evidence: Evidence): Promise<unknown> {
  const file = evidence.artefacts("words")[0]?.files[0];
  if (file === undefined) return null;
  try {
    return JSON.parse(textOf(await evidence.read(file.path)) ?? "");
  } catch {
    throw new Failure("malformed", `${file.path}: not JSON`);
  }
}

/** The device whose seed was found, and how far its keys carry. */
export const tellWeak: Tell = (findings) => {
  const { bootMs, label, tries, bits, epochs, remade, mailbox } = weakRngClaims.parse(
    findings.claims,
  );
  return [
    {
      title: "The search for a seed",
      head: ["seeds tried", "bits", "found", "confirmed by mailbox", "switched on at (UTC)"],
      rows: [
        [
          ...[tries, bits, yesOrNoText(bootMs !== null), mailbox?.slice(0, 8) ?? null],
          bootMs === null ? null : new Date(bootMs).toISOString(),
        ],
      ],
    },
    {
      title: "What its keys open",
      head: ["device of", "epochs entered", "own commits made again", "texts read"],
      rows: [[label, epochs, remade, findings.read.length]],
    },
  ];
};
