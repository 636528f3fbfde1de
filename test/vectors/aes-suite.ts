import { createCipheriv, createDecipheriv } from "node:crypto";
import { classicSuite, type Suite } from "#client/crypto/suite.ts";
import { concat } from "#shared/bytes.ts";

const tagBytes = 16;

function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("aes-128-gcm", key, nonce).setAAD(aad);
  const sealed = concat(cipher.update(plaintext), cipher.final());
  return concat(sealed, cipher.getAuthTag());
}

function open(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | null {
  const decipher = createDecipheriv("aes-128-gcm", key, nonce).setAAD(aad);
  decipher.setAuthTag(ciphertext.subarray(-tagBytes));
  try {
    return concat(decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final());
  } catch {
    return null;
  }
}

/**
 * Cipher suite 1: suite 3 with AES-128-GCM, which libsodium lacks. One official vector knows no other.
 * The literal types of `Suite` name the product's suites only, hence the conversions.
 */
export const aesSuite: Suite = {
  ...classicSuite,
  id: 1 as number as Suite["id"],
  aeadId: 1 as number as Suite["aeadId"],
  aead: { keyBytes: 16 as number as Suite["aead"]["keyBytes"], nonceBytes: 12, seal, open },
};
