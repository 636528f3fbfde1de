import fc from "fast-check";
import { expect, test } from "vitest";
import { hasKey, type KeyIndex, withKey, withoutKey } from "#client/mls/key-index.ts";
import { hex } from "#shared/bytes.ts";

test("the index answers as a set does, through insertions and removals, and old versions stay", () => {
  // Few distinct octets, so that digests share long prefixes.
  const digest = fc.uint8Array({ minLength: 4, maxLength: 4, max: 3 });
  const step = fc.record({ digest, remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let index: KeyIndex = null;
      const expected = new Map<string, Uint8Array>();
      const versions: { index: KeyIndex; held: Uint8Array[] }[] = [];
      for (const { digest: one, remove } of steps) {
        expect(hasKey(index, one)).toBe(expected.has(hex(one)));
        if (remove) {
          index = withoutKey(index, one);
          expected.delete(hex(one));
        } else if (!expected.has(hex(one))) {
          index = withKey(index, one);
          expected.set(hex(one), one);
        }
        versions.push({ index, held: [...expected.values()] });
      }
      for (const version of versions) {
        for (const one of version.held) expect(hasKey(version.index, one)).toBe(true);
      }
      for (const one of expected.values()) index = withoutKey(index, one);
      expect(index).toBeNull();
    }),
  );
});
