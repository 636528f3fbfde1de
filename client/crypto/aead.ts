import { assert } from "#shared/failure.ts";
import type { SodiumExports } from "./memory.ts";
import { sodium } from "./sodium.ts";

/** Octets of Poly1305's tag, at the end of every ciphertext. */
export const tagBytes = 16;

/** An AEAD with a 32-byte key (RFC 5116): ciphertext ‖ 16-byte tag. `open` gives null when the tag is wrong. */
export interface Aead {
  readonly keyBytes: 32;
  readonly nonceBytes: 12 | 24;
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | null;
}

/** ChaCha20-Poly1305 with a 12-byte nonce (RFC 8439): HPKE and MLS. */
export const chacha: Aead = aead(
  12,
  (raw) => raw._crypto_aead_chacha20poly1305_ietf_encrypt,
  (raw) => raw._crypto_aead_chacha20poly1305_ietf_decrypt,
);

/** XChaCha20-Poly1305 with a 24-byte nonce, long enough to draw at random (draft-irtf-cfrg-xchacha-03). */
export const xchacha: Aead = aead(
  24,
  (raw) => raw._crypto_aead_xchacha20poly1305_ietf_encrypt,
  (raw) => raw._crypto_aead_xchacha20poly1305_ietf_decrypt,
);

type Encrypt = SodiumExports["_crypto_aead_chacha20poly1305_ietf_encrypt"];
type Decrypt = SodiumExports["_crypto_aead_chacha20poly1305_ietf_decrypt"];

function aead(
  nonceBytes: 12 | 24,
  encrypt: (raw: SodiumExports) => Encrypt,
  decrypt: (raw: SodiumExports) => Decrypt,
): Aead {
  return {
    keyBytes: 32,
    nonceBytes,
    seal(key, nonce, aad, plaintext) {
      assert(key.length === 32 && nonce.length === nonceBytes, "AEAD key and nonce lengths");
      const memory = sodium();
      const size = plaintext.length + tagBytes;
      memory.open(size + plaintext.length + aad.length + nonceBytes + 32);
      const out = memory.room(size);
      const plainAt = memory.put(plaintext);
      const aadAt = memory.put(aad);
      const nonceAt = memory.put(nonce);
      const keyAt = memory.put(key);
      const call = encrypt(memory.raw);
      call(out, 0, plainAt, plaintext.length, 0, aadAt, aad.length, 0, 0, nonceAt, keyAt);
      return memory.close(out, size);
    },
    open(key, nonce, aad, ciphertext) {
      assert(key.length === 32 && nonce.length === nonceBytes, "AEAD key and nonce lengths");
      if (ciphertext.length < tagBytes) return null;
      const memory = sodium();
      const size = ciphertext.length - tagBytes;
      memory.open(size + ciphertext.length + aad.length + nonceBytes + 32);
      const out = memory.room(size);
      const cipherAt = memory.put(ciphertext);
      const aadAt = memory.put(aad);
      const nonceAt = memory.put(nonce);
      const keyAt = memory.put(key);
      const call = decrypt(memory.raw);
      const status = call(
        out,
        0,
        0,
        cipherAt,
        ciphertext.length,
        0,
        aadAt,
        aad.length,
        0,
        nonceAt,
        keyAt,
      );
      const plaintext = memory.close(out, size);
      return status === 0 ? plaintext : null;
    },
  };
}
