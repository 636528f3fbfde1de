import { concat, unhex, utf8 } from "#shared/bytes.ts";
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
  /** Whether everybody can encapsulate to it: right length, a true key. A pure function, without secrets. */
  isPublicKey(key: Uint8Array): boolean;
  /** A shared secret and its encapsulation to a public key. Failure `malformed` for a key that is none. */
  encapsulate(publicKey: Uint8Array, random: Random): Encapsulation;
  /** The shared secret of an encapsulation; null for one that is malformed. */
  decapsulate(enc: Uint8Array, secretKey: Uint8Array): Uint8Array | null;
}

/**
 * u-coordinates of the points of small order on Curve25519 and its twist, those that are not reduced
 * included (0, 1, two of order 8, p-1, p, p+1), with the top bit clear: RFC 7748 section 5 masks it.
 */
const smallOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((text) => unhex(text) as Uint8Array);

/**
 * Whether these are 32 bytes with which `x25519` gives a secret: every other point has a large prime
 * order, and a clamped scalar takes none of those to zero. A public key, so not in constant time.
 */
export function isX25519Key(key: Uint8Array): boolean {
  if (key.length !== 32) return false;
  return !smallOrder.some((point) =>
    point.every((octet, at) => octet === (at === 31 ? (key[31] as number) & 0x7f : key[at])),
  );
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
  isPublicKey: isX25519Key,
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
