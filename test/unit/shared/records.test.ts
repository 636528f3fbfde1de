import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { decodeBatch, encodeBatch, type WireRecord } from "#shared/records.ts";

const word = fc.nat({ max: 0xffff_ffff });
const octets = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const record: fc.Arbitrary<WireRecord> = fc.oneof(
  fc.record({ kind: fc.constant("ack" as const), ref: word, seq: word }),
  fc.record({
    kind: fc.constant("append" as const),
    ref: word,
    handle: word,
    frameId: octets(16, 16),
    frame: octets(1, 200),
  }),
  fc.record({
    kind: fc.constant("frame" as const),
    handle: word,
    seq: word,
    frameId: octets(16, 16),
    frame: octets(1, 200),
  }),
);

function codeOf(bytes: Uint8Array): string {
  try {
    decodeBatch(bytes);
    return "accepted";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe("batches of records", () => {
  test("each record has the octets that PROTOCOL draws", () => {
    const frameId = new Uint8Array(16).fill(0xaa);
    const frame = new Uint8Array([1, 2, 3]);
    const bytes = encodeBatch([
      { kind: "append", ref: 1, handle: 2, frameId, frame },
      { kind: "ack", ref: 3, seq: 4 },
      { kind: "frame", handle: 5, seq: 6, frameId, frame },
    ]);
    expect(hex(bytes)).toBe(
      `01${`010000000100000002${"aa".repeat(16)}00000003010203`}${"020000000300000004"}${`030000000500000006${"aa".repeat(16)}00000003010203`}`,
    );
  });

  test("decoding gives back what was encoded, and encoding what was decoded", async () => {
    await fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
        const bytes = encodeBatch(records);
        expect(decodeBatch(bytes)).toEqual(records);
        expect(encodeBatch(decodeBatch(bytes))).toEqual(bytes);
      }),
    );
  });

  test("no prefix of a batch is a batch, except where a record ends", async () => {
    await fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), (records, cut) => {
        const bytes = encodeBatch(records);
        const prefix = bytes.subarray(0, cut % bytes.length);
        const ends = records.map((_, at) => encodeBatch(records.slice(0, at + 1)).length);
        if (!ends.includes(prefix.length)) expect(codeOf(prefix)).toBe("bad-message");
      }),
    );
  });

  test("arbitrary octets give a named failure or records, never anything else", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.property(octets(0, 120), fc.boolean(), (bytes, isVersioned) => {
        seen.add(codeOf(isVersioned ? concat(new Uint8Array([1]), bytes) : bytes));
      }),
      { numRuns: 2_000 },
    );
    // The fuzzing did something: both refusals were met.
    expect(seen).toContain("bad-message");
    expect(seen).toContain("version");
  });

  test.each([
    ["nothing", [], "bad-message"],
    ["a version alone", [1], "bad-message"],
    ["an unknown version", [2, 2, 0, 0, 0, 1, 0, 0, 0, 1], "version"],
    ["an unknown record", [1, 9, 0, 0, 0, 1, 0, 0, 0, 1], "bad-message"],
    ["a truncated ack", [1, 2, 0, 0, 0, 1], "bad-message"],
    [
      "an append that promises more than there is",
      [1, 1, ...new Array(24).fill(0), 0, 0, 0, 9, 1],
      "bad-message",
    ],
    ["an append of an empty frame", [1, 1, ...new Array(28).fill(0)], "bad-message"],
    [
      "a frame length of four gigabytes",
      [1, 1, ...new Array(24).fill(0), 255, 255, 255, 255, 1],
      "bad-message",
    ],
    ["an octet behind the last record", [1, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0], "bad-message"],
  ])("%s is refused by name", (_name, octetList, code) => {
    expect(codeOf(Uint8Array.from(octetList))).toBe(code);
  });
});
