import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCbor, encodeCbor, rememberingEncoder } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";

/** The encoder without memory; its bytes may come in a Buffer. */
const plain = (value: unknown) => new Uint8Array(encodeCbor(value));

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

describe("an encoder that remembers", () => {
  test("writes what the encoder without memory writes, the first time and again", () => {
    fc.assert(
      fc.property(item, (value) => {
        const encode = rememberingEncoder();
        expect(encode(value)).toEqual(plain(value));
        expect(encode(value)).toEqual(plain(value));
      }),
    );
  });

  test.each([23, 24, 255, 256, 3_000])("writes arrays and maps of %i entries", (size) => {
    const list = Array.from({ length: size }, (_, at) => at);
    const map = Object.fromEntries(list.map((at) => [`k${at}`, at]));
    const bytes = rememberingEncoder()({ list, map });
    expect(bytes).toEqual(plain({ list, map }));
    expect(decodeCbor(bytes, "test")).toEqual({ list, map });
  });

  test("shares what two states have in common, and writes what is new", () => {
    const encode = rememberingEncoder();
    const old = { id: 1 };
    encode({ all: [old] });
    const next = { all: [old, { id: 2 }] };
    expect(encode(next)).toEqual(plain(next));
  });

  test("refuses a list that no state holds", () => {
    expect(() => rememberingEncoder()(new Array(65_536).fill(0))).toThrow(Failure);
  });
});
