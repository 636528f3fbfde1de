import { beforeAll, describe, expect, test } from "vitest";
import { xchacha } from "#client/crypto/aead.ts";
import { openCommitted } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { salamander } from "#client/lab/algorithms/salamander.ts";
import { seeded } from "#client/lab/seeded.ts";
import { concat, utf8 } from "#shared/bytes.ts";

beforeAll(ready);

function plan(seed: number, aadBytes = 5) {
  const choices = seeded("salamander test", seed);
  const random = (bytes: number) => Uint8Array.from({ length: bytes }, () => choices.below(256));
  const keys = [random(32), random(32)] as const;
  const texts = [utf8("We accept it all"), utf8("We reject it all, once and ever.")] as const;
  return { keys, nonce: random(24), aad: random(aadBytes), texts, random, triesMax: 1_000 };
}

describe("a salamander", () => {
  test.each([0, 1, 15, 16, 17, 40])(
    "opens under both keys, each with its text, over %i octets of associated data",
    (aadBytes) => {
      const made = plan(aadBytes + 1, aadBytes);
      const found = salamander(made);
      const [one, two] = made.keys.map((key) =>
        xchacha.open(key, made.nonce, made.aad, found?.sealed ?? new Uint8Array(0)),
      );
      expect(one?.subarray(0, 16)).toEqual(made.texts[0]);
      expect(two?.subarray(16, 48)).toEqual(made.texts[1]);
    },
  );

  test("does not open under a third key, nor over other associated data", () => {
    const made = plan(2);
    const sealed = salamander(made)?.sealed ?? new Uint8Array(0);
    expect(xchacha.open(new Uint8Array(32), made.nonce, made.aad, sealed)).toBeNull();
    expect(xchacha.open(made.keys[0], made.nonce, utf8("other"), sealed)).toBeNull();
  });

  test("gives up after as many tries as it may make, and with one key there is nothing to solve", () => {
    const made = plan(3);
    const tries = salamander(made)?.tries ?? 0;
    expect(tries).toBeGreaterThan(0);
    expect(salamander({ ...plan(3), triesMax: tries - 1 })).toBeNull();
    expect(salamander({ ...made, keys: [made.keys[0], made.keys[0]] })).toBeNull();
  });

  test("opens under neither key behind a key commitment of our own", () => {
    const made = plan(4);
    const sealed = salamander(made)?.sealed ?? new Uint8Array(0);
    for (const key of made.keys) {
      expect(openCommitted(key, made.nonce, made.aad, sealed)).toBeNull();
      const boxed = concat(new Uint8Array(32), sealed);
      expect(openCommitted(key, made.nonce, made.aad, boxed)).toBeNull();
    }
  });
});
