import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decode,
  encode,
  putLength,
  putList,
  putOptional,
  putU8,
  putU16,
  putU64,
  putVector,
  type Reader,
  takeLength,
  takeList,
  takeOptional,
  takeU8,
  takeU16,
  takeU64,
  takeVector,
} from "#client/mls/codec.ts";
import { unhex } from "#shared/bytes.ts";

const length = (hexadecimal: string): number =>
  decode(takeLength, unhex(hexadecimal) as Uint8Array, "length");

test.each([
  [0, "00"],
  [63, "3f"],
  [64, "4040"],
  [16_383, "7fff"],
  [16_384, "80004000"],
  [1_073_741_823, "bfffffff"],
])("a length of %i has one header", (value, header) => {
  expect(encode(putLength, value)).toEqual(unhex(header));
  expect(length(header)).toBe(value);
});

test.each([
  ["4000", "not minimal"],
  ["403f", "not minimal"],
  ["80000000", "not minimal"],
  ["80003fff", "not minimal"],
  ["c0", "reserved"],
  ["ffffffffffffffff", "reserved"],
  ["40", "ends too early"],
  ["800040", "ends too early"],
  ["0000", "trailing"],
])("the length header %s is refused", (header, fault) => {
  expect(() => length(header)).toThrow(fault);
});

test("an optional value starts with 0 or 1 and nothing else", () => {
  const take = (from: Reader): number | null => takeOptional(from, takeU8);
  expect(decode(take, Uint8Array.of(0), "optional")).toBeNull();
  expect(decode(take, Uint8Array.of(1, 7), "optional")).toBe(7);
  for (const bytes of [[2, 7], [255, 7], [0, 0], [1], []]) {
    expect(() => decode(take, Uint8Array.from(bytes), "optional")).toThrow();
  }
});

test("a list ends where an item ends", () => {
  const take = (from: Reader): number[] => takeList(from, takeU16);
  expect(decode(take, Uint8Array.of(4, 0, 1, 0, 2), "list")).toEqual([1, 2]);
  expect(() => decode(take, Uint8Array.of(3, 0, 1, 0), "list")).toThrow("ends too early");
  expect(() => decode(take, Uint8Array.of(4, 0, 1), "list")).toThrow("ends too early");
});

test("what is written is read back, and any other bytes do not give the same value", () => {
  interface Value {
    readonly number: bigint;
    readonly bytes: Uint8Array;
    readonly list: number[];
    readonly maybe: number | null;
  }
  const put = (to: Parameters<typeof putU8>[0], value: Value): void => {
    putU64(to, value.number);
    putVector(to, value.bytes);
    putList(to, value.list, putU16);
    putOptional(to, value.maybe, putU8);
  };
  const take = (from: Reader): Value => ({
    number: takeU64(from),
    bytes: takeVector(from),
    list: takeList(from, takeU16),
    maybe: takeOptional(from, takeU8),
  });
  const values = fc.record({
    number: fc.bigInt(0n, 2n ** 64n - 1n),
    bytes: fc.uint8Array({ maxLength: 200 }),
    list: fc.array(fc.integer({ min: 0, max: 0xffff })),
    maybe: fc.option(fc.integer({ min: 0, max: 255 })),
  });
  fc.assert(
    fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, change) => {
      const bytes = encode(put, value);
      expect(decode(take, bytes, "value")).toEqual(value);
      const spoiled = bytes.slice();
      const at = place % bytes.length;
      spoiled[at] = (spoiled[at] as number) ^ change;
      try {
        // What still decodes must be what these very bytes encode: no two spellings of one value.
        expect(encode(put, decode(take, spoiled, "value"))).toEqual(spoiled);
      } catch (error) {
        expect((error as { code?: string }).code).toBe("malformed");
      }
    }),
  );
});
