import { z } from "zod";
import type { ArtefactKind, Evidence } from "../evidence.ts";

/** By which way a text was read: opened with a key, found as stored text, or lying in the clear. */
export const ways = ["key", "stored", "plain"] as const;
export type Way = (typeof ways)[number];

const recoveredText = z.strictObject({
  text: z.string(),
  by: z.enum(ways),
  /** Message id, lower-case hex, when the artefact shows one. */
  id: z.string().nullable(),
  from: z.string().nullable(),
  epoch: z.number().int().nullable(),
  /** Artefact and place where it was found. */
  where: z.string(),
});

const chainLink = z.strictObject({
  epoch: z.number().int(),
  /** Mailbox names of this epoch that the thief could derive, lower-case hex. */
  mailboxes: z.array(z.string()),
  framesOpened: z.number().int(),
  messages: z.number().int(),
  /** How this epoch ended for the thief. */
  end: z.enum(["followed", "own-update", "removed", "log-ends", "stuck"]),
  /** Label of the member whose commit ended it; null when the log simply ends. */
  committer: z.string().nullable(),
});

/**
 * What an attack says it found, and nothing about what is true. The same bundle gives the same
 * findings, bit for bit: bounds are counts, never times.
 */
export const findingsSchema = z.strictObject({
  v: z.literal(1),
  attack: z.string(),
  read: z.array(recoveredText),
  /** Names of persons found. */
  labels: z.array(z.string()),
  /** Which mailbox is followed by which (lower-case hex). */
  edges: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  /** What each frame is guessed to be, from its size and place alone. */
  frames: z.array(
    z.strictObject({
      mailbox: z.string(),
      seq: z.number().int(),
      bytes: z.number().int(),
      guess: z.enum(["text", "commit"]),
    }),
  ),
  /** Where two logs of one channel part, and who was shown which; null when there are not two. */
  split: z
    .strictObject({
      /** The last mailbox that both logs have, and the first position that differs. */
      mailbox: z.string(),
      seq: z.number().int(),
      /** Frames as large as commits in that mailbox, from there on: one for each log is two of one epoch. */
      rivalCommits: z.array(z.number().int()),
      /** Frames behind that point, in this mailbox and in those that only this log has. */
      framesBehind: z.array(z.number().int()),
      /** Network addresses served from each log, and the labels found for them. */
      halves: z.array(z.strictObject({ lines: z.array(z.string()), labels: z.array(z.string()) })),
    })
    .nullable(),
  /** Epoch by epoch, how far stolen keys carried. */
  chain: z.array(chainLink),
  /** What this attack concludes in its own words; its rig's scorer parses it with the attack's schema. */
  claims: z.json(),
  /** Everything counted on the way: frames, candidate keys, trials. */
  counts: z.record(z.string(), z.number()),
  /** Bounds that were hit, and what was given by fiat: one sentence each. */
  notes: z.array(z.string()),
});

export type Findings = z.infer<typeof findingsSchema>;
export type RecoveredText = z.infer<typeof recoveredText>;
export type ChainLink = z.infer<typeof chainLink>;

/** Says which of the kinds that an attack reads it was not given: finding nothing then has its reason. */
export function absentKinds(evidence: Evidence, kinds: readonly ArtefactKind[]): string[] {
  return kinds
    .filter((kind) => evidence.artefacts(kind).length === 0)
    .map((kind) => `No artefact of the kind ${kind} is in the evidence.`);
}

/** Findings of an attack that found nothing. */
export function emptyFindings(attack: string): Findings {
  return {
    v: 1,
    attack,
    read: [],
    labels: [],
    edges: [],
    frames: [],
    split: null,
    chain: [],
    claims: null,
    counts: {},
    notes: [],
  };
}
