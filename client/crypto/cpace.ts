import { concat, utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { sha512, wipe } from "./hash.ts";
import type { Random } from "./random.ts";
import { sodium } from "./sodium.ts";

/** What both sides must hold alike (draft-irtf-cfrg-cpace-21 section 3.1). Any of them may be empty but prs. */
export interface CpaceInput {
  /** Password-related string: the secret words. */
  readonly prs: Uint8Array;
  /** Channel identifier: who is meant to talk, and where. */
  readonly ci: Uint8Array;
  /** Session id, unique for this run. */
  readonly sid: Uint8Array;
}

/** One side after its first step: the scalar stays secret and is used once, the share goes to the peer. */
export interface CpaceStarted {
  readonly scalar: Uint8Array;
  readonly share: Uint8Array;
}

export interface CpaceFinish {
  readonly role: "initiator" | "responder";
  readonly sid: Uint8Array;
  readonly scalar: Uint8Array;
  /** Own share and associated data, as they were sent. */
  readonly share: Uint8Array;
  readonly ad: Uint8Array;
  /** The peer's, as they were received. */
  readonly peerShare: Uint8Array;
  readonly peerAd: Uint8Array;
}

export const cpaceShareBytes = 32;
export const cpaceKeyBytes = 64;

const domain = utf8("CPaceRistretto255");
const domainIsk = utf8("CPaceRistretto255_ISK");
/** SHA-512's input block: the padding puts the password alone into the first one. */
const blockBytes = 128;

/** The group generator that the password selects: 32 bytes (section 7.3, G_Ristretto255). */
export function generator(input: CpaceInput): Uint8Array {
  const { prs, ci, sid } = input;
  const padding = Math.max(0, blockBytes - 1 - prefixed(prs).length - prefixed(domain).length);
  const text = lvCat(domain, prs, new Uint8Array(padding), ci, sid);
  const wide = sha512(text);
  const memory = sodium();
  memory.open(96);
  const out = memory.room(32);
  memory.raw._crypto_core_ristretto255_from_hash(out, memory.put(wide));
  wipe(text, wide);
  return memory.close(out, 32);
}

/** First step of either side: a fresh scalar and the share to send. The caller wipes the scalar after `finish`. */
export function start(input: CpaceInput, random: Random): CpaceStarted {
  assert(input.prs.length > 0, "CPace needs a password");
  const point = generator(input);
  const scalar = random(32);
  assert(scalar.length === 32, "random gives as many bytes as asked");
  // G.sample_scalar: the bits above group_size_bits = 252 are cleared.
  scalar[31] = (scalar[31] as number) & 0x0f;
  const share = multiply(scalar, point);
  wipe(point);
  assert(share !== null, "a random multiple of a generator is not the identity");
  return { scalar, share };
}

/**
 * Second step: the intermediate session key, 64 bytes, equal on both sides only if all they put in is
 * equal. It is not confirmed yet: that is the caller's next message. Failure `auth` for a peer's share
 * that is no point, or the identity.
 */
export function finish(side: CpaceFinish): Uint8Array {
  const point = multiply(side.scalar, side.peerShare);
  if (point === null)
    throw new Failure("auth", "CPace: the other side's share is not a valid point");
  const own = lvCat(side.share, side.ad);
  const peer = lvCat(side.peerShare, side.peerAd);
  const [first, second] = side.role === "initiator" ? [own, peer] : [peer, own];
  const text = concat(lvCat(domainIsk, side.sid, point), first, second);
  const isk = sha512(text);
  wipe(point, text);
  return isk;
}

/** scalar * point in ristretto255; null when the point does not decode or the product is the identity. */
function multiply(scalar: Uint8Array, point: Uint8Array): Uint8Array | null {
  if (point.length !== cpaceShareBytes) return null;
  const memory = sodium();
  memory.open(96);
  const out = memory.room(32);
  const scalarAt = memory.put(scalar);
  const status = memory.raw._crypto_scalarmult_ristretto255(out, scalarAt, memory.put(point));
  const product = memory.close(out, 32);
  return status === 0 ? product : null;
}

/** Each part behind its length (appendix A.1). */
function lvCat(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts.map(prefixed));
}

/** A part behind its length in LEB128. */
function prefixed(part: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = part.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return concat(Uint8Array.from(length), part);
}
