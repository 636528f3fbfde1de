import { concat, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { tagBytes, xchacha } from "./aead.ts";
import { equalSecret, hmacSha512, wipe } from "./hash.ts";

export const sealKeyBytes = 32;
export const sealNonceBytes = 24;
/** What `seal` and `sealCommitted` add to the plaintext. */
export const sealOverheadBytes = tagBytes;
export const commitmentBytes = 32;
export const sealCommittedOverheadBytes = commitmentBytes + tagBytes;

/**
 * XChaCha20-Poly1305: ciphertext ‖ tag 16, key 32 bytes, nonce 24 bytes. Does not bind the key: one
 * ciphertext can be built that opens under two keys. Where a key may be a guess or a choice of
 * somebody else's, use sealCommitted.
 */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return xchacha.seal(key, nonce, aad, plaintext);
}

/** Opens what `seal` made; null when key, nonce, associated data or ciphertext differ in a bit. */
export function open(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | null {
  return xchacha.open(key, nonce, aad, ciphertext);
}

const label = utf8("Backchannel v1 sealed and committed\0");

/**
 * Key-committing XChaCha20-Poly1305:
 *
 *     commitment 32 ‖ ciphertext ‖ tag 16
 *
 * HMAC-SHA-512(key, label ‖ nonce 24 ‖ aad) gives the encryption key (first half) and the commitment
 * (second half). Two keys, nonces or associated data for one ciphertext would need a collision of
 * 256 bits, so a box opens in one way only.
 */
export function sealCommitted(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const { sealKey, commitment } = commit(key, nonce, aad);
  const sealed = concat(commitment, xchacha.seal(sealKey, nonce, aad, plaintext));
  wipe(sealKey);
  return sealed;
}

/** Opens what `sealCommitted` made; null for anything else. The commitment is checked before anything is opened. */
export function openCommitted(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < sealCommittedOverheadBytes) return null;
  const { sealKey, commitment } = commit(key, nonce, aad);
  const opened = equalSecret(commitment, sealed.subarray(0, commitmentBytes))
    ? xchacha.open(sealKey, nonce, aad, sealed.subarray(commitmentBytes))
    : null;
  wipe(sealKey);
  return opened;
}

function commit(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array) {
  assert(
    key.length === sealKeyBytes && nonce.length === sealNonceBytes,
    "seal key and nonce lengths",
  );
  const derived = hmacSha512(key, label, nonce, aad);
  return { sealKey: derived.subarray(0, 32), commitment: derived.subarray(32) };
}
