import { sodium } from "./sodium.ts";

export type HashName = "sha256" | "sha512";

/** Octets of a digest. */
export const hashBytes = { sha256: 32, sha512: 64 } as const;

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  const memory = sodium();
  memory.open(32 + data.length);
  const out = memory.room(32);
  memory.raw._crypto_hash_sha256(out, memory.put(data), data.length, 0);
  return memory.close(out, 32);
}

/** SHA-512 (FIPS 180-4): 64 bytes. */
export function sha512(data: Uint8Array): Uint8Array {
  const memory = sodium();
  memory.open(64 + data.length);
  const out = memory.room(64);
  memory.raw._crypto_hash_sha512(out, memory.put(data), data.length, 0);
  return memory.close(out, 64);
}

/** SHAKE256 (FIPS 202): as many bytes as asked. */
export function shake256(data: Uint8Array, bytes: number): Uint8Array {
  const memory = sodium();
  memory.open(bytes + data.length);
  const out = memory.room(bytes);
  memory.raw._crypto_xof_shake256(out, bytes, memory.put(data), data.length, 0);
  return memory.close(out, bytes);
}

/** HMAC-SHA-256 (RFC 2104) over the concatenated parts, any key length: 32 bytes. */
export function hmacSha256(key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  return hmac("sha256", key, data);
}

/** HMAC-SHA-512 (RFC 2104) over the concatenated parts, any key length: 64 bytes. */
export function hmacSha512(key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  return hmac("sha512", key, data);
}

/**
 * HMAC of the concatenated parts. HKDF-Extract(salt, ikm) is by definition HMAC(salt, ikm) (RFC 5869
 * section 2.2), takes any key length and is one call; libsodium's own HMAC would be three.
 */
export function hmac(hash: HashName, key: Uint8Array, data: readonly Uint8Array[]): Uint8Array {
  const memory = sodium();
  const size = hashBytes[hash];
  let dataBytes = 0;
  for (const part of data) dataBytes += part.length;
  memory.open(size + key.length + dataBytes);
  const out = memory.room(size);
  const keyAt = memory.put(key);
  const dataAt = memory.room(0);
  for (const part of data) memory.append(part);
  if (hash === "sha256") {
    memory.raw._crypto_kdf_hkdf_sha256_extract(out, keyAt, key.length, dataAt, dataBytes);
  } else {
    memory.raw._crypto_kdf_hkdf_sha512_extract(out, keyAt, key.length, dataAt, dataBytes);
  }
  return memory.close(out, size);
}

/** Whether two secrets are the same, in time that depends on their lengths only. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // No branch on a secret octet: every pair is looked at, and the differences are gathered.
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= (a[at] as number) ^ (b[at] as number);
  return difference === 0;
}

/** Overwrites secrets with zeros. Best effort: a collector may have copied the array before. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
