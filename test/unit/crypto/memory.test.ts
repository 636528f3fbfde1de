import { beforeAll, expect, test } from "vitest";
import { chacha } from "#client/crypto/aead.ts";
import { argon2id } from "#client/crypto/argon.ts";
import { finish, start } from "#client/crypto/cpace.ts";
import { hmacSha512, sha512 } from "#client/crypto/hash.ts";
import { expand } from "#client/crypto/hkdf.ts";
import { openBase, sealBase } from "#client/crypto/hpke.ts";
import { openCommitted, sealCommitted } from "#client/crypto/seal.ts";
import { sign, signingKeyPair } from "#client/crypto/signing.ts";
import { ready, sodium } from "#client/crypto/sodium.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { hex } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

/** ChaCha20's block: libsodium leaves the part of one that ends an opened plaintext on its stack. */
const blockBytes = 64;

/** Whether eight octets of a secret in a row lie anywhere in libsodium's memory. */
function lingers(secret: Uint8Array): boolean {
  const heap = Buffer.from(sodium().raw.HEAPU8.buffer);
  for (let at = 0; at + 8 <= secret.length; at += 8) {
    if (heap.indexOf(secret.subarray(at, at + 8)) !== -1) return true;
  }
  return false;
}

const { bytes } = dice(1);
const aad = bytes(9);

/** What each row must not leave behind, and the calls that use it. */
const uses: readonly [string, number, (secret: Uint8Array) => void][] = [
  ["a hashed secret", 64, (secret) => sha512(secret)],
  ["an HMAC key", 64, (secret) => hmacSha512(secret, aad)],
  ["an HKDF key", 64, (secret) => expand("sha512", secret, aad, 64)],
  ["an AEAD key", 32, (secret) => chacha.seal(secret, bytes(12), aad, aad)],
  ["a sealed plaintext", 3000, (secret) => chacha.seal(bytes(32), bytes(12), aad, secret)],
  [
    "an opened plaintext of whole blocks",
    47 * blockBytes,
    (secret) => {
      const [key, nonce] = [bytes(32), bytes(24)];
      openCommitted(key, nonce, aad, sealCommitted(key, nonce, aad, secret));
    },
  ],
  ["a signing seed", 32, (secret) => signingKeyPair(secret)],
  ["a signing key", 32, (secret) => sign(signingKeyPair(secret).secretKey, aad)],
  [
    "a CPace scalar",
    32,
    (secret) => {
      const input = { prs: bytes(8), ci: aad, sid: aad };
      const peer = start(input, bytes);
      const own = { ...start(input, () => secret), ad: aad, sid: aad };
      finish({ role: "initiator", ...own, peerShare: peer.share, peerAd: aad });
    },
  ],
  [
    "an X25519 secret key",
    32,
    (secret) => {
      const pair = classicSuite.kem.deriveKeyPair(bytes(32));
      const { enc } = classicSuite.kem.encapsulate(pair.publicKey, bytes);
      classicSuite.kem.decapsulate(enc, secret);
    },
  ],
  [
    "an X-Wing secret key",
    32,
    (secret) => {
      xwingSuite.kem.decapsulate(bytes(xwingSuite.kem.encBytes), secret);
    },
  ],
  [
    "an HPKE plaintext of whole blocks",
    8 * blockBytes,
    (secret) => {
      const pair = xwingSuite.kem.deriveKeyPair(bytes(32));
      const sealed = sealBase(xwingSuite, pair.publicKey, aad, aad, secret, bytes);
      openBase(xwingSuite, sealed.enc, pair.secretKey, aad, aad, sealed.ciphertext);
    },
  ],
  [
    "a passphrase",
    40,
    (secret) => argon2id({ passphrase: secret, salt: bytes(16), opsLimit: 1, memBytes: 1 << 16 }),
  ],
];

test.each(uses)("%s is nowhere in libsodium's memory after its use", (_, length, use) => {
  const secret = bytes(length);
  use(secret);
  expect(lingers(secret)).toBe(false);
});

test("of other opened plaintexts no more than the last part of a block stays, until the next one", () => {
  const [key, nonce] = [bytes(32), bytes(12)];
  const secret = bytes(3000);
  chacha.open(key, nonce, aad, chacha.seal(key, nonce, aad, secret));
  expect(lingers(secret.subarray(0, 46 * blockBytes))).toBe(false);
  expect(lingers(secret.subarray(46 * blockBytes))).toBe(true);
  chacha.open(key, nonce, aad, chacha.seal(key, nonce, aad, bytes(blockBytes - 1)));
  expect(lingers(secret)).toBe(false);
});

test("the search finds a secret that is there", () => {
  const secret = bytes(32);
  const memory = sodium();
  memory.open(32);
  memory.put(secret);
  expect(lingers(secret)).toBe(true);
  memory.drop();
  expect(lingers(secret)).toBe(false);
});

test("what a call that threw left behind is gone at the next call", () => {
  const secret = bytes(32);
  sodium().open(32);
  sodium().put(secret);
  sha512(aad);
  expect(lingers(secret)).toBe(false);
});

test("inputs beyond the first scratch region are handled whole, and left nowhere", () => {
  const [key, nonce] = [bytes(32), bytes(12)];
  const plaintext = bytes(1 << 20);
  const sealed = chacha.seal(key, nonce, aad, plaintext);
  const opened = chacha.open(key, nonce, aad, sealed) ?? new Uint8Array(0);
  expect(hex(sha512(opened))).toBe(hex(sha512(plaintext)));
  expect(lingers(plaintext.subarray(0, 4096))).toBe(false);
});
