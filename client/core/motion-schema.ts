import { z } from "zod";
import { limits } from "#shared/limits.ts";
import { headBytes } from "./chain.ts";
import { count, fixed, leafIndex, timeMs, upTo } from "./field.ts";
import { personBytes } from "./identity.ts";

/** Octets of a motion's id: random. In the state and in events it is written in lower-case hex. */
export const motionIdBytes = 16;
export const motionId = fixed(motionIdBytes);

const labelCharactersMax = 256;
const label = z.string().max(labelCharactersMax);
const keyPackage = upTo(1 << 16);

/** A change that needs several persons. */
export const changeSchema = z.discriminatedUnion("op", [
  /** `keyPackage` is null while, under two codes, the newcomer has not yet come. */
  z.strictObject({
    op: z.literal("admit"),
    label,
    person: fixed(personBytes),
    keyPackage: keyPackage.nullable(),
  }),
  z.strictObject({ op: z.literal("remove"), seat: fixed(32) }),
  z.strictObject({
    op: z.literal("policy"),
    approvals: z.int().min(1).max(limits.seatsMax),
    check: z.enum(["words", "two-codes"]),
    archivers: z.enum(["shown", "refused"]),
  }),
  /** Gives a person back the right to freeze. */
  z.strictObject({ op: z.literal("renew"), seat: fixed(32) }),
]);
export type MotionChange = z.infer<typeof changeSchema>;

/** Why a motion came to its end without being carried out. */
export const endSchema = z.enum(["denied", "words", "expired", "withdrawn", "code", "archiver"]);
export type EndReason = z.infer<typeof endSchema>;

const nonce = fixed(32);

/**
 * What second and first sponsor say in a check (client/core/check.ts), in this order: `open` and
 * `nonce` are the second sponsor's, the rest is the newcomer's and passes through the first.
 */
export const stepSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("open") }),
  z.strictObject({ name: z.literal("commit"), to: leafIndex, commitment: fixed(32) }),
  z.strictObject({ name: z.literal("nonce"), nonce }),
  z.strictObject({ name: z.literal("reveal"), to: leafIndex, nonce }),
  z.strictObject({ name: z.literal("agreed"), to: leafIndex }),
]);
export type CheckStep = z.infer<typeof stepSchema>;

/** Who vouched for a newcomer, by label, and how it was authenticated. */
export const provenanceSchema = z.strictObject({ label, check: z.enum(["code", "words"]) });

export const welcomeFields = {
  welcome: upTo(limits.frameBytesMax),
  /** Head of the epoch before the newcomer's, at the commit that let it in. */
  previous: fixed(headBytes).nullable(),
  admittedBy: z.array(provenanceSchema).max(limits.seatsMax),
};
const welcomeSchema = z.strictObject(welcomeFields);
export type MotionWelcome = z.infer<typeof welcomeSchema>;

/** One second sponsor's check of a newcomer, as everybody in the channel sees it. */
const checkSchema = z.strictObject({
  /** The second sponsor, and its leaf's signature key: a check is void under another. */
  leaf: leafIndex,
  key: fixed(32),
  commitment: fixed(32).nullable(),
  nonce: nonce.nullable(),
  reveal: nonce.nullable(),
  /** The newcomer has typed the sponsor's words, and they were right. */
  agreed: z.boolean(),
});
export type MotionCheck = z.infer<typeof checkSchema>;

/** A motion as this seat knows it. */
export const motionSchema = z.strictObject({
  id: z.string().length(2 * motionIdBytes),
  author: leafIndex,
  /** The author's person and label: they stay when its seat is gone. */
  person: fixed(personBytes),
  by: label,
  change: changeSchema,
  /** Approvals that held when they were read, one of each signer. */
  approvals: z.array(upTo(256)).max(limits.seatsMax),
  seenAt: timeMs,
  /** How this person approved by hand; null while it has not. Only that may be issued again. */
  consent: z.enum(["code", "words", "none"]).nullable(),
  /** Whether the own part has been said: the motion by its author, the approval by others. */
  isSaid: z.boolean(),
  checks: z.array(checkSchema).max(limits.checksMax),
  /** When it was first seen to have all its approvals, given by others: somebody else may commit it. */
  completeAt: timeMs.nullable(),
  ended: z.strictObject({ reason: endSchema, by: label }).nullable(),
  /** Labels of those who said no and could not end it. */
  against: z.array(label).max(limits.seatsMax),
  granted: z.strictObject({ epoch: count, committer: leafIndex }).nullable(),
  welcome: welcomeSchema.nullable(),
});
export type Motion = z.infer<typeof motionSchema>;
