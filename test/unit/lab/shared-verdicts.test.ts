import { beforeAll, describe, expect, it } from "vitest";
import { sign, signingKeyPair } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { type Suite, xwingSuite } from "#client/crypto/suite.ts";
import { sharedVerdicts } from "#client/lab/shared-verdicts.ts";
import { utf8 } from "#shared/bytes.ts";

/** A suite that counts how often it really verified. */
function counted(): { suite: Suite; count: () => number } {
  let asked = 0;
  const { verify } = xwingSuite.signature;
  const signature: Suite["signature"] = {
    ...xwingSuite.signature,
    verify(...parts) {
      asked += 1;
      return verify(...parts);
    },
  };
  return { suite: sharedVerdicts({ ...xwingSuite, signature }), count: () => asked };
}

describe("verdicts that a world shares", () => {
  beforeAll(ready);

  const signed = (words: string, seed = 1) => {
    const { publicKey, secretKey } = signingKeyPair(new Uint8Array(32).fill(seed));
    const message = utf8(words);
    return { publicKey, message, signature: sign(secretKey, message) };
  };

  it("asks once for what everybody reads", () => {
    const { suite, count } = counted();
    const { publicKey, message, signature } = signed("the text is ready");
    for (let reader = 0; reader < 11; reader++) {
      const own = [publicKey.slice(), message.slice(), signature.slice()] as const;
      expect(suite.signature.verify(...own)).toBe(true);
    }
    expect(count()).toBe(1);
  });

  it("shares nothing between two texts, two keys or two signatures", () => {
    const { suite, count } = counted();
    const one = signed("we accept");
    const other = signed("we refuse", 2);
    const { verify } = suite.signature;
    expect(verify(one.publicKey, one.message, one.signature)).toBe(true);
    expect(verify(one.publicKey, other.message, one.signature)).toBe(false);
    expect(verify(one.publicKey, one.message, one.signature)).toBe(true);
    expect(verify(other.publicKey, one.message, one.signature)).toBe(false);
    for (let at = 0; at < one.signature.length; at++) {
      const bent = one.signature.map((octet, index) => (index === at ? octet ^ 1 : octet));
      expect(verify(one.publicKey, one.message, bent)).toBe(false);
    }
    expect(verify(one.publicKey, one.message, one.signature)).toBe(true);
    expect(count()).toBeGreaterThan(66);
  });

  it("keeps octets of its own", () => {
    const { suite } = counted();
    const { publicKey, message, signature } = signed("we accept");
    const lent = message.slice();
    expect(suite.signature.verify(publicKey, lent, signature)).toBe(true);
    lent.fill(0);
    expect(suite.signature.verify(publicKey, lent, signature)).toBe(false);
    expect(suite.signature.verify(publicKey, message, signature)).toBe(true);
  });

  it("forgets what is long read", () => {
    const { suite, count } = counted();
    const first = signed("0");
    expect(suite.signature.verify(first.publicKey, first.message, first.signature)).toBe(true);
    for (let at = 1; at <= 256; at++) {
      const { publicKey, message, signature } = signed(String(at));
      suite.signature.verify(publicKey, message, signature);
    }
    const asked = count();
    expect(suite.signature.verify(first.publicKey, first.message, first.signature)).toBe(true);
    expect(count()).toBe(asked + 1);
  });
});
