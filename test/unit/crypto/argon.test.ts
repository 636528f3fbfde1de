import { beforeAll, describe, expect, test } from "vitest";
import { argon2id, argonMemBytesMax, argonMemBytesMin, argonOpsMax } from "#client/crypto/argon.ts";
import { sha256 } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const { bytes } = dice(10);
const input = {
  passphrase: utf8("four words of the vault"),
  salt: bytes(16),
  opsLimit: 1,
  memBytes: 1 << 16,
};

/** Made with noble-hashes: argon2id(passphrase, salt, { t, m: KiB, p: 1, dkLen: 32 }). */
const answers = [
  {
    opsLimit: 1,
    memBytes: 8 * 1024,
    key: "346a2ef1c6698efb2ede7ee1b8dac042a63133d77b6cc6d3fb80f4d8fae98fef",
  },
  {
    opsLimit: 3,
    memBytes: 64 * 1024,
    key: "681af470c40722453b10037f6dfb4ec5bc63e35a15723c24481e9cbe232250c3",
  },
  {
    opsLimit: 2,
    memBytes: 8 << 20,
    key: "328465fccbc09796e48c9a93e92202171ac51b5dd28752a4ff07381b2b6e1cd0",
  },
];

test.each(answers)(
  "another implementation agrees at $opsLimit passes over $memBytes bytes",
  ({ key, ...cost }) => {
    const salt = Uint8Array.from({ length: 16 }, (_, at) => at);
    expect(hex(argon2id({ passphrase: utf8("cradle"), salt, ...cost }))).toBe(key);
  },
);

test("the key depends on passphrase, salt, passes and memory", () => {
  const keys = [
    input,
    { ...input, passphrase: utf8("four words of the vaulT") },
    { ...input, passphrase: new Uint8Array(0) },
    { ...input, salt: bytes(16) },
    { ...input, opsLimit: 2 },
    { ...input, memBytes: 1 << 17 },
  ].map((each) => hex(argon2id(each)));
  expect(new Set(keys).size).toBe(keys.length);
  expect(hex(argon2id(input))).toBe(keys[0]);
});

test("primitives still work after the memory has grown", () => {
  const before = hex(sha256(utf8("still here")));
  expect(argon2id({ ...input, memBytes: 32 << 20 }).length).toBe(32);
  expect(hex(sha256(utf8("still here")))).toBe(before);
});

describe("parameters out of range, as a damaged file may hold them, are refused", () => {
  test.each([0, -1, 1.5, argonOpsMax + 1, Number.NaN, 2 ** 32 + 1])("%d passes", (opsLimit) => {
    expect(() => argon2id({ ...input, opsLimit })).toThrow(
      expect.objectContaining({ code: "vault-damaged" }),
    );
  });

  test.each([0, argonMemBytesMin - 1, argonMemBytesMax + 1, Number.POSITIVE_INFINITY])(
    "%d bytes",
    (memBytes) => {
      expect(() => argon2id({ ...input, memBytes })).toThrow(
        expect.objectContaining({ code: "vault-damaged" }),
      );
    },
  );
});

test.each([0, 8, 15, 17])("a salt of %i bytes stops", (length) => {
  expect(() => argon2id({ ...input, salt: bytes(length) })).toThrow("salt is 16 bytes");
});
