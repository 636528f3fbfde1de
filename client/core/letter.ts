import { z } from "zod";
import { sha256 } from "#client/crypto/hash.ts";
import { openBase, sealBase } from "#client/crypto/hpke.ts";
import type { KemKeyPair } from "#client/crypto/kem.ts";
import { openCommitted, sealCommitted, sealKeyBytes, sealNonceBytes } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { concat, hex, textOf, utf8 } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { fixed, upTo, version } from "./field.ts";
import type { Random } from "./ports.ts";

/** A letter for principals, carried by an envoy who cannot read it, over no channel at all. */

/** How a letter's text is sealed. A port: the lab stages letters under an AEAD that does not bind its key. */
export interface LetterSeal {
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Null for what does not open. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}

/** The product's: one box, one key, one reading (client/crypto/seal.ts). */
export const committedSeal: LetterSeal = { seal: sealCommitted, open: openCommitted };

const slotSchema = z.strictObject({
  enc: fixed(xwingSuite.kem.encBytes),
  key: fixed(sealKeyBytes + 16),
});

const letterSchema = z.strictObject({
  v: version,
  nonce: fixed(sealNonceBytes),
  slots: z.array(slotSchema).min(1).max(limits.letterSlotsMax),
  box: upTo(limits.textBytesMax + 64),
});

/** What a letter is made of: the text's box, and for each reader a slot with the key of the box. */
export type Letter = z.infer<typeof letterSchema>;

const slotLabel = utf8("Backchannel v1 letter slot\0");
const boxLabel = utf8("Backchannel v1 letter box\0");

/** What has to have happened before any letter is made or opened. Failure `unavailable`. */
export const readyForLetters = ready;

/** A reader's X-Wing key pair: public 1216 bytes, secret 32. */
export function letterKeys(random: Random): KemKeyPair {
  return xwingSuite.kem.deriveKeyPair(random(xwingSuite.kem.secretBytes));
}

/** Deterministic CBOR `{v, nonce, slots: [{enc, key}], box}`. */
export function encodeLetter(letter: Letter): Uint8Array {
  return encodeCbor(letterSchema.parse(letter));
}

/** Inverse of `encodeLetter`. Failures: `too-large`, `malformed` for anything that is not exactly a letter. */
export function decodeLetter(bytes: Uint8Array): Letter {
  if (bytes.length > limits.letterBytesMax) throw new Failure("too-large", "letter");
  const parsed = letterSchema.safeParse(decodeCbor(bytes, "letter"));
  if (parsed.success) return parsed.data;
  throw new Failure("malformed", `letter: bad ${parsed.error.issues[0]?.path.join(".") ?? ""}`);
}

/** The key of a box for one reader: HPKE base mode under X-Wing, the nonce as associated data. Failure `malformed` for no key. */
export function sealSlot(
  to: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
  random: Random,
): Letter["slots"][number] {
  const { enc, ciphertext } = sealBase(xwingSuite, to, slotLabel, nonce, key, random);
  return { enc, key: ciphertext };
}

/** What a box is bound to: every slot, in order. */
export function boxData(slots: Letter["slots"]): Uint8Array {
  return concat(boxLabel, sha256(encodeCbor(slots)));
}

/**
 * Seals a text for readers by their public keys (1216 bytes each). Failures: `usage` without readers or with
 * too many, `too-large` for the text, `malformed` for a key that is none.
 */
export function sealLetter(
  plan: { readonly to: readonly Uint8Array[]; readonly text: string; readonly random: Random },
  { seal }: LetterSeal = committedSeal,
): Uint8Array {
  const { to, random } = plan;
  if (to.length === 0 || to.length > limits.letterSlotsMax) {
    throw new Failure("usage", `letter: 1 to ${limits.letterSlotsMax} readers`);
  }
  const text = utf8(plan.text);
  if (text.length > limits.textBytesMax) throw new Failure("too-large", "letter: text");
  const key = random(sealKeyBytes);
  const nonce = random(sealNonceBytes);
  const slots = to.map((reader) => sealSlot(reader, key, nonce, random));
  const box = seal(key, nonce, boxData(slots), text);
  key.fill(0);
  return encodeLetter({ v: limits.version, nonce, slots, box });
}

/**
 * Bytes that a letter holds for the owner of a secret key (32 bytes). Failures: `auth` when no slot is for
 * this key, `integrity` when the box is not under the key of the slot: the letter has no single reading.
 */
export function unsealLetter(
  bytes: Uint8Array,
  secretKey: Uint8Array,
  { open }: LetterSeal = committedSeal,
): Uint8Array {
  const { nonce, slots, box } = decodeLetter(bytes);
  const key = slots.map((slot) => slotKey(slot, secretKey, nonce)).find((each) => each !== null);
  if (key === undefined || key === null) {
    throw new Failure("auth", "letter: is not sealed for this key");
  }
  const opened = open(key, nonce, boxData(slots), box);
  key.fill(0);
  if (opened === null)
    throw new Failure("integrity", "letter: its box is not under its slot's key");
  return opened;
}

/** The text of a letter. Failures: those of `unsealLetter`, and `malformed` for what is no UTF-8. */
export function openLetter(bytes: Uint8Array, secretKey: Uint8Array): string {
  const text = textOf(unsealLetter(bytes, secretKey));
  if (text === null) throw new Failure("malformed", "letter: its text is not UTF-8");
  return text;
}

/**
 * SHA-256 of a letter in hex, for readers to compare: the same letter is the same text for all of them,
 * because its box opens under one key only.
 */
export function letterDigest(bytes: Uint8Array): string {
  return hex(sha256(bytes));
}

function slotKey(
  slot: Letter["slots"][number],
  secretKey: Uint8Array,
  nonce: Uint8Array,
): Uint8Array | null {
  try {
    return openBase(xwingSuite, slot.enc, secretKey, slotLabel, nonce, slot.key);
  } catch (error) {
    if (error instanceof Failure && error.code === "integrity") return null;
    throw error;
  }
}
