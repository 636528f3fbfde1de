import { beforeAll, describe, expect, test } from "vitest";
import { x25519, x25519Kem } from "#client/crypto/kem.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, suiteOf, xwingSuite } from "#client/crypto/suite.ts";
import { xwingKem, xwingKeyPair } from "#client/crypto/xwing.ts";
import { hex, unhex } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const { bytes } = dice(6);

describe.each([
  { title: "X25519", kem: x25519Kem },
  { title: "X-Wing", kem: xwingKem },
])("$title", ({ kem }) => {
  test("both sides get one secret, and sizes are as declared", () => {
    const pair = kem.deriveKeyPair(bytes(64));
    const { enc, shared } = kem.encapsulate(pair.publicKey, bytes);
    expect(hex(kem.decapsulate(enc, pair.secretKey) as Uint8Array)).toBe(hex(shared));
    expect(pair.publicKey.length).toBe(kem.publicBytes);
    expect(pair.secretKey.length).toBe(kem.secretBytes);
    expect(enc.length).toBe(kem.encBytes);
    expect(shared.length).toBe(kem.sharedBytes);
  });

  test("another secret key, or another encapsulation, gives another secret", () => {
    const pair = kem.deriveKeyPair(bytes(64));
    const first = kem.encapsulate(pair.publicKey, bytes);
    const second = kem.encapsulate(pair.publicKey, bytes);
    const other = kem.deriveKeyPair(bytes(64));
    expect(hex(first.shared)).not.toBe(hex(second.shared));
    const wrong = kem.decapsulate(first.enc, other.secretKey) as Uint8Array;
    expect(hex(wrong)).not.toBe(hex(first.shared));
  });

  test("a flipped bit of the encapsulation gives another secret", () => {
    const pair = kem.deriveKeyPair(bytes(64));
    const { enc, shared } = kem.encapsulate(pair.publicKey, bytes);
    for (const at of [0, enc.length >> 1, enc.length - 2]) {
      const tampered = enc.slice();
      tampered[at] = (tampered[at] as number) ^ 1;
      const secret = kem.decapsulate(tampered, pair.secretKey) as Uint8Array;
      expect(hex(secret)).not.toBe(hex(shared));
    }
  });

  test("key derivation takes any length and is a function of its input", () => {
    const ikm = bytes(48);
    expect(hex(kem.deriveKeyPair(ikm).secretKey)).toBe(hex(kem.deriveKeyPair(ikm).secretKey));
    expect(hex(kem.deriveKeyPair(ikm).secretKey)).not.toBe(
      hex(kem.deriveKeyPair(ikm.subarray(1)).secretKey),
    );
  });

  test.each([-1, 1])("a public key that is %i byte off is refused as malformed", (difference) => {
    const key = bytes(kem.publicBytes + difference);
    expect(() => kem.encapsulate(key, bytes)).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });

  test("every derived key is a public key, and no longer one when it is cut", () => {
    for (let at = 0; at < 50; at++) {
      const { publicKey } = kem.deriveKeyPair(bytes(32));
      expect(kem.isPublicKey(publicKey)).toBe(true);
      expect(kem.isPublicKey(publicKey.subarray(1))).toBe(false);
    }
  });

  test.each([-1, 1])("an encapsulation that is %i byte off gives nothing", (difference) => {
    const { secretKey } = kem.deriveKeyPair(bytes(64));
    expect(kem.decapsulate(bytes(kem.encBytes + difference), secretKey)).toBeNull();
  });

  test("a secret key of another length stops", () => {
    expect(() => kem.decapsulate(bytes(kem.encBytes), bytes(33))).toThrow("32 bytes");
  });
});

/** Small subgroup and twist points of Curve25519, with the forms that are not reduced. */
const lowOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000080",
];

test.each(lowOrder)("X25519 refuses the point of small order %s on both sides", (text) => {
  const point = unhex(text) as Uint8Array;
  expect(x25519(bytes(32), point)).toBeNull();
  expect(() => x25519Kem.encapsulate(point, bytes)).toThrow(
    expect.objectContaining({ code: "malformed" }),
  );
  expect(x25519Kem.decapsulate(point, bytes(32))).toBeNull();
  expect(x25519Kem.isPublicKey(point)).toBe(false);
});

test("X-Wing's key pair is a function of its seed, which is the secret key", () => {
  const seed = bytes(32);
  expect(hex(xwingKeyPair(seed).secretKey)).toBe(hex(seed));
  expect(() => xwingKeyPair(bytes(31))).toThrow("seed is 32 bytes");
});

test("X-Wing stands when its X25519 half is a point of small order: ML-KEM's half holds the secret", () => {
  const pair = xwingKem.deriveKeyPair(bytes(32));
  const weak = pair.publicKey.slice();
  weak.fill(0, 1184);
  const outcomes = [1, 2].map(() => {
    try {
      return hex(xwingKem.encapsulate(weak, bytes).shared);
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  // The draft lets an implementation compute or refuse; what counts is that no secret is foreseeable.
  expect(outcomes[0] === "malformed" || outcomes[0] !== outcomes[1]).toBe(true);
});

test("a suite is found by its id, and any other id is an unknown version", () => {
  expect(suiteOf(0xf00e)).toBe(xwingSuite);
  expect(suiteOf(3)).toBe(classicSuite);
  for (const id of [0, 1, 2, 4, 0x004d, 0xf00d]) {
    expect(() => suiteOf(id)).toThrow(expect.objectContaining({ code: "version" }));
  }
});

test("X-Wing takes a key for one exactly when encapsulating to it works, at each coefficient's bound", () => {
  const { publicKey } = xwingKem.deriveKeyPair(bytes(32));
  const encapsulates = (key: Uint8Array) => {
    try {
      return xwingKem.encapsulate(key, bytes).shared.length === 32;
    } catch {
      return false;
    }
  };
  for (let coefficient = 0; coefficient < 768; coefficient++) {
    for (const value of [3328, 3329, 4095]) {
      const key = publicKey.slice();
      const bit = 12 * coefficient;
      const pair = (key[bit >> 3] as number) | ((key[(bit >> 3) + 1] as number) << 8);
      const mixed = bit % 8 === 0 ? (pair & 0xf000) | value : (pair & 0x000f) | (value << 4);
      key.set([mixed & 255, mixed >> 8], bit >> 3);
      expect(xwingKem.isPublicKey(key), `coefficient ${coefficient}`).toBe(value < 3329);
      expect(encapsulates(key)).toBe(value < 3329);
    }
  }
});
