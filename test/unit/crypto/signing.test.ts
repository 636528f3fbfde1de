import { beforeAll, describe, expect, test } from "vitest";
import { sign, signingKeyPair, verify } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex, unhex, utf8 } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const { bytes } = dice(5);
const message = utf8("six o'clock, the usual bench");

test("a secret key is the seed and the public key", () => {
  const seed = bytes(32);
  const pair = signingKeyPair(seed);
  expect(hex(pair.secretKey)).toBe(hex(seed) + hex(pair.publicKey));
});

test("a signature holds for its message and key, and is the same each time", () => {
  const { publicKey, secretKey } = signingKeyPair(bytes(32));
  const signature = sign(secretKey, message);
  expect(verify(publicKey, message, signature)).toBe(true);
  expect(hex(sign(secretKey, message))).toBe(hex(signature));
});

test("a signature does not hold for another message or under another key", () => {
  const { publicKey, secretKey } = signingKeyPair(bytes(32));
  const signature = sign(secretKey, message);
  expect(verify(publicKey, utf8("seven o'clock"), signature)).toBe(false);
  expect(verify(signingKeyPair(bytes(32)).publicKey, message, signature)).toBe(false);
});

test.each([0, 63, 65])("a signature of %i bytes does not hold", (length) => {
  const { publicKey } = signingKeyPair(bytes(32));
  expect(verify(publicKey, message, bytes(length))).toBe(false);
});

test.each([0, 31, 33, 64])("nothing holds under a public key of %i bytes", (length) => {
  const { secretKey } = signingKeyPair(bytes(32));
  expect(verify(bytes(length), message, sign(secretKey, message))).toBe(false);
});

test.each([0, 31, 33])("a seed of %i bytes stops", (length) => {
  expect(() => signingKeyPair(bytes(length))).toThrow("seed is 32 bytes");
});

test.each([32, 63])("a secret key of %i bytes stops", (length) => {
  expect(() => sign(bytes(length), message)).toThrow("secret key is 64 bytes");
});

/** The eight points of small order, then the encodings of them whose y is not reduced (y >= p). */
const smallOrder = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

describe.each(smallOrder)("under the key of small order %s", (text) => {
  const publicKey = unhex(text) as Uint8Array;

  test("no signature with scalar zero holds for any message", () => {
    // With s = 0 the equation is R = -kA, which one of eight values of R meets for each message.
    for (let round = 0; round < 16; round++) {
      for (const point of smallOrder) {
        const signature = unhex(point + "00".repeat(32)) as Uint8Array;
        expect(verify(publicKey, bytes(round), signature)).toBe(false);
      }
    }
  });
});

test("a public key whose y is not reduced is refused, small order or not", () => {
  // y = p + 3 .. p + 18: all encodings beyond the field that are no point of small order.
  const { secretKey } = signingKeyPair(bytes(32));
  for (let excess = 0xf0; excess <= 0xff; excess++) {
    const publicKey = new Uint8Array(32).fill(0xff);
    publicKey[0] = excess;
    publicKey[31] = 0x7f;
    expect(verify(publicKey, message, sign(secretKey, message))).toBe(false);
  }
});

test("a signature whose scalar had the group order added does not hold", () => {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const { publicKey, secretKey } = signingKeyPair(bytes(32));
  const signature = sign(secretKey, message);
  let scalar = order;
  for (let at = 0; at < 32; at++) scalar += BigInt(signature[32 + at] as number) << BigInt(8 * at);
  for (let at = 0; at < 32; at++) signature[32 + at] = Number((scalar >> BigInt(8 * at)) & 0xffn);
  expect(verify(publicKey, message, signature)).toBe(false);
});
