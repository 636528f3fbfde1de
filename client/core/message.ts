import { z } from "zod";
import { textOf, utf8 } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { headBytes } from "./chain.ts";
import { count, fixed, leafIndex, upTo, version } from "./field.ts";
import { changeSchema, endSchema, motionId, stepSchema, welcomeFields } from "./motion-schema.ts";

/** Octets of a message id: random, the same however often the message has to be sent. */
export const messageIdBytes = 16;

/** What a member says. */
export const contentSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("text"),
    text: z.string().refine((text) => {
      // A lone surrogate would be changed by UTF-8 and come out as another text.
      return utf8(text).length <= limits.textBytesMax && textOf(utf8(text)) === text;
    }),
  }),
  /** Posted by each seat in each epoch: "I have arrived here too". */
  z.strictObject({ kind: z.literal("presence") }),
  /** "I have received what `seen` covers": only from seats that chose to say so (receipt.ts). */
  z.strictObject({ kind: z.literal("receipt") }),
  /** Nothing: fills a slot, of so long, in which there was nothing to say (slot.ts). */
  z.strictObject({
    kind: z.literal("cover"),
    everyMs: z.int().min(limits.slotMsMin).max(limits.slotMsMax),
  }),
  /** "From now on my slots are empty": slots were switched off, or the client is being closed (missed.ts). */
  z.strictObject({ kind: z.literal("pause") }),
  /** A commit whose private part failed: position, and who made it. */
  z.strictObject({ kind: z.literal("complaint"), position: count, committer: leafIndex }),
  /** The author's signed wish to be removed (approval.ts). */
  z.strictObject({ kind: z.literal("leave"), approval: upTo(256) }),
  /** Moves a change that needs several persons; a second one by its author brings the KeyPackage after. */
  z.strictObject({
    kind: z.literal("motion"),
    id: motionId,
    change: changeSchema,
    approval: upTo(256).nullable(),
  }),
  /** Another person's approval, or one issued again under a new key. */
  z.strictObject({ kind: z.literal("second"), id: motionId, approval: upTo(256) }),
  z.strictObject({ kind: z.literal("deny"), id: motionId, reason: endSchema }),
  z.strictObject({ kind: z.literal("check"), id: motionId, step: stepSchema }),
  /** From whoever committed an admission to the first sponsor, who hands it on. */
  z.strictObject({ kind: z.literal("welcome"), id: motionId, ...welcomeFields }),
  z.strictObject({ kind: z.literal("freeze"), on: z.boolean() }),
  /** The secret half of a former signature key of the author's leaf, and its last epoch (release.ts). */
  z.strictObject({ kind: z.literal("release"), epoch: count, seed: fixed(32) }),
]);
export type Content = z.infer<typeof contentSchema>;

const bodySchema = z.strictObject({
  v: version,
  id: fixed(messageIdBytes),
  /** The author's count of messages, from 1, spanning epochs. */
  counter: count.min(1).max(limits.countMax),
  /** Position up to which the author had read this epoch's log, and its hash chain's head there. */
  seen: z.strictObject({ position: count, head: fixed(headBytes) }),
  /** Head of the previous epoch's log at its winning commit; null for who was not there. */
  previous: fixed(headBytes).nullable(),
  content: contentSchema,
});

/** What travels under MLS protection. */
export type Body = z.infer<typeof bodySchema>;

/** Deterministic CBOR `{v, id, counter, seen: {position, head}, previous, content: {kind, …}}`. */
export function composeBody(body: Body): Uint8Array {
  return encodeCbor(bodySchema.parse(body));
}

/** Inverse of `composeBody`. Failure `malformed`. */
export function parseBody(bytes: Uint8Array): Body {
  const parsed = bodySchema.safeParse(decodeCbor(bytes, "message body"));
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Failure("malformed", `message body: bad ${place}`);
}
