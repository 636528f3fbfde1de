import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";

const item = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(fc.string({ maxLength: 30 }), tie("value"), { maxKeys: 30 }),
  ),
})).value;

const refusal = expect.objectContaining({ code: "malformed" });

describe("deterministic CBOR", () => {
  test("comes back as it was written, in the same bytes", () => {
    fc.assert(
      fc.property(item, (value) => {
        const bytes = encodeCbor(value);
        const read = decodeCbor(bytes, "test");
        expect(encodeCbor(read)).toEqual(bytes);
      }),
    );
  });

  test("is refused when anything is cut off or added", () => {
    fc.assert(
      fc.property(item, fc.nat(), (value, cut) => {
        const bytes = encodeCbor(value);
        expect(() => decodeCbor(bytes.slice(0, cut % bytes.length), "test")).toThrow(refusal);
        expect(() => decodeCbor(new Uint8Array([...bytes, 0]), "test")).toThrow(refusal);
      }),
    );
  });

  test.each([
    ["a number longer than need be", [0x18, 0x05]],
    ["a list of unknown length", [0x9f, 0x01, 0xff]],
    ["a key that comes twice", [0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02]],
    ["keys out of order", [0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02]],
    ["undefined", [0xf7]],
    ["a number that is none", [0xf9, 0x7e, 0x00]],
    ["a tag", [0xc1, 0x01]],
    ["nothing", []],
  ])("refuses %s", (_, octets) => {
    expect(() => decodeCbor(new Uint8Array(octets), "record x")).toThrow(
      expect.objectContaining({ code: "malformed", message: expect.stringContaining("record x") }),
    );
  });
});
