import { assert } from "#shared/failure.ts";
import { type HashName, hashBytes, hmac } from "./hash.ts";
import { sodium } from "./sodium.ts";

/** HKDF-Extract (RFC 5869 section 2.2): a pseudorandom key as long as the hash. An empty salt is allowed. */
export function extract(hash: HashName, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac(hash, salt, [ikm]);
}

/**
 * HKDF-Expand (RFC 5869 section 2.3): `length` bytes, at most 255 hashes. A key shorter than the hash
 * counts as itself followed by zeros, which is what HMAC makes of it; a longer one is a defect of ours.
 */
export function expand(
  hash: HashName,
  prk: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const size = hashBytes[hash];
  assert(prk.length > 0 && prk.length <= size, "HKDF-Expand: key of 1 to Hash.length bytes");
  assert(Number.isInteger(length) && length >= 0 && length <= 255 * size, "HKDF-Expand: length");
  const memory = sodium();
  memory.open(length + size + info.length);
  const out = memory.room(length);
  const prkAt = memory.room(size);
  memory.raw.HEAPU8.set(prk, prkAt);
  const infoAt = memory.put(info);
  if (hash === "sha256") {
    memory.raw._crypto_kdf_hkdf_sha256_expand(out, length, infoAt, info.length, prkAt);
  } else {
    memory.raw._crypto_kdf_hkdf_sha512_expand(out, length, infoAt, info.length, prkAt);
  }
  return memory.close(out, length);
}
