import { concat, utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { hmacSha256, wipe } from "./hash.ts";
import { expand } from "./hkdf.ts";
import type { Random } from "./random.ts";
import { sodium } from "./sodium.ts";

export interface KemKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export interface Encapsulation {
  readonly enc: Uint8Array;
  readonly shared: Uint8Array;
}

/** A key encapsulation mechanism in the shape of RFC 9180 section 4. All sizes in bytes. */
export interface Kem {
  readonly id: 0x0020 | 0x647a;
  readonly publicBytes: number;
  readonly secretBytes: number;
  readonly encBytes: number;
  readonly sharedBytes: number;
  /** DeriveKeyPair: the key pair of uniform input keying material. */
  deriveKeyPair(ikm: Uint8Array): KemKeyPair;
  /** A shared secret and its encapsulation to a public key. Failure `malformed` for a key that is none. */
  encapsulate(publicKey: Uint8Array, random: Random): Encapsulation;
  /** The shared secret of an encapsulation; null for one that is malformed. */
  decapsulate(enc: Uint8Array, secretKey: Uint8Array): Uint8Array | null;
}

/** X25519 (RFC 7748 section 5); null when the result is zero, which points of small order give. */
export function x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  if (publicKey.length !== 32) return null;
  assert(secretKey.length === 32, "X25519 secret key is 32 bytes");
  const memory = sodium();
  memory.open(96);
  const out = memory.room(32);
  const secretAt = memory.put(secretKey);
  const status = memory.raw._crypto_scalarmult_curve25519(out, secretAt, memory.put(publicKey));
  const shared = memory.close(out, 32);
  return status === 0 ? shared : null;
}

/** The public key of an X25519 secret key: 32 bytes of either. */
export function x25519Public(secretKey: Uint8Array): Uint8Array {
  assert(secretKey.length === 32, "X25519 secret key is 32 bytes");
  const memory = sodium();
  memory.open(64);
  const out = memory.room(32);
  memory.raw._crypto_scalarmult_curve25519_base(out, memory.put(secretKey));
  return memory.close(out, 32);
}

const none = new Uint8Array(0);
const labelPrefix = concat(utf8("HPKE-v1"), utf8("KEM"), Uint8Array.of(0x00, 0x20));

/** DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1. */
export const x25519Kem: Kem = {
  id: 0x0020,
  publicBytes: 32,
  secretBytes: 32,
  encBytes: 32,
  sharedBytes: 32,
  // RFC 9180 section 7.1.3.
  deriveKeyPair(ikm) {
    const prk = labeledExtract("dkp_prk", ikm);
    const secretKey = labeledExpand(prk, "sk", none);
    wipe(prk);
    return { publicKey: x25519Public(secretKey), secretKey };
  },
  encapsulate(publicKey, random) {
    const seed = random(32);
    const ephemeral = x25519Kem.deriveKeyPair(seed);
    wipe(seed);
    const dh = x25519(ephemeral.secretKey, publicKey);
    wipe(ephemeral.secretKey);
    // RFC 9180 section 7.1.4: an all-zero result is refused by both sides.
    if (dh === null)
      throw new Failure("malformed", "X25519 public key: wrong length or small order");
    return { enc: ephemeral.publicKey, shared: sharedSecret(dh, ephemeral.publicKey, publicKey) };
  },
  decapsulate(enc, secretKey) {
    const dh = x25519(secretKey, enc);
    return dh === null ? null : sharedSecret(dh, enc, x25519Public(secretKey));
  },
};

/** ExtractAndExpand of RFC 9180 section 4.1; wipes its Diffie-Hellman input. */
function sharedSecret(dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const prk = labeledExtract("eae_prk", dh);
  wipe(dh);
  const shared = labeledExpand(prk, "shared_secret", concat(enc, publicKey));
  wipe(prk);
  return shared;
}

function labeledExtract(label: string, ikm: Uint8Array): Uint8Array {
  return hmacSha256(none, labelPrefix, utf8(label), ikm);
}

function labeledExpand(prk: Uint8Array, label: string, info: Uint8Array): Uint8Array {
  const length = Uint8Array.of(0, 32);
  return expand("sha256", prk, concat(length, labelPrefix, utf8(label), info), 32);
}
