import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { frameBytes, messageBytesMax, openFrame, sealFrame } from "#client/core/frame.ts";
import { ready } from "#client/crypto/sodium.ts";
import { Failure, type FailureCode } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(5);
const keys = { frameKey: random(32), publicKey: random(32) };
const message = new TextEncoder().encode("a message");

function refusal(frame: Uint8Array, other = keys): FailureCode | null {
  try {
    openFrame(other, frame);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe("a frame", () => {
  test("gives back its message, whatever the length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
        const frame = sealFrame(keys, bytes, random);
        expect(openFrame(keys, frame)).toEqual(bytes);
        expect(Math.log2(frame.length) % 1).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    [0, 1024],
    [1024 - 45, 1024],
    [1024 - 44, 2048],
    [2048 - 45, 2048],
    [messageBytesMax, 1 << 20],
  ])("of a message of %i octets has %i", (messageBytes, bytes) => {
    expect(frameBytes(messageBytes)).toBe(bytes);
    expect(sealFrame(keys, new Uint8Array(messageBytes), random)).toHaveLength(bytes);
  });

  test("of a message too long is not made", () => {
    expect(() => sealFrame(keys, new Uint8Array(messageBytesMax + 1), random)).toThrow(
      "do not fit",
    );
  });

  test("hides whether two messages are the same", () => {
    expect(sealFrame(keys, message, random)).not.toEqual(sealFrame(keys, message, random));
  });

  test("with any one bit flipped is refused by name", () => {
    const frame = sealFrame(keys, message, random);
    for (let at = 0; at < frame.length; at += 7) {
      const bad = frame.slice();
      bad[at] = (bad[at] as number) ^ (1 << (at % 8));
      expect(refusal(bad)).toBe(at === 0 ? "version" : "integrity");
    }
  });

  test("that is truncated, too large, empty or of another version is refused by name", () => {
    const frame = sealFrame(keys, message, random);
    expect(refusal(frame.subarray(0, 1023))).toBe("malformed");
    expect(refusal(frame.subarray(0, 512))).toBe("malformed");
    expect(refusal(new Uint8Array(0))).toBe("malformed");
    expect(refusal(new Uint8Array(1 << 21))).toBe("frame-too-large");
    const other = frame.slice();
    other[0] = 2;
    expect(refusal(other)).toBe("version");
  });

  test("opens under no other mailbox and no other key", () => {
    const frame = sealFrame(keys, message, random);
    expect(refusal(frame, { ...keys, publicKey: random(32) })).toBe("integrity");
    expect(refusal(frame, { ...keys, frameKey: random(32) })).toBe("integrity");
  });

  test("larger than its message needs is refused", () => {
    const long = sealFrame(keys, new Uint8Array(1500), random);
    expect(openFrame(keys, long)).toHaveLength(1500);
    // The same key would seal a short message into a long frame only by another rule than ours.
    expect(refusal(long.subarray(0, 1024))).toBe("integrity");
  });
});
