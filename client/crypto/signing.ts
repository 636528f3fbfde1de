import { assert } from "#shared/failure.ts";
import { sodium } from "./sodium.ts";

/** An Ed25519 key pair (RFC 8032): public 32 bytes; secret 64 bytes, seed ‖ public. */
export interface SigningKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export const signatureBytes = 64;
export const signingPublicBytes = 32;
export const signingSecretBytes = 64;
export const signingSeedBytes = 32;

/** The Ed25519 key pair of a 32-byte seed (RFC 8032 section 5.1.5). */
export function signingKeyPair(seed: Uint8Array): SigningKeyPair {
  assert(seed.length === signingSeedBytes, "Ed25519 seed is 32 bytes");
  const memory = sodium();
  memory.open(signingPublicBytes + signingSecretBytes + seed.length);
  const publicAt = memory.room(signingPublicBytes);
  const secretAt = memory.room(signingSecretBytes);
  memory.raw._crypto_sign_ed25519_seed_keypair(publicAt, secretAt, memory.put(seed));
  const publicKey = memory.take(publicAt, signingPublicBytes);
  return { publicKey, secretKey: memory.close(secretAt, signingSecretBytes) };
}

/** Ed25519 signature, 64 bytes, deterministic (RFC 8032 section 5.1.6). `secretKey` is the 64-byte form. */
export function sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  assert(secretKey.length === signingSecretBytes, "Ed25519 secret key is 64 bytes");
  const memory = sodium();
  memory.open(signatureBytes + message.length + secretKey.length);
  const out = memory.room(signatureBytes);
  const messageAt = memory.put(message);
  memory.raw._crypto_sign_ed25519_detached(
    out,
    0,
    messageAt,
    message.length,
    0,
    memory.put(secretKey),
  );
  return memory.close(out, signatureBytes);
}

/**
 * Whether a signature holds. Strict: false, never an error, for any wrong length, for keys of small
 * order or in a non-canonical form, and for a signature scalar not below the group order.
 */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== signingPublicBytes || signature.length !== signatureBytes) return false;
  const memory = sodium();
  memory.open(signature.length + message.length + publicKey.length);
  const signatureAt = memory.put(signature);
  const messageAt = memory.put(message);
  const publicAt = memory.put(publicKey);
  const status = memory.raw._crypto_sign_ed25519_verify_detached(
    signatureAt,
    messageAt,
    message.length,
    0,
    publicAt,
  );
  memory.drop();
  return status === 0;
}
