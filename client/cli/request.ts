import { z } from "zod";
import { excerptSchema } from "#client/core/excerpt.ts";
import { limits } from "#shared/limits.ts";
import { spokenCount } from "./spoken.ts";

const name = z.string().min(1).max(200);
/** A channel's local name; null means the one chosen by `use`, or the only one. */
const channel = name.nullable();
const ms = z.int().positive();
/** A motion's id, or its beginning. */
const motionId = z.string().regex(/^[0-9a-f]{4,32}$/);
const persons = z.int().min(1).max(limits.seatsMax);
const check = z.enum(["words", "two-codes"]);
const archivers = z.enum(["shown", "refused"]);
/** What somebody has read aloud, each a word of the list. */
const spoken = z.array(z.string().min(1).max(20)).length(spokenCount);

/**
 * What a verb asks of an open vault, after flags and questions have been dealt with. The same object is
 * run in this process or sent to the process that holds the vault, so it holds no passphrase.
 */
export const requestSchema = z.discriminatedUnion("verb", [
  z.strictObject({
    verb: z.literal("open"),
    name,
    label: name,
    relay: name,
    approvals: persons,
    check,
    archivers,
    archives: z.boolean(),
    receipts: z.boolean(),
    deniable: z.boolean(),
    lateEpochs: z.int().min(0).max(limits.lateEpochsMax).nullable(),
    lateWindowMs: ms.nullable(),
    timerMs: ms.nullable(),
    sunsetMs: ms.nullable(),
  }),
  z.strictObject({
    verb: z.literal("invite"),
    channel,
    label: name,
    /** The label of another seat of the same person. */
    personOf: name.nullable(),
    despite: z.boolean(),
    expiresMs: ms,
  }),
  z.strictObject({
    verb: z.literal("join"),
    code: name,
    /** The second sponsor's code, where the channel admits by two codes. */
    second: name.nullable(),
    /** How many sponsors the newcomer expects. */
    sponsors: z.literal([1, 2]),
    /** Whether to say that this client keeps copies elsewhere. */
    archives: z.boolean(),
    relay: name,
    name: name.nullable(),
  }),
  z.strictObject({ verb: z.literal("resume"), words: spoken.nullable() }),
  z.strictObject({ verb: z.literal("pending"), channel }),
  z.strictObject({
    verb: z.literal("approve"),
    channel,
    id: motionId,
    words: spoken.nullable(),
    despite: z.boolean(),
    /** Null where the second sponsor checks by words, else how long the code of his own is good. */
    codeMs: ms.nullable(),
  }),
  z.strictObject({ verb: z.literal("deny"), channel, id: motionId }),
  z.strictObject({ verb: z.literal("freeze"), channel, on: z.boolean() }),
  z.strictObject({ verb: z.literal("renew"), channel, label: name }),
  z.strictObject({
    verb: z.literal("policy"),
    channel,
    approvals: persons.nullable(),
    check: check.nullable(),
    archivers: archivers.nullable(),
  }),
  z.strictObject({ verb: z.literal("send"), channel, text: z.string() }),
  z.strictObject({
    verb: z.literal("recv"),
    channel,
    follow: z.boolean(),
    /** `auto`, `manual`, or a cursor: everything up to it is read. */
    ack: name,
    timeoutMs: ms.nullable(),
  }),
  z.strictObject({ verb: z.literal("ack"), channel, cursor: name }),
  z.strictObject({ verb: z.literal("who"), channel }),
  z.strictObject({ verb: z.literal("status"), channel, compared: z.boolean() }),
  z.strictObject({ verb: z.literal("channels") }),
  z.strictObject({ verb: z.literal("use"), name }),
  z.strictObject({ verb: z.literal("rotate"), channel }),
  z.strictObject({ verb: z.literal("remove"), channel, label: name }),
  z.strictObject({ verb: z.literal("leave"), channel }),
  z.strictObject({ verb: z.literal("receipts"), channel, on: z.boolean() }),
  z.strictObject({ verb: z.literal("archives"), channel, on: z.boolean() }),
  z.strictObject({ verb: z.literal("slots"), channel, everyMs: ms.nullable() }),
  z.strictObject({ verb: z.literal("timer"), channel, timerMs: ms.nullable() }),
  z.strictObject({
    verb: z.literal("forge"),
    channel,
    from: name,
    text: z.string(),
    /** Null for the latest epoch of which the key was released. */
    epoch: z.int().min(0).nullable(),
    over: excerptSchema.nullable(),
  }),
  z.strictObject({ verb: z.literal("wipe"), channel: name }),
]);

export type Request = z.infer<typeof requestSchema>;
export type RequestOf<Verb extends Request["verb"]> = Extract<Request, { verb: Verb }>;
