import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";

/**
 * The bare primitives of one application message of 1 KiB, on inputs of the true sizes that lie ready:
 * what remains when all of MLS (framing, ratchets, checks) costs nothing. Each goes straight to
 * libsodium's exports through client/crypto, the fastest way to call them that we have.
 */
export interface Ceiling {
  protect(): void;
  unprotect(): void;
}

/** Sizes in bytes as RFC 9420 section 6 frames them, for a group id of 16 bytes and no extensions. */
const labelBytes = 2 + "MLS 1.0 FramedContentTBS".length;
const contentBytes = 2 + 2 + 17 + 8 + 5 + 1 + 1 + 2 + 1024;
const aadBytes = 17 + 8 + 1 + 1;
const senderDataBytes = 12;
const expandInfoBytes = 2 + 1 + "MLS 1.0 secret".length + 1 + 4;

export function ceiling(suite: Suite, random: Random): Ceiling {
  const { aead, signature, hashBytes } = suite;
  const contextBytes = 4 + 17 + 8 + 2 * (hashBytes + 1) + 1;
  const signed = random(labelBytes + contentBytes + contextBytes);
  const { publicKey, secretKey } = signature.keyPair(random(32));
  const seal = signature.sign(secretKey, signed);
  const secret = random(hashBytes);
  const info = random(expandInfoBytes);
  const sampleInfo = random(expandInfoBytes + hashBytes);
  const key = random(aead.keyBytes);
  const nonce = random(aead.nonceBytes);
  const aad = random(aadBytes);
  const plaintext = random(2 + 1024 + 2 + 64);
  const ciphertext = aead.seal(key, nonce, aad, plaintext);
  const senderData = random(senderDataBytes);
  const sealedSenderData = aead.seal(key, nonce, aad, senderData);

  /** Key, nonce and next secret of the ratchet (9.1), key and nonce of the sender data (6.3.2). */
  const derive = () => {
    suite.expand(secret, info, aead.keyBytes);
    suite.expand(secret, info, aead.nonceBytes);
    suite.expand(secret, info, hashBytes);
    suite.expand(secret, sampleInfo, aead.keyBytes);
    suite.expand(secret, sampleInfo, aead.nonceBytes);
  };
  return {
    protect: () => {
      signature.sign(secretKey, signed);
      derive();
      random(4);
      aead.seal(key, nonce, aad, plaintext);
      aead.seal(key, nonce, aad, senderData);
    },
    unprotect: () => {
      derive();
      aead.open(key, nonce, aad, sealedSenderData);
      aead.open(key, nonce, aad, ciphertext);
      signature.verify(publicKey, signed, seal);
    },
  };
}
