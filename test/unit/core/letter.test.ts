import { beforeAll, describe, expect, test } from "vitest";
import {
  boxData,
  decodeLetter,
  encodeLetter,
  letterDigest,
  letterKeys,
  openLetter,
  sealLetter,
  sealSlot,
} from "#client/core/letter.ts";
import { seal } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { systemRandom as random } from "#client/node/random.ts";
import { concat } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";

beforeAll(ready);

function pair() {
  return [letterKeys(random), letterKeys(random)] as const;
}

describe("a sealed letter", () => {
  test.each(["Yes.", "", "Слышим вас 🕊", "x".repeat(100_000)])(
    "is read by every reader it is for, and by nobody else",
    (text) => {
      const [ada, bor] = pair();
      const letter = sealLetter({ to: [ada.publicKey, bor.publicKey], text, random });
      expect(openLetter(letter, ada.secretKey)).toBe(text);
      expect(openLetter(letter, bor.secretKey)).toBe(text);
      const envoy = letterKeys(random);
      expect(() => openLetter(letter, envoy.secretKey)).toThrow(
        expect.objectContaining({ code: "auth" }),
      );
    },
  );

  test("with two keys for one box is refused, though its tag is right under one of them", () => {
    const [ada, bor] = pair();
    const keys = [random(32), random(32)] as const;
    const nonce = random(24);
    const slots = [
      sealSlot(ada.publicKey, keys[0], nonce, random),
      sealSlot(bor.publicKey, keys[1], nonce, random),
    ];
    const box = concat(random(32), seal(keys[0], nonce, boxData(slots), new Uint8Array(64)));
    const letter = encodeLetter({ v: 1, nonce, slots, box });
    for (const { secretKey } of [ada, bor]) {
      expect(() => openLetter(letter, secretKey)).toThrow(
        expect.objectContaining({ code: "integrity" }),
      );
    }
  });

  test("that lost, gained or swapped a slot does not open", () => {
    const [ada, bor] = pair();
    const letter = decodeLetter(
      sealLetter({ to: [ada.publicKey, bor.publicKey], text: "Both of you", random }),
    );
    const [first, second] = letter.slots as [(typeof letter.slots)[0], (typeof letter.slots)[0]];
    for (const slots of [[first], [second, first], [first, second, second]]) {
      expect(() => openLetter(encodeLetter({ ...letter, slots }), ada.secretKey)).toThrow(
        expect.objectContaining({ code: "integrity" }),
      );
    }
  });

  test("does not open when any one octet has changed", () => {
    const [ada] = pair();
    const letter = sealLetter({ to: [ada.publicKey], text: "As it stands.", random });
    for (let at = 0; at < letter.length; at += 7) {
      const changed = letter.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => openLetter(changed, ada.secretKey)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/malformed|auth|integrity/) }),
      );
      expect(letterDigest(changed)).not.toBe(letterDigest(letter));
    }
  });

  test.each([
    ["cut short", (letter: Uint8Array) => letter.subarray(0, -1)],
    ["with an octet more", (letter: Uint8Array) => concat(letter, Uint8Array.of(0))],
    ["that is empty", () => new Uint8Array(0)],
  ])("%s is malformed", (_, spoil) => {
    const [ada] = pair();
    const letter = sealLetter({ to: [ada.publicKey], text: "Yes.", random });
    expect(() => decodeLetter(spoil(letter))).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });

  test("has readers, not too many, and a text within bounds", () => {
    const [ada] = pair();
    const to = (count: number) => Array.from({ length: count }, () => ada.publicKey);
    expect(() => sealLetter({ to: [], text: "Yes.", random })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
    expect(() => sealLetter({ to: to(limits.letterSlotsMax + 1), text: "Yes.", random })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
    const text = "x".repeat(limits.textBytesMax + 1);
    expect(() => sealLetter({ to: to(1), text, random })).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
    expect(() => sealLetter({ to: [new Uint8Array(3)], text: "Yes.", random })).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
    expect(() => decodeLetter(new Uint8Array(limits.letterBytesMax + 1))).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
  });
});
