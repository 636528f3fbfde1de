import { z } from "zod";
import type { Extension } from "#client/mls/group.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { count, timeMs, version } from "./field.ts";

/** GroupContext extension of a channel's policy: private-use type (RFC 9420 section 17.3). */
export const policyExtension = 0xfb01;

const schema = z.strictObject({
  v: version,
  /** Persons who must approve an admission or a removal. */
  approvals: z.int().min(1).max(limits.seatsMax),
  /** Texts are forgotten so long after they were read; null for never. */
  timerMs: timeMs.min(1).max(limits.spanMsMax).nullable(),
  /** When the whole channel is forgotten; null for never. */
  sunsetAt: timeMs.max(limits.sunsetAtMax).nullable(),
  /** How long late messages of the epoch before are read. */
  lateWindowMs: timeMs.max(24 * 3_600_000),
  /** When a member renews its keys by itself; null for never. */
  updateAfterMessages: count.min(1).nullable(),
  updateAfterMs: timeMs.min(1).max(limits.spanMsMax).nullable(),
  /** A mailbox is complete, and the next overflow mailbox begins, when it holds so much. */
  mailboxFrames: count.min(1).max(limits.mailboxFramesMax),
  mailboxBytes: count.min(limits.frameBytesMax).max(limits.mailboxBytesMax),
});

/** The rules that every member of a channel checks alike. */
export type Policy = z.infer<typeof schema>;

export const defaultPolicy: Policy = {
  v: limits.version,
  approvals: 1,
  timerMs: null,
  sunsetAt: null,
  lateWindowMs: limits.lateWindowMsDefault,
  updateAfterMessages: limits.updateAfterMessagesDefault,
  updateAfterMs: limits.updateAfterMsDefault,
  mailboxFrames: limits.mailboxFramesMax,
  mailboxBytes: limits.mailboxBytesMax,
};

/** The policy as the one GroupContext extension of a channel: deterministic CBOR. Failure `usage` beyond its bounds. */
export function encodePolicy(policy: Policy): Extension[] {
  const parsed = schema.safeParse(policy);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new Failure("usage", `policy: ${place} is out of bounds`);
  }
  return [{ type: policyExtension, data: encodeCbor(parsed.data) }];
}

/** Inverse of `encodePolicy`. Failures: `refused` for any other extension, `malformed`. */
export function decodePolicy(extensions: readonly Extension[]): Policy {
  const [extension] = extensions;
  if (extensions.length !== 1 || extension?.type !== policyExtension) {
    throw new Failure("refused", "policy: a channel has exactly one extension, its policy");
  }
  const parsed = schema.safeParse(decodeCbor(extension.data, "policy"));
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new Failure("malformed", `policy: bad ${place}`);
  }
  return parsed.data;
}

/** Whether a commit may put `next` in the place of `now`: only the message timer may change. */
export function mayReplacePolicy(now: Policy, next: Policy): boolean {
  const keys = Object.keys(now) as (keyof Policy)[];
  return keys.every((key) => key === "timerMs" || now[key] === next[key]);
}
