import { z } from "zod";
import { sha256 } from "#client/crypto/hash.ts";
import type { Extension } from "#client/mls/group.ts";
import { concat, utf8 } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { count, timeMs, version } from "./field.ts";

/** GroupContext extension of a channel's policy: private-use type (RFC 9420 section 17.3). */
export const policyExtension = 0xfb01;

const schema = z.strictObject({
  v: version,
  /** How often the rules of admission have changed: approvals of one change cannot serve another. */
  revision: count,
  /** Persons who must approve an admission or a removal. */
  approvals: z.int().min(1).max(limits.seatsMax),
  /** How a second sponsor authenticates a newcomer: by words after one code, or by a code of its own. */
  check: z.enum(["words", "two-codes"]),
  /** Seats whose client says that it keeps copies elsewhere (declaration.ts): everybody sees it, or none is let in. */
  archivers: z.enum(["shown", "refused"]),
  /** Texts are forgotten so long after they were read; null for never. */
  timerMs: timeMs.min(1).max(limits.spanMsMax).nullable(),
  /** When the whole channel is forgotten; null for never. */
  sunsetAt: timeMs.max(limits.sunsetAtMax).nullable(),
  /** Late messages of so many past epochs are read, and of each for so long at most. Until then their keys are kept. */
  lateEpochs: z.int().min(0).max(limits.lateEpochsMax),
  lateWindowMs: timeMs.max(24 * 3_600_000),
  /** Whether retired signature keys are released in the channel, so that every member can forge what they signed. */
  deniable: z.boolean(),
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
  revision: 0,
  approvals: 2,
  check: "words",
  archivers: "shown",
  timerMs: null,
  sunsetAt: null,
  // Enough for a text that meets a commit on its way. Its author says it again in any case; who is away by then
  // would be read only when he is back. Each further epoch that is kept is one more that a copied device opens.
  lateEpochs: limits.lateEpochsDefault,
  lateWindowMs: limits.lateWindowMsDefault,
  // What a back channel is for: cover until there is something to show. Results are signed on purpose.
  deniable: true,
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

/** Extensions of a group never change in place, and every step asks for its policy several times. */
const decoded = new WeakMap<readonly Extension[], Policy>();

/** Inverse of `encodePolicy`. Failures: `refused` for any other extension, `malformed`. */
export function decodePolicy(extensions: readonly Extension[]): Policy {
  const known = decoded.get(extensions);
  if (known !== undefined) return known;
  const policy = parsePolicy(extensions);
  decoded.set(extensions, policy);
  return policy;
}

function parsePolicy(extensions: readonly Extension[]): Policy {
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

const idLabel = utf8("Backchannel v1 policy\0");

/**
 * Names a policy in approvals: SHA-256(label ‖ encoded policy without its timer). The timer is anyone's to
 * set and must not void an agreement; the revision makes each agreement good for one change.
 */
export function policyId(policy: Policy): Uint8Array {
  const [extension] = encodePolicy({ ...policy, timerMs: null });
  assert(extension !== undefined, "a policy is one extension");
  return sha256(concat(idLabel, extension.data));
}

/** The rules of admission: several persons may change them. */
const admissionRules = ["approvals", "check", "archivers"] as const;

/** The policy with other rules of admission, as its next revision; the same policy when nothing changes. */
export function amendPolicy(
  now: Policy,
  change: Partial<Pick<Policy, (typeof admissionRules)[number]>>,
): Policy {
  const next = { ...now, ...change };
  const isSame = admissionRules.every((rule) => next[rule] === now[rule]);
  return isSame ? now : { ...next, revision: now.revision + 1 };
}

/**
 * What a change of policy asks for. The message timer is anyone's to set; the rules of admission are
 * raised by the persons that the policy asks for and lowered only by all, each time as the next revision;
 * everything else stands.
 */
export type PolicyChange = "none" | "raised" | "lowered" | "forbidden";

export function comparePolicies(now: Policy, next: Policy): PolicyChange {
  const free: readonly string[] = ["timerMs", "revision", ...admissionRules];
  const keys = Object.keys(now) as (keyof Policy)[];
  if (!keys.every((key) => free.includes(key) || now[key] === next[key])) return "forbidden";
  const { approvals, check, archivers } = next;
  const rules = amendPolicy(now, { approvals, check, archivers });
  if (next.revision !== rules.revision) return "forbidden";
  if (rules === now) return "none";
  const isLower =
    next.approvals < now.approvals ||
    (now.check === "two-codes" && next.check === "words") ||
    (now.archivers === "refused" && next.archivers === "shown");
  return isLower ? "lowered" : "raised";
}
