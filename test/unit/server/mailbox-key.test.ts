import { randomBytes, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkMailbox, verifyOpen } from "#server/mailbox-key.ts";
import { unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { challengeBytes } from "#shared/wire.ts";
import { makeMailbox } from "#test/relay-client.ts";

const bytes = (text: string) => unhex(text) as Uint8Array;
const zeros = (octets: number) => "00".repeat(octets);
const signature = new Uint8Array(64);

/** Every encoding of a point of small order (order 1, 2, 4, 8), unreduced ones and both signs included. */
const smallOrder = [
  `01${zeros(31)}`,
  `01${zeros(30)}80`,
  `ec${"ff".repeat(30)}7f`,
  `ec${"ff".repeat(30)}ff`,
  zeros(32),
  `${zeros(31)}80`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  `ed${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}ff`,
  `ee${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}ff`,
];

function codeOf(act: () => void): string {
  try {
    act();
    return "accepted";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe("the name of a mailbox", () => {
  test("keys made by Node are accepted, each time", () => {
    for (let round = 0; round < 50; round++) checkMailbox(makeMailbox().mailbox);
  });

  test.each(smallOrder)("point of small order %s is refused", (text) => {
    expect(codeOf(() => checkMailbox(bytes(text)))).toBe("bad-mailbox");
  });

  test("every y that is not reduced is refused", () => {
    for (let octet = 0xed; octet <= 0xff; octet++) {
      for (const last of [0x7f, 0xff]) {
        const name = new Uint8Array(32).fill(0xff);
        name[0] = octet;
        name[31] = last;
        expect(codeOf(() => checkMailbox(name))).toBe("bad-mailbox");
      }
    }
  });

  test.each([0, 31, 33])("a name of %i octets is refused", (size) => {
    expect(codeOf(() => checkMailbox(new Uint8Array(size)))).toBe("bad-mailbox");
  });
});

describe("the signed challenge", () => {
  const key = makeMailbox();
  const challenge = {
    address: "relay.test",
    nonce: Uint8Array.from(randomBytes(32)),
    mailbox: key.mailbox,
  };
  const good = Uint8Array.from(sign(null, challengeBytes(challenge), key.secret));

  test("the key's own signature opens", () => {
    expect(codeOf(() => verifyOpen(challenge, good))).toBe("accepted");
  });

  test("one flipped bit anywhere in the signature is refused", () => {
    for (let bit = 0; bit < 512; bit += 37) {
      const bad = Uint8Array.from(good);
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(codeOf(() => verifyOpen(challenge, bad))).toBe("bad-signature");
    }
  });

  test.each([
    ["another address", { address: "evil.test" }],
    ["another nonce", { nonce: new Uint8Array(32) }],
    ["another mailbox", { mailbox: makeMailbox().mailbox }],
  ])("a signature for %s is refused", (_name, change) => {
    expect(codeOf(() => verifyOpen({ ...challenge, ...change }, good))).toBe("bad-signature");
  });

  test("a signature whose s is not reduced is refused", () => {
    // s + L verifies in a lenient implementation (RFC 8032 section 5.1.7 forbids it).
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    let s = 0n;
    for (let at = 63; at >= 32; at--) s = (s << 8n) | BigInt(good[at] as number);
    s += order;
    const bad = Uint8Array.from(good);
    for (let at = 32; at < 64; at++) {
      bad[at] = Number(s & 0xffn);
      s >>= 8n;
    }
    expect(codeOf(() => verifyOpen(challenge, bad))).toBe("bad-signature");
  });

  test("a name that is no point of the curve is called that, and not a bad signature", () => {
    // y = 2 has no x on edwards25519.
    const mailbox = bytes(`02${zeros(31)}`);
    expect(codeOf(() => verifyOpen({ ...challenge, mailbox }, signature))).toBe("bad-mailbox");
  });

  test("under a key of small order even a signature that would verify opens nothing", () => {
    // With A of small order, R = B's multiple and s = 0 satisfy the equation for many messages.
    const mailbox = bytes(`01${zeros(31)}`);
    const forged = new Uint8Array(64);
    forged[0] = 1;
    expect(codeOf(() => verifyOpen({ ...challenge, mailbox }, forged))).toBe("bad-mailbox");
  });
});
