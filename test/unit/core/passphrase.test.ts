import { describe, expect, test } from "vitest";
import { passphraseBytes } from "#client/core/passphrase.ts";
import { textOf } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";

describe("the bytes of a passphrase", () => {
  test("do not depend on how the keyboard composed its accents", () => {
    expect(passphraseBytes("Zaunko\u0308nig")).toEqual(passphraseBytes("Zaunk\u00f6nig"));
  });

  test("keep case, blanks and signs", () => {
    expect(textOf(passphraseBytes(" Oslo-1993! "))).toBe(" Oslo-1993! ");
  });

  test("are refused when there are none or too many", () => {
    const most = "a".repeat(limits.passphraseBytesMax);
    expect(passphraseBytes(most)).toHaveLength(limits.passphraseBytesMax);
    const usage = expect.objectContaining({ code: "usage" });
    expect(() => passphraseBytes("")).toThrow(usage);
    expect(() => passphraseBytes(`${most}a`)).toThrow(usage);
  });
});
