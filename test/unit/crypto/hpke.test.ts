import { beforeAll, expect, test } from "vitest";
import { openBase, sealBase } from "#client/crypto/hpke.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { hex, utf8 } from "#shared/bytes.ts";

beforeAll(ready);
const random = (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n));
test.each([classicSuite, xwingSuite])(
  "what is sealed to a public key opens with its secret key (suite $id)",
  (suite) => {
    const pair = suite.kem.deriveKeyPair(random(64));
    const sealed = sealBase(
      suite,
      pair.publicKey,
      utf8("info"),
      utf8("aad"),
      utf8("hello"),
      random,
    );
    expect(
      hex(
        openBase(suite, sealed.enc, pair.secretKey, utf8("info"), utf8("aad"), sealed.ciphertext),
      ),
    ).toBe(hex(utf8("hello")));
  },
);
