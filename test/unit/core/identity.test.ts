import { describe, expect, test } from "vitest";
import { checkLabel, decodeIdentity, encodeIdentity } from "#client/core/identity.ts";
import { utf8 } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { limits } from "#shared/limits.ts";

const person = new Uint8Array(16).fill(7);
const failure = (code: string, message: string) => expect.objectContaining({ code, message });

describe("an identity", () => {
  test("comes back from its bytes as it was", () => {
    const identity = { label: "Héron 2", person };
    expect(decodeIdentity(encodeIdentity(identity))).toEqual(identity);
  });

  test.each<[string, unknown]>([
    ["a person id that is short", { label: "Heron", person: person.subarray(1) }],
    ["no person", { label: "Heron" }],
    ["no label", { person }],
    ["a label that is no text", { label: 5, person }],
    ["a member nobody knows", { label: "Heron", person, more: 1 }],
    ["no map", "Heron"],
  ])("with %s is refused", (_name, value) => {
    expect(() => decodeIdentity(encodeCbor(value))).toThrow(
      failure("malformed", "identity: not {label, person}"),
    );
  });

  test("that is no CBOR is called by its name", () => {
    expect(() => decodeIdentity(utf8("Heron"))).toThrow(/^identity: /);
  });

  test("with a label that cannot be shown is refused, whoever wrote it", () => {
    const bytes = encodeCbor({ label: "He\u200bron", person });
    expect(() => decodeIdentity(bytes)).toThrow(
      failure("refused", "label: has a control or invisible character"),
    );
  });
});

describe("a label", () => {
  test("has one octet to the limit, counted in UTF-8", () => {
    const most = limits.labelBytesMax;
    checkLabel("x", "usage");
    checkLabel("x".repeat(most), "usage");
    checkLabel("é".repeat(most / 2), "usage");
    const tooLong = `label: 1 to ${most} octets, not ${most + 1}`;
    expect(() => checkLabel("x".repeat(most + 1), "usage")).toThrow(failure("usage", tooLong));
    expect(() => checkLabel("", "usage")).toThrow(
      failure("usage", `label: 1 to ${most} octets, not 0`),
    );
    expect(() => checkLabel("é".repeat(most / 2 + 1), "usage")).toThrow("octets, not");
  });

  test.each([" Heron", "Heron ", " "])("does not begin or end with a space: %j", (label) => {
    expect(() => checkLabel(label, "refused")).toThrow(
      failure("refused", "label: begins or ends with a space"),
    );
  });

  // Each range's ends are out, and the characters beside them are in (or in the next range).
  const ranges: [number, number][] = [
    [0x00, 0x1f],
    [0x7f, 0xa0],
    [0xad, 0xad],
    [0x61c, 0x61c],
    [0x180e, 0x180e],
    [0x2000, 0x200f],
    [0x2028, 0x202f],
    [0x205f, 0x206f],
    [0x3000, 0x3000],
    [0xfe00, 0xfe0f],
    [0xfeff, 0xfeff],
    [0xfff0, 0xffff],
    [0xe0000, 0xe0fff],
  ];
  const withinLabel = (code: number) => () =>
    checkLabel(`a${String.fromCodePoint(code)}b`, "usage");
  test.each(ranges)(
    "has no character from U+%i to U+%i, and may have those around",
    (first, last) => {
      const unseen = failure("usage", "label: has a control or invisible character");
      for (const code of [first, last]) expect(withinLabel(code)).toThrow(unseen);
      if (first > 0) expect(withinLabel(first - 1)).not.toThrow();
      expect(withinLabel(last + 1)).not.toThrow();
    },
  );

  test("has no half of a character", () => {
    for (const code of [0xd800, 0xdfff]) expect(withinLabel(code)).toThrow("invisible");
    for (const code of [0xd7ff, 0xe000]) expect(withinLabel(code)).not.toThrow();
  });
});
