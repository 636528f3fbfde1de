import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkedOnce, count } from "#client/core/field.ts";

describe("a part that is checked once", () => {
  test("is refused as often as it is wrong, and accepted as it is", () => {
    let checks = 0;
    const schema = checkedOnce(
      z.strictObject({ n: count }).refine(() => {
        checks += 1;
        return true;
      }),
    );
    const good = { n: 1 };
    expect(schema.parse(good)).toBe(good);
    expect(schema.parse(good)).toBe(good);
    expect(checks).toBe(1);
    for (const bad of [{ n: -1 }, { n: 1, more: 2 }, {}, null, 1, "n"]) {
      expect(schema.safeParse(bad).success).toBe(false);
      expect(schema.safeParse(bad).success).toBe(false);
    }
  });
});
