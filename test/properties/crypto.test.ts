import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Aead, chacha, xchacha } from "#client/crypto/aead.ts";
import { finish, start } from "#client/crypto/cpace.ts";
import { equalSecret, hmac } from "#client/crypto/hash.ts";
import { expand } from "#client/crypto/hkdf.ts";
import { openBase, sealBase } from "#client/crypto/hpke.ts";
import { openCommitted, sealCommitted } from "#client/crypto/seal.ts";
import { sign, signingKeyPair, verify } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { concat, equalBytes, hex } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const data = fc.uint8Array({ maxLength: 400 });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const seed = fc.integer();

/** A copy with one bit flipped, chosen by a number of any size. */
function flip(bytes: Uint8Array, at: number): Uint8Array {
  const bit = at % (8 * bytes.length);
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  return flipped;
}

/** A failing run prints its own seed and path, and the counterexample: fast-check's report. */
function holds<Inputs extends [unknown, ...unknown[]]>(
  property: fc.IProperty<Inputs>,
  numRuns = 200,
): void {
  fc.assert(property, { numRuns });
}

const committed: Pick<Aead, "seal" | "open" | "nonceBytes"> = {
  nonceBytes: 24,
  seal: sealCommitted,
  open: openCommitted,
};

describe.each([
  { title: "ChaCha20-Poly1305", aead: chacha },
  { title: "XChaCha20-Poly1305", aead: xchacha },
  { title: "committed sealing", aead: committed },
])("$title", ({ aead }) => {
  const box = [exactly(32), exactly(aead.nonceBytes), data, data] as const;

  test("opens all that it seals", () => {
    holds(
      fc.property(...box, (key, nonce, aad, plaintext) => {
        const opened = aead.open(key, nonce, aad, aead.seal(key, nonce, aad, plaintext));
        return opened !== null && equalBytes(opened, plaintext);
      }),
    );
  });

  test("opens nothing of which any one bit was changed", () => {
    holds(
      fc.property(...box, fc.nat(), (key, nonce, aad, plaintext, at) => {
        const sealed = aead.seal(key, nonce, aad, plaintext);
        expect(aead.open(key, nonce, aad, flip(sealed, at))).toBeNull();
        expect(aead.open(flip(key, at), nonce, aad, sealed)).toBeNull();
        expect(aead.open(key, flip(nonce, at), aad, sealed)).toBeNull();
        if (aad.length > 0) expect(aead.open(key, nonce, flip(aad, at), sealed)).toBeNull();
      }),
    );
  });

  test("opens nothing that is not its own, whatever the bytes", () => {
    holds(
      fc.property(...box, (key, nonce, aad, noise) => aead.open(key, nonce, aad, noise) === null),
    );
  });
});

describe.each([
  { title: "X-Wing", suite: xwingSuite },
  { title: "suite 3", suite: classicSuite },
])("HPKE on $title", ({ suite }) => {
  test("opens all that it seals, and nothing of which a bit was changed", () => {
    holds(
      fc.property(seed, data, data, data, fc.nat(), (number, info, aad, plaintext, at) => {
        const { bytes } = dice(number);
        const { publicKey, secretKey } = suite.kem.deriveKeyPair(bytes(32));
        const { enc, ciphertext } = sealBase(suite, publicKey, info, aad, plaintext, bytes);
        const open = (e: Uint8Array, c: Uint8Array) => openBase(suite, e, secretKey, info, aad, c);
        expect(hex(open(enc, ciphertext))).toBe(hex(plaintext));
        expect(() => open(enc, flip(ciphertext, at))).toThrow("HPKE");
        // The top bit of an X25519 point is ignored by RFC 7748, but it is hashed into the secret.
        expect(() => open(flip(enc, at), ciphertext)).toThrow("HPKE");
      }),
      40,
    );
  });

  test("gives any bytes the one named failure", () => {
    holds(
      fc.property(seed, data, (number, noise) => {
        const { bytes } = dice(number);
        const { secretKey } = suite.kem.deriveKeyPair(bytes(32));
        const integrity = expect.objectContaining({ code: "integrity" });
        expect(() => openBase(suite, noise, secretKey, noise, noise, noise)).toThrow(integrity);
        const enc = bytes(suite.kem.encBytes);
        expect(() => openBase(suite, enc, secretKey, noise, noise, noise)).toThrow(integrity);
      }),
      60,
    );
  });
});

test("an Ed25519 signature holds, and no longer when a bit of message, signature or key changes", () => {
  holds(
    fc.property(exactly(32), data, fc.nat(), (keySeed, message, at) => {
      const { publicKey, secretKey } = signingKeyPair(keySeed);
      const signature = sign(secretKey, message);
      expect(verify(publicKey, message, signature)).toBe(true);
      expect(verify(publicKey, message, flip(signature, at))).toBe(false);
      expect(verify(flip(publicKey, at), message, signature)).toBe(false);
      const longer = concat(message, Uint8Array.of(0));
      expect(verify(publicKey, longer, signature)).toBe(false);
      if (message.length > 0) expect(verify(publicKey, flip(message, at), signature)).toBe(false);
    }),
  );
});

test("CPace gives both sides one key exactly when all that they put in is equal", () => {
  const text = fc.uint8Array({ minLength: 1, maxLength: 3 });
  // Short inputs from few values, so that equal ones occur too.
  const few = fc.uint8Array({ max: 1, maxLength: 1 });
  const side = fc.record({ prs: text.map((t) => t.map((o) => o % 2)), ci: few, sid: few });
  holds(
    fc.property(seed, side, side, (number, inputA, inputB) => {
      const { bytes } = dice(number);
      const [a, b] = [start(inputA, bytes), start(inputB, bytes)];
      const [ad, peerAd] = [bytes(3), bytes(3)];
      const keyA = finish({
        role: "initiator",
        sid: inputA.sid,
        ...a,
        ad,
        peerShare: b.share,
        peerAd,
      });
      const keyB = finish({
        role: "responder",
        sid: inputB.sid,
        ...b,
        ad: peerAd,
        peerShare: a.share,
        peerAd: ad,
      });
      const equalInputs = (["prs", "ci", "sid"] as const).every((name) =>
        equalBytes(inputA[name], inputB[name]),
      );
      expect(equalBytes(keyA, keyB)).toBe(equalInputs);
    }),
    150,
  );
});

test("CPace refuses any bytes that are no point, with the one named failure, or gives a key", () => {
  holds(
    fc.property(seed, exactly(32), (number, noise) => {
      const { bytes } = dice(number);
      const input = { prs: bytes(4), ci: bytes(4), sid: bytes(4) };
      const own = { ...start(input, bytes), ad: bytes(1), sid: input.sid };
      try {
        return finish({ role: "initiator", ...own, peerShare: noise, peerAd: noise }).length === 64;
      } catch (error) {
        return (error as { code?: string }).code === "auth";
      }
    }),
  );
});

test("comparing secrets agrees with comparing bytes", () => {
  const short = fc.uint8Array({ max: 2, maxLength: 3 });
  holds(
    fc.property(short, short, (a, b) => equalSecret(a, b) === equalBytes(a, b)),
    1000,
  );
});

test("HKDF-Expand's shorter output is the beginning of its longer one", () => {
  holds(
    fc.property(exactly(64), data, fc.nat(300), fc.nat(300), (prk, info, a, b) => {
      const [shorter, longer] = [Math.min(a, b), Math.max(a, b)];
      const whole = expand("sha512", prk, info, longer);
      return equalBytes(expand("sha512", prk, info, shorter), whole.subarray(0, shorter));
    }),
  );
});

test("no call leaves its mark on the next: the same question gets the same answer in any order", () => {
  holds(
    fc.property(fc.array(fc.tuple(data, data), { minLength: 2, maxLength: 8 }), (questions) => {
      const ask = ([key, message]: [Uint8Array, Uint8Array]) => hex(hmac("sha512", key, [message]));
      const forward = questions.map(ask);
      const backward = [...questions].reverse().map(ask).reverse();
      expect(backward).toEqual(forward);
    }),
  );
});
