import { assert, Failure } from "#shared/failure.ts";
import { shake256, wipe } from "./hash.ts";
import { isX25519Key, type Kem, type KemKeyPair } from "./kem.ts";
import { sodium } from "./sodium.ts";

const mlKemKeyBytes = 1184;
/** Three polynomials of 256 coefficients in 12 bits each; the matrix seed behind them may be anything. */
const coefficientBytes = 3 * 256 * 1.5;
const largestCoefficient = 3328;

/**
 * The modulus check of an ML-KEM-768 encapsulation key (FIPS 203 section 7.2), without the length:
 * ByteDecode and ByteEncode give the same bytes when each coefficient is below q = 3329. A trial
 * encapsulation would say the same at many times the cost.
 */
function isReduced(key: Uint8Array): boolean {
  let excess = 0;
  for (let at = 0; at < coefficientBytes; at += 3) {
    const middle = key[at + 1] as number;
    const first = (key[at] as number) | ((middle & 15) << 8);
    const second = (middle >> 4) | ((key[at + 2] as number) << 4);
    // A difference below zero sets the sign.
    excess |= (largestCoefficient - first) | (largestCoefficient - second);
  }
  return excess >= 0;
}

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem-10): X25519 and ML-KEM-768, secret while either holds. The
 * secret key is a 32-byte seed. public 1216 = ML-KEM 1184 ‖ X25519 32; enc 1120 = ML-KEM 1088 ‖ X25519 32.
 */
export const xwingKem: Kem = {
  id: 0x647a,
  publicBytes: 1216,
  secretBytes: 32,
  encBytes: 1120,
  sharedBytes: 32,
  // Section 5.6 (use in HPKE): the key pair of SHAKE256(ikm).
  deriveKeyPair(ikm) {
    const seed = shake256(ikm, 32);
    const pair = xwingKeyPair(seed);
    wipe(seed);
    return pair;
  },
  // The draft leaves X25519's half unchecked; no honest key is of small order, so none is let in.
  isPublicKey(key) {
    if (key.length !== xwingKem.publicBytes) return false;
    return isReduced(key) && isX25519Key(key.subarray(mlKemKeyBytes));
  },
  encapsulate(publicKey, random) {
    if (publicKey.length !== xwingKem.publicBytes) {
      throw new Failure("malformed", "X-Wing public key: wrong length");
    }
    const seed = random(64);
    assert(seed.length === 64, "random gives as many bytes as asked");
    const memory = sodium();
    memory.open(xwingKem.encBytes + 32 + publicKey.length + 64);
    const encAt = memory.room(xwingKem.encBytes);
    const sharedAt = memory.room(32);
    const publicAt = memory.put(publicKey);
    const seedAt = memory.put(seed);
    wipe(seed);
    const status = memory.raw._crypto_kem_xwing_enc_deterministic(
      encAt,
      sharedAt,
      publicAt,
      seedAt,
    );
    const enc = memory.take(encAt, xwingKem.encBytes);
    const shared = memory.close(sharedAt, 32);
    // FIPS 203 section 7.2: coefficients that are not reduced are no key.
    if (status !== 0) throw new Failure("malformed", "X-Wing public key: not a key");
    return { enc, shared };
  },
  decapsulate(enc, secretKey) {
    if (enc.length !== xwingKem.encBytes) return null;
    assert(secretKey.length === 32, "X-Wing secret key is 32 bytes");
    const memory = sodium();
    memory.open(32 + enc.length + 32);
    const out = memory.room(32);
    const encAt = memory.put(enc);
    // A tampered enc gives another secret, not an error (implicit rejection, FIPS 203 section 7.3).
    const status = memory.raw._crypto_kem_xwing_dec(out, encAt, memory.put(secretKey));
    const shared = memory.close(out, 32);
    return status === 0 ? shared : null;
  },
};

/** The X-Wing key pair of a 32-byte seed, which is its secret key (GenerateKeyPairDerand). */
export function xwingKeyPair(seed: Uint8Array): KemKeyPair {
  assert(seed.length === 32, "X-Wing seed is 32 bytes");
  const memory = sodium();
  memory.open(xwingKem.publicBytes + 32 + 32);
  const publicAt = memory.room(xwingKem.publicBytes);
  const secretAt = memory.room(32);
  memory.raw._crypto_kem_xwing_seed_keypair(publicAt, secretAt, memory.put(seed));
  const publicKey = memory.take(publicAt, xwingKem.publicBytes);
  return { publicKey, secretKey: memory.close(secretAt, 32) };
}
