import { shake256 } from "#client/crypto/hash.ts";
import { type KemKeyPair, x25519Public } from "#client/crypto/kem.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";

/** What the world notes while its clients make keys: what a quantum computer is assumed to find later. */
export interface KeyRecording {
  /** By the KEM's public key, lower-case hex. */
  readonly pairs: Map<string, KemKeyPair>;
  /** Every draw of 32 octets: among them the scalars of CPace. */
  readonly draws: Uint8Array[];
}

export function newKeyRecording(): KeyRecording {
  return { pairs: new Map(), draws: [] };
}

/** A suite that does what another does and notes the key pairs that it made. */
export function recordingSuite({ pairs }: KeyRecording, inner: Suite): Suite {
  const deriveKeyPair = (ikm: Uint8Array): KemKeyPair => {
    const pair = inner.kem.deriveKeyPair(ikm);
    // The client wipes its own.
    const { publicKey, secretKey } = pair;
    pairs.set(hex(publicKey), { publicKey: publicKey.slice(), secretKey: secretKey.slice() });
    return pair;
  };
  return { ...inner, kem: { ...inner.kem, deriveKeyPair } };
}

/** Randomness that notes what it gave. */
export function recordingRandom({ draws }: KeyRecording, inner: Random): Random {
  return (bytes) => {
    const drawn = inner(bytes);
    if (bytes === 32) draws.push(drawn.slice());
    return drawn;
  };
}

/** The X25519 key pair within an X-Wing key pair (draft-connolly-cfrg-xwing-kem-10 section 5.2). */
export function x25519Half({ publicKey, secretKey }: KemKeyPair): KemKeyPair {
  const half = {
    publicKey: publicKey.slice(-32),
    // Octets 64 to 95 of the expanded seed; what stands before makes the ML-KEM key.
    secretKey: shake256(secretKey, 96).slice(64),
  };
  assert(equalBytes(x25519Public(half.secretKey), half.publicKey), "X-Wing expands its seed so");
  return half;
}
