import { Failure } from "#shared/failure.ts";
import { type Aead, chacha } from "./aead.ts";
import { type HashName, hashBytes, hmac, sha256, sha512 } from "./hash.ts";
import { expand, extract } from "./hkdf.ts";
import { type Kem, x25519Kem } from "./kem.ts";
import { type SigningKeyPair, sign, signingKeyPair, verify } from "./signing.ts";
import { xwingKem } from "./xwing.ts";

export type SuiteId = 0xf00e | 0x0003;

/** Ed25519 as a suite carries it (signing.ts). */
export interface Signature {
  keyPair(seed: Uint8Array): SigningKeyPair;
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** One MLS cipher suite (RFC 9420 section 5.1), ready to use. */
export interface Suite {
  readonly id: SuiteId;
  /** KDF.Nh: octets of a digest, a MAC and every secret of the key schedule. */
  readonly hashBytes: 32 | 64;
  readonly hashName: HashName;
  /** HPKE's ids (RFC 9180 section 7); the KEM's is in `kem`. */
  readonly kdfId: 0x0001 | 0x0003;
  readonly aeadId: 0x0003;
  readonly kem: Kem;
  readonly aead: Aead;
  readonly signature: Signature;
  hash(data: Uint8Array): Uint8Array;
  /** HMAC over the concatenated parts. */
  mac(key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array;
  extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array;
  expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array;
}

const signature: Signature = { keyPair: signingKeyPair, sign, verify };

/** X-Wing, ChaCha20-Poly1305, SHA-512, Ed25519 under a private-use id: the suite of every channel. */
export const xwingSuite: Suite = {
  id: 0xf00e,
  hashBytes: hashBytes.sha512,
  hashName: "sha512",
  kdfId: 0x0003,
  aeadId: 0x0003,
  kem: xwingKem,
  aead: chacha,
  signature,
  hash: sha512,
  mac: (key, ...data) => hmac("sha512", key, data),
  extract: (salt, ikm) => extract("sha512", salt, ikm),
  expand: (prk, info, length) => expand("sha512", prk, info, length),
};

/** MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519: official vectors and differential tests only. */
export const classicSuite: Suite = {
  id: 0x0003,
  hashBytes: hashBytes.sha256,
  hashName: "sha256",
  kdfId: 0x0001,
  aeadId: 0x0003,
  kem: x25519Kem,
  aead: chacha,
  signature,
  hash: sha256,
  mac: (key, ...data) => hmac("sha256", key, data),
  extract: (salt, ikm) => extract("sha256", salt, ikm),
  expand: (prk, info, length) => expand("sha256", prk, info, length),
};

/** The suite of an id from the wire. Failure `version` for any other. */
export function suiteOf(id: number): Suite {
  if (id === xwingSuite.id) return xwingSuite;
  if (id === classicSuite.id) return classicSuite;
  throw new Failure("version", `cipher suite 0x${id.toString(16)} is not known`);
}
