import { beforeAll, describe, expect, test } from "vitest";
import { chacha, tagBytes, xchacha } from "#client/crypto/aead.ts";
import { hmacSha512 } from "#client/crypto/hash.ts";
import {
  commitmentBytes,
  open,
  openCommitted,
  seal,
  sealCommitted,
  sealCommittedOverheadBytes,
  sealOverheadBytes,
} from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";
import { salamander } from "./salamander.ts";

beforeAll(ready);

const { bytes } = dice(8);
const aad = utf8("mailbox");
const none = new Uint8Array(0);

describe.each([
  { title: "seal", close: seal, reopen: open, overhead: sealOverheadBytes },
  {
    title: "sealCommitted",
    close: sealCommitted,
    reopen: openCommitted,
    overhead: sealCommittedOverheadBytes,
  },
])("$title", ({ close, reopen, overhead }) => {
  test.each([0, 1, 63, 64, 65, 100_000])("gives %i bytes back, at the declared cost", (length) => {
    const [key, nonce, plaintext] = [bytes(32), bytes(24), bytes(length)];
    const sealed = close(key, nonce, aad, plaintext);
    expect(sealed.length).toBe(length + overhead);
    expect(hex(reopen(key, nonce, aad, sealed) as Uint8Array)).toBe(hex(plaintext));
  });

  test("gives nothing under another key, nonce or associated data", () => {
    const [key, nonce] = [bytes(32), bytes(24)];
    const sealed = close(key, nonce, aad, utf8("text"));
    expect(reopen(bytes(32), nonce, aad, sealed)).toBeNull();
    expect(reopen(key, bytes(24), aad, sealed)).toBeNull();
    expect(reopen(key, nonce, none, sealed)).toBeNull();
  });

  test("gives nothing for any flipped bit", () => {
    const [key, nonce] = [bytes(32), bytes(24)];
    const sealed = close(key, nonce, aad, utf8("text"));
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const tampered = sealed.slice();
      tampered[bit >> 3] = (tampered[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(reopen(key, nonce, aad, tampered)).toBeNull();
    }
  });

  test("gives nothing for any truncation, nor for a byte more", () => {
    const [key, nonce] = [bytes(32), bytes(24)];
    const sealed = close(key, nonce, aad, utf8("text"));
    for (let length = 0; length < sealed.length; length++) {
      expect(reopen(key, nonce, aad, sealed.subarray(0, length))).toBeNull();
    }
    expect(reopen(key, nonce, aad, concat(sealed, Uint8Array.of(0)))).toBeNull();
  });

  test("stops at a key or a nonce of another length", () => {
    expect(() => close(bytes(31), bytes(24), aad, none)).toThrow("lengths");
    expect(() => close(bytes(32), bytes(12), aad, none)).toThrow("lengths");
    expect(() => reopen(bytes(33), bytes(24), aad, bytes(90))).toThrow("lengths");
  });
});

describe("a ciphertext made to open under two keys", () => {
  const [first, second] = [bytes(32), bytes(32)];

  test.each([
    { title: "ChaCha20-Poly1305", aead: chacha },
    { title: "XChaCha20-Poly1305", aead: xchacha },
  ])("does open under both with plain $title: the attack is real", ({ aead }) => {
    const nonce = bytes(aead.nonceBytes);
    const forged = salamander(first, second, nonce);
    expect(aead.open(first, nonce, none, forged)).not.toBeNull();
    expect(aead.open(second, nonce, none, forged)).not.toBeNull();
    expect(aead.open(bytes(32), nonce, none, forged)).toBeNull();
  });

  test("opens under one of them at most with a commitment, whichever is put in front", () => {
    const nonce = bytes(24);
    const commit = (key: Uint8Array) => {
      const derived = hmacSha512(key, utf8("Backchannel v1 sealed and committed\0"), nonce, none);
      return { sealKey: derived.subarray(0, 32), commitment: derived.subarray(32) };
    };
    const [one, two] = [commit(first), commit(second)];
    // The collision is made for the very keys that the two boxes would be sealed with.
    const forged = salamander(one.sealKey, two.sealKey, nonce);
    expect(xchacha.open(one.sealKey, nonce, none, forged)).not.toBeNull();
    expect(xchacha.open(two.sealKey, nonce, none, forged)).not.toBeNull();
    const asOne = concat(one.commitment, forged);
    expect(openCommitted(first, nonce, none, asOne)).not.toBeNull();
    expect(openCommitted(second, nonce, none, asOne)).toBeNull();
    const asTwo = concat(two.commitment, forged);
    expect(openCommitted(first, nonce, none, asTwo)).toBeNull();
    expect(openCommitted(second, nonce, none, asTwo)).not.toBeNull();
  });

  test("has commitments that differ by key, by nonce and by associated data", () => {
    const [nonce, other] = [bytes(24), bytes(24)];
    const boxes = [
      sealCommitted(first, nonce, aad, none),
      sealCommitted(second, nonce, aad, none),
      sealCommitted(first, other, aad, none),
      sealCommitted(first, nonce, none, none),
    ];
    const commitments = boxes.map((box) => hex(box.subarray(0, commitmentBytes)));
    expect(new Set(commitments).size).toBe(4);
  });
});

test("a tag is sixteen bytes", () => {
  expect(chacha.seal(bytes(32), bytes(12), none, none).length).toBe(tagBytes);
});
