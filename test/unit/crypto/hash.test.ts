import { createHash, createHmac, hkdfSync } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import {
  equalSecret,
  hmacSha256,
  hmacSha512,
  sha256,
  sha512,
  shake256,
  wipe,
} from "#client/crypto/hash.ts";
import { expand, extract } from "#client/crypto/hkdf.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const { bytes } = dice(4);
const none = new Uint8Array(0);

describe("Node's implementation agrees", () => {
  test.each([0, 1, 55, 56, 64, 111, 112, 128, 129, 20_000])("on digests of %i bytes", (length) => {
    const data = bytes(length);
    expect(hex(sha256(data))).toBe(createHash("sha256").update(data).digest("hex"));
    expect(hex(sha512(data))).toBe(createHash("sha512").update(data).digest("hex"));
    const shake = createHash("shake256", { outputLength: 77 }).update(data).digest("hex");
    expect(hex(shake256(data, 77))).toBe(shake);
  });

  test.each([0, 1, 32, 63, 64, 65, 127, 128, 129, 300])(
    "on MACs under a key of %i bytes",
    (length) => {
      const [key, data] = [bytes(length), bytes(100)];
      expect(hex(hmacSha256(key, data))).toBe(createHmac("sha256", key).update(data).digest("hex"));
      expect(hex(hmacSha512(key, data))).toBe(createHmac("sha512", key).update(data).digest("hex"));
    },
  );

  test.each([1, 16, 31, 32])(
    "on expansion of a key of %i bytes, shorter than the hash or as long",
    (length) => {
      const [prk, info] = [bytes(length), bytes(10)];
      const first = createHmac("sha256", prk).update(info).update(Uint8Array.of(1)).digest("hex");
      expect(hex(expand("sha256", prk, info, 32))).toBe(first);
    },
  );

  test("on the whole of HKDF", () => {
    const [salt, ikm, info] = [bytes(20), bytes(40), bytes(50)];
    for (const hash of ["sha256", "sha512"] as const) {
      const whole = expand(hash, extract(hash, salt, ikm), info, 200);
      expect(hex(whole)).toBe(Buffer.from(hkdfSync(hash, ikm, salt, info, 200)).toString("hex"));
    }
  });
});

test("a MAC over parts is the MAC over their concatenation", () => {
  const [key, a, b, c] = [bytes(64), bytes(5), bytes(16), bytes(17)];
  expect(hex(hmacSha512(key, a, b, none, c))).toBe(hex(hmacSha512(key, concat(a, b, c))));
  expect(hex(hmacSha256(key))).toBe(hex(hmacSha256(key, none)));
});

test.each([
  [0, "no key"],
  [33, "a key longer than the hash"],
])("expansion stops at a key of %i bytes: %s", (length) => {
  expect(() => expand("sha256", bytes(length), none, 32)).toThrow("HKDF-Expand: key");
});

test.each([-1, 1.5, 255 * 32 + 1, Number.NaN])("expansion stops at a length of %d", (length) => {
  expect(() => expand("sha256", bytes(32), none, length)).toThrow("HKDF-Expand: length");
});

test("expansion to the longest and the shortest length works", () => {
  expect(expand("sha256", bytes(32), none, 255 * 32).length).toBe(255 * 32);
  expect(expand("sha512", bytes(64), none, 0).length).toBe(0);
});

describe("comparing secrets", () => {
  test("finds equal ones equal, also when they are views of larger arrays", () => {
    const secret = bytes(40);
    expect(equalSecret(secret, secret.slice())).toBe(true);
    expect(equalSecret(secret.subarray(4, 20), secret.slice(4, 20))).toBe(true);
    expect(equalSecret(none, none)).toBe(true);
  });

  test("finds a difference in any one bit", () => {
    const secret = bytes(32);
    for (let bit = 0; bit < 256; bit++) {
      const other = secret.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(equalSecret(secret, other)).toBe(false);
    }
  });

  test("finds different lengths different", () => {
    expect(equalSecret(bytes(32), bytes(31))).toBe(false);
    expect(equalSecret(new Uint8Array(4), new Uint8Array(5))).toBe(false);
  });
});

test("wiping overwrites each array, and only what a view covers", () => {
  const [a, b] = [utf8("abc"), utf8("wxyz")];
  wipe(a, b.subarray(1, 3));
  expect([...a]).toEqual([0, 0, 0]);
  expect([...b]).toEqual([0x77, 0, 0, 0x7a]);
});
