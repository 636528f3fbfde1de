import { concat, utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { wipe } from "./hash.ts";
import type { Random } from "./random.ts";
import type { Suite } from "./suite.ts";

export interface HpkeSealed {
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** An encryption context of base mode (RFC 9180 section 5.1). `sequence` 0 is the only one single-shot HPKE uses. */
export interface HpkeContext {
  readonly key: Uint8Array;
  readonly baseNonce: Uint8Array;
  readonly exporterSecret: Uint8Array;
}

const none = new Uint8Array(0);
const modeBase = Uint8Array.of(0);
const version = utf8("HPKE-v1");

/**
 * Single-shot HPKE in base mode (RFC 9180 section 6.1): encrypts to a public key. Failure `malformed`
 * when `publicKey` is no key.
 */
export function sealBase(
  suite: Suite,
  publicKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  random: Random,
): HpkeSealed {
  const { enc, context } = setupBaseSender(suite, publicKey, info, random);
  const ciphertext = suite.aead.seal(context.key, context.baseNonce, aad, plaintext);
  wipeContext(context);
  return { enc, ciphertext };
}

/** Opens what sealBase made with the matching secret key. Failure `integrity` for anything else. */
export function openBase(
  suite: Suite,
  enc: Uint8Array,
  secretKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const context = setupBaseReceiver(suite, enc, secretKey, info);
  const plaintext = suite.aead.open(context.key, context.baseNonce, aad, ciphertext);
  wipeContext(context);
  if (plaintext === null) throw new Failure("integrity", "HPKE: ciphertext does not open");
  return plaintext;
}

/** SetupBaseS and one export of `length` bytes (RFC 9180 section 6.2). Failure `malformed`. */
export function exportBaseSender(
  suite: Suite,
  publicKey: Uint8Array,
  info: Uint8Array,
  exporterContext: Uint8Array,
  length: number,
  random: Random,
): { readonly enc: Uint8Array; readonly exported: Uint8Array } {
  const { enc, context } = setupBaseSender(suite, publicKey, info, random);
  const exported = exportSecret(suite, context, exporterContext, length);
  wipeContext(context);
  return { enc, exported };
}

/** SetupBaseR and one export of `length` bytes (RFC 9180 section 6.2). Failure `integrity`. */
export function exportBaseReceiver(
  suite: Suite,
  enc: Uint8Array,
  secretKey: Uint8Array,
  info: Uint8Array,
  exporterContext: Uint8Array,
  length: number,
): Uint8Array {
  const context = setupBaseReceiver(suite, enc, secretKey, info);
  const exported = exportSecret(suite, context, exporterContext, length);
  wipeContext(context);
  return exported;
}

/** SetupBaseS (RFC 9180 section 5.1.1). Failure `malformed`. The caller wipes the context. */
export function setupBaseSender(
  suite: Suite,
  publicKey: Uint8Array,
  info: Uint8Array,
  random: Random,
): { readonly enc: Uint8Array; readonly context: HpkeContext } {
  const { enc, shared } = suite.kem.encapsulate(publicKey, random);
  return { enc, context: keySchedule(suite, shared, info) };
}

/** SetupBaseR (RFC 9180 section 5.1.1). Failure `integrity`. The caller wipes the context. */
export function setupBaseReceiver(
  suite: Suite,
  enc: Uint8Array,
  secretKey: Uint8Array,
  info: Uint8Array,
): HpkeContext {
  const shared = suite.kem.decapsulate(enc, secretKey);
  if (shared === null) throw new Failure("integrity", "HPKE: encapsulated key is malformed");
  return keySchedule(suite, shared, info);
}

/** Context.Export (RFC 9180 section 5.3). */
export function exportSecret(
  suite: Suite,
  context: HpkeContext,
  exporterContext: Uint8Array,
  length: number,
): Uint8Array {
  return labeledExpand(suite, context.exporterSecret, "sec", exporterContext, length);
}

/** The nonce of a context's n-th message, from 0 (RFC 9180 section 5.2). */
export function nonceOf(context: HpkeContext, sequence: number): Uint8Array {
  assert(Number.isSafeInteger(sequence) && sequence >= 0, "HPKE sequence");
  const nonce = context.baseNonce.slice();
  const view = new DataView(nonce.buffer);
  const low = nonce.length - 4;
  const high = nonce.length - 8;
  view.setUint32(low, view.getUint32(low) ^ (sequence >>> 0));
  view.setUint32(high, view.getUint32(high) ^ Math.floor(sequence / 2 ** 32));
  return nonce;
}

/** KeySchedule of base mode (RFC 9180 section 5.1): no PSK. Wipes the shared secret. */
function keySchedule(suite: Suite, shared: Uint8Array, info: Uint8Array): HpkeContext {
  const pskIdHash = labeledExtract(suite, none, "psk_id_hash", none);
  const infoHash = labeledExtract(suite, none, "info_hash", info);
  const context = concat(modeBase, pskIdHash, infoHash);
  const secret = labeledExtract(suite, shared, "secret", none);
  wipe(shared);
  const key = labeledExpand(suite, secret, "key", context, suite.aead.keyBytes);
  const baseNonce = labeledExpand(suite, secret, "base_nonce", context, suite.aead.nonceBytes);
  const exporterSecret = labeledExpand(suite, secret, "exp", context, suite.hashBytes);
  wipe(secret);
  return { key, baseNonce, exporterSecret };
}

function wipeContext(context: HpkeContext): void {
  wipe(context.key, context.baseNonce, context.exporterSecret);
}

/** "HPKE" ‖ kem id ‖ kdf id ‖ aead id, two octets each (RFC 9180 section 5.1). */
function suiteLabel(suite: Suite): Uint8Array {
  const ids = [suite.kem.id, suite.kdfId, suite.aeadId];
  return concat(utf8("HPKE"), Uint8Array.from(ids.flatMap((id) => [id >> 8, id & 0xff])));
}

function labeledExtract(
  suite: Suite,
  salt: Uint8Array,
  label: string,
  ikm: Uint8Array,
): Uint8Array {
  return suite.mac(salt, version, suiteLabel(suite), utf8(label), ikm);
}

function labeledExpand(
  suite: Suite,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const lengthOctets = Uint8Array.of(length >> 8, length & 0xff);
  const labeled = concat(lengthOctets, version, suiteLabel(suite), utf8(label), info);
  return suite.expand(prk, labeled, length);
}
