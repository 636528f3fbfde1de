import { beforeAll, describe, expect, test } from "vitest";
import {
  exportBaseReceiver,
  exportBaseSender,
  nonceOf,
  openBase,
  sealBase,
  setupBaseReceiver,
} from "#client/crypto/hpke.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const { bytes } = dice(7);
const [info, aad, plaintext] = [utf8("info"), utf8("aad"), utf8("the terms")];
const none = new Uint8Array(0);
const integrity = expect.objectContaining({ code: "integrity" });

describe.each([
  { title: "X-Wing", suite: xwingSuite },
  { title: "suite 3", suite: classicSuite },
])("HPKE on $title", ({ suite }) => {
  const setting = () => {
    const pair = suite.kem.deriveKeyPair(bytes(64));
    return { ...pair, ...sealBase(suite, pair.publicKey, info, aad, plaintext, bytes) };
  };

  test("opens what was sealed, empty or not, and never seals alike", () => {
    const { publicKey, secretKey, enc, ciphertext } = setting();
    expect(hex(openBase(suite, enc, secretKey, info, aad, ciphertext))).toBe(hex(plaintext));
    const again = sealBase(suite, publicKey, info, aad, plaintext, bytes);
    expect(hex(again.enc)).not.toBe(hex(enc));
    expect(hex(again.ciphertext)).not.toBe(hex(ciphertext));
    const empty = sealBase(suite, publicKey, none, none, none, bytes);
    expect(openBase(suite, empty.enc, secretKey, none, none, empty.ciphertext).length).toBe(0);
  });

  test("refuses another info, other associated data, another key", () => {
    const { secretKey, enc, ciphertext } = setting();
    const other = suite.kem.deriveKeyPair(bytes(64)).secretKey;
    expect(() => openBase(suite, enc, secretKey, aad, aad, ciphertext)).toThrow(integrity);
    expect(() => openBase(suite, enc, secretKey, info, info, ciphertext)).toThrow(integrity);
    expect(() => openBase(suite, enc, other, info, aad, ciphertext)).toThrow(integrity);
  });

  test("refuses a flipped bit in ciphertext, tag and encapsulation", () => {
    const { secretKey, enc, ciphertext } = setting();
    for (const at of [0, ciphertext.length - 1]) {
      const tampered = ciphertext.slice();
      tampered[at] = (tampered[at] as number) ^ 0x80;
      expect(() => openBase(suite, enc, secretKey, info, aad, tampered)).toThrow(integrity);
    }
    const tampered = enc.slice();
    tampered[5] = (tampered[5] as number) ^ 1;
    expect(() => openBase(suite, tampered, secretKey, info, aad, ciphertext)).toThrow(integrity);
  });

  test("refuses truncated and lengthened parts", () => {
    const { secretKey, enc, ciphertext } = setting();
    const shorter = enc.subarray(1);
    expect(() => openBase(suite, shorter, secretKey, info, aad, ciphertext)).toThrow(integrity);
    for (const cut of [none, ciphertext.subarray(0, 15), ciphertext.subarray(1)]) {
      expect(() => openBase(suite, enc, secretKey, info, aad, cut)).toThrow(integrity);
    }
  });

  test("refuses to seal to what is no key", () => {
    expect(() => sealBase(suite, bytes(7), info, aad, plaintext, bytes)).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });

  test("exports one secret on both sides, and another for another context", () => {
    const pair = suite.kem.deriveKeyPair(bytes(64));
    const { enc, exported } = exportBaseSender(suite, pair.publicKey, info, aad, 48, bytes);
    const received = exportBaseReceiver(suite, enc, pair.secretKey, info, aad, 48);
    expect(hex(received)).toBe(hex(exported));
    const elsewhere = exportBaseReceiver(suite, enc, pair.secretKey, info, info, 48);
    expect(hex(elsewhere)).not.toBe(hex(exported));
  });

  test("gives every message of a context its own nonce", () => {
    const { secretKey, enc } = setting();
    const context = setupBaseReceiver(suite, enc, secretKey, info);
    const numbers = [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
    const nonces = numbers.map((sequence) => hex(nonceOf(context, sequence)));
    expect(new Set(nonces).size).toBe(numbers.length);
    expect(nonces[0]).toBe(hex(context.baseNonce));
    expect(() => nonceOf(context, -1)).toThrow("HPKE sequence");
  });
});

test("what one suite seals another does not open", () => {
  const pair = classicSuite.kem.deriveKeyPair(bytes(32));
  const sealed = sealBase(classicSuite, pair.publicKey, info, aad, plaintext, bytes);
  expect(() =>
    openBase(xwingSuite, sealed.enc, pair.secretKey, info, aad, sealed.ciphertext),
  ).toThrow(integrity);
});
