import { z } from "zod";
import { type CpaceInput, cpaceShareBytes, finish, start } from "#client/crypto/cpace.ts";
import { equalSecret, hmacSha512, sha256, wipe } from "#client/crypto/hash.ts";
import { expand } from "#client/crypto/hkdf.ts";
import { concat, utf8 } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { checkNonceBytes } from "./check.ts";
import type { Code } from "./code.ts";
import { count, fixed, upTo, version } from "./field.ts";
import { openFrame, sealFrame } from "./frame.ts";
import { personBytes } from "./identity.ts";
import { endSchema } from "./motion-schema.ts";
import type { Random } from "./ports.ts";

/**
 * What sponsor and newcomer say through a nameplate, in this order. Bodies are deterministic CBOR;
 * those marked * are sealed and padded under the key that CPace has made.
 *
 *     sponsor  0   {nonce}
 *     newcomer 0   {nonce, share, keys}        keys: hash of the newcomer's KeyPackage keys
 *     sponsor  1   {share, seal, confirm}      seal: blinded hash of signature key and group id
 *     newcomer 1   {confirm}
 *     sponsor  2 * {label, person, group, signatureKey, blind, persons, needed, check}
 *     newcomer 2 * {keyPackage}
 *
 * After that, as it comes, each with a `kind`; `sponsor` is the leaf key of the second sponsor meant:
 *
 *     sponsor  n * {kind: "check", sponsor, label}
 *     newcomer n * {kind: "commitment", sponsor, commitment}
 *     sponsor  n * {kind: "nonce", sponsor, nonce}
 *     newcomer n * {kind: "reveal", sponsor, nonce}
 *     newcomer n * {kind: "agreed", sponsor}
 *     sponsor  n * {kind: "welcome", welcome, previous}   or   {kind: "end", reason}
 *
 * The associated data of CPace hold the hashes and not what they cover: a relay in the middle learns
 * neither group nor label, and a newcomer's KeyPackage can name the label that comes after the key.
 */
export const pairingNonceBytes = 32;

const hash = fixed(32);
export const greetingSchema = z.strictObject({ v: version, nonce: fixed(pairingNonceBytes) });
export const offerSchema = z.strictObject({
  v: version,
  nonce: fixed(pairingNonceBytes),
  share: fixed(cpaceShareBytes),
  keys: hash,
});
export const answerSchema = z.strictObject({
  v: version,
  share: fixed(cpaceShareBytes),
  seal: hash,
  confirm: hash,
});
export const confirmSchema = z.strictObject({ v: version, confirm: hash });
export const termsSchema = z.strictObject({
  v: version,
  label: z.string(),
  person: fixed(personBytes),
  group: upTo(64),
  signatureKey: fixed(32),
  blind: fixed(32),
  /** Persons in the channel, how many of them must approve, and how: told so that a newcomer can refuse early. */
  persons: count.min(1).max(limits.seatsMax),
  needed: count.min(1).max(limits.seatsMax),
  check: z.enum(["words", "two-codes"]),
});
export const requestSchema = z.strictObject({ v: version, keyPackage: upTo(1 << 16) });

const sponsor = fixed(32);
/** What the first sponsor says once it has the KeyPackage. */
export const bridgedSchema = z.discriminatedUnion("kind", [
  z.strictObject({ v: version, kind: z.literal("check"), sponsor, label: z.string() }),
  z.strictObject({ v: version, kind: z.literal("nonce"), sponsor, nonce: fixed(checkNonceBytes) }),
  z.strictObject({
    v: version,
    kind: z.literal("welcome"),
    welcome: upTo(limits.frameBytesMax),
    previous: hash.nullable(),
  }),
  z.strictObject({ v: version, kind: z.literal("end"), reason: endSchema }),
]);
export type Bridged = z.infer<typeof bridgedSchema>;
/** What the newcomer says once it has sent its KeyPackage. */
export const repliedSchema = z.discriminatedUnion("kind", [
  z.strictObject({ v: version, kind: z.literal("commitment"), sponsor, commitment: hash }),
  z.strictObject({ v: version, kind: z.literal("reveal"), sponsor, nonce: fixed(checkNonceBytes) }),
  z.strictObject({ v: version, kind: z.literal("agreed"), sponsor }),
]);
export type Replied = z.infer<typeof repliedSchema>;
export type Terms = z.infer<typeof termsSchema>;

export function composePairing<T>(schema: z.ZodType<T>, body: NoInfer<T>): Uint8Array {
  return encodeCbor(schema.parse(body));
}

/** Failure `malformed`. */
export function parsePairing<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  const parsed = schema.safeParse(decodeCbor(bytes, "rendezvous message"));
  if (!parsed.success) throw new Failure("malformed", "rendezvous: not the message expected here");
  return parsed.data;
}

/** Keys of one pairing, 32 bytes each. */
export const pairingKeysSchema = z.strictObject({
  confirmSponsor: hash,
  confirmNewcomer: hash,
  sealSponsor: hash,
  sealNewcomer: hash,
});
export type PairingKeys = z.infer<typeof pairingKeysSchema>;

export type Role = "sponsor" | "newcomer";

/** Session id of CPace: nameplate (six digits) ‖ sponsor's nonce 32 ‖ newcomer's nonce 32. */
export function pairingInput(
  code: Code,
  nonces: { readonly sponsor: Uint8Array; readonly newcomer: Uint8Array },
): CpaceInput {
  return {
    prs: utf8(code.secret),
    ci: utf8("Backchannel v1 join"),
    sid: concat(utf8(code.nameplate), nonces.sponsor, nonces.newcomer),
  };
}

/** Associated data of one side: deterministic CBOR `{role, hash}`. */
function associatedData(role: Role, bound: Uint8Array): Uint8Array {
  return encodeCbor({ role, hash: bound });
}

export function startPairing(input: CpaceInput, random: Random) {
  return start(input, random);
}

/** One side's view of both shares and of what each side has bound itself to. */
export interface Exchange {
  readonly role: Role;
  readonly sid: Uint8Array;
  readonly scalar: Uint8Array;
  readonly shares: Readonly<Record<Role, Uint8Array>>;
  readonly bound: Readonly<Record<Role, Uint8Array>>;
}

/**
 * The keys of a pairing; the same on both sides only if code, nonces and what both are bound to are
 * the same. The newcomer speaks first, so it is CPace's initiator. Failure `auth` for a bad share.
 */
export function finishPairing({ role, sid, scalar, shares, bound }: Exchange): PairingKeys {
  const peer: Role = role === "sponsor" ? "newcomer" : "sponsor";
  const isk = finish({
    role: role === "newcomer" ? "initiator" : "responder",
    sid,
    scalar,
    share: shares[role],
    ad: associatedData(role, bound[role]),
    peerShare: shares[peer],
    peerAd: associatedData(peer, bound[peer]),
  });
  const key = (name: string) => expand("sha512", isk, utf8(`Backchannel v1 join ${name}`), 32);
  const keys = {
    confirmSponsor: key("confirm sponsor"),
    confirmNewcomer: key("confirm newcomer"),
    sealSponsor: key("seal sponsor"),
    sealNewcomer: key("seal newcomer"),
  };
  wipe(isk, scalar);
  return keys;
}

/** Proof of having the key: HMAC-SHA-512 over the session id under the side's confirmation key, first half. */
export function confirmation(keys: PairingKeys, role: Role, sid: Uint8Array): Uint8Array {
  const key = role === "sponsor" ? keys.confirmSponsor : keys.confirmNewcomer;
  return hmacSha512(key, sid).slice(0, 32);
}

/** Failure `auth`: the code was wrong, or somebody stands between. The one guess is spent. */
export function checkConfirmation(
  keys: PairingKeys,
  role: Role,
  sid: Uint8Array,
  given: Uint8Array,
): void {
  if (!equalSecret(confirmation(keys, role, sid), given)) {
    throw new Failure("auth", "the other side did not have the same code; it is burned");
  }
}

const termsLabel = utf8("Backchannel v1 join terms\0");
const keysLabel = utf8("Backchannel v1 join keys\0");

/** What the sponsor binds itself to: SHA-256(label ‖ blind 32 ‖ signature key 32 ‖ group id). */
export function hashTerms(terms: Pick<Terms, "blind" | "signatureKey" | "group">): Uint8Array {
  return sha256(concat(termsLabel, terms.blind, terms.signatureKey, terms.group));
}

/** What the newcomer binds itself to: SHA-256(label ‖ signature key 32 ‖ init key). */
export function hashKeys(keys: { signatureKey: Uint8Array; initKey: Uint8Array }): Uint8Array {
  return sha256(concat(keysLabel, keys.signatureKey, keys.initKey));
}

function sealKeys(keys: PairingKeys, role: Role, index: number) {
  return {
    frameKey: role === "sponsor" ? keys.sealSponsor : keys.sealNewcomer,
    publicKey: sha256(utf8(`Backchannel v1 join ${role} ${index}`)),
  };
}

/** Seals and pads message `index` of a side, in the form of a frame (frame.ts). */
export function sealPairing(
  keys: PairingKeys,
  place: { readonly role: Role; readonly index: number },
  body: Uint8Array,
  random: Random,
): Uint8Array {
  return sealFrame(sealKeys(keys, place.role, place.index), body, random);
}

/** Inverse of `sealPairing`. Failures as `openFrame`. */
export function openPairing(
  keys: PairingKeys,
  place: { readonly role: Role; readonly index: number },
  sealed: Uint8Array,
): Uint8Array {
  return openFrame(sealKeys(keys, place.role, place.index), sealed);
}
