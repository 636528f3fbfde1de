import { beforeAll, describe, expect, test } from "vitest";
import {
  decodeSlotRecord,
  encodeSlotRecord,
  erasedSlotRecord,
  slotRecordBytes,
  unwrapSlotKey,
  wrapSlotKey,
} from "#client/core/key-slot.ts";
import {
  openRoot,
  openSegment,
  readVaultImage,
  sealRoot,
  sealSegment,
} from "#client/core/vault.ts";
import {
  decodeVaultHeader,
  encodeVaultHeader,
  isArgonCost,
  openVaultHeader,
  sealVaultHeader,
} from "#client/core/vault-header.ts";
import { decodeRoot, encodeRoot, type VaultRoot } from "#client/core/vault-root.ts";
import { planSave } from "#client/core/vault-save.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { limits } from "#shared/limits.ts";

beforeAll(() => ready());

let drawn = 0;
/** Fresh bytes that differ from call to call and are the same in each run. */
const random = (bytes: number): Uint8Array => {
  drawn += 1;
  return new Uint8Array(bytes).map((_, at) => (drawn * 31 + at * 7) & 255);
};
const fill = (bytes: number, value: number) => new Uint8Array(bytes).fill(value);
const vaultId = fill(16, 1);
const cost = { passes: 3, memoryBytes: 65_536 };
const fields = { vaultId, cost, salt: fill(16, 2) };

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 0x10;
  return copy;
}

describe("the header", () => {
  const made = () => sealVaultHeader(fields, fill(32, 9));

  test("comes back as it went in, in 114 bytes", () => {
    const { header } = made();
    const bytes = encodeVaultHeader(header);
    expect(bytes.length).toBe(114);
    expect(decodeVaultHeader(bytes)).toEqual(header);
  });

  test("gives the wrapping key to the right Argon2id key only, and erases what it was given", () => {
    const { header, wrappingKey } = made();
    const argonKey = fill(32, 9);
    expect(openVaultHeader(header, argonKey)).toEqual(wrappingKey);
    expect(argonKey).toEqual(new Uint8Array(32));
    expect(openVaultHeader(header, fill(32, 8))).toBeNull();
  });

  test("binds every field: another salt, cost or vault gives another key", () => {
    const { header } = made();
    for (const other of [
      { ...header, vaultId: fill(16, 3) },
      { ...header, salt: fill(16, 3) },
      { ...header, cost: { ...cost, passes: 1 } },
      { ...header, cost: { ...cost, memoryBytes: 8192 } },
    ]) {
      expect(openVaultHeader(other, fill(32, 9))).toBeNull();
    }
  });

  test("a flipped bit anywhere is refused, in the version as another version", () => {
    const bytes = encodeVaultHeader(made().header);
    for (let at = 0; at < bytes.length; at++) {
      const code = at === 8 || at === 9 ? "vault-version" : "vault-damaged";
      expect(() => decodeVaultHeader(flipped(bytes, at))).toThrow(
        expect.objectContaining({ code }),
      );
    }
  });

  test("every shorter and a longer form is refused", () => {
    const bytes = encodeVaultHeader(made().header);
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decodeVaultHeader(bytes.subarray(0, size))).toThrow(
        expect.objectContaining({ code: "vault-damaged" }),
      );
    }
    expect(() => decodeVaultHeader(new Uint8Array([...bytes, 0]))).toThrow(
      expect.objectContaining({ code: "vault-damaged" }),
    );
  });

  test.each([
    [0, 65_536],
    [limits.argonPassesMax + 1, 65_536],
    [1, limits.argonBytesMin - 1],
    [1, limits.argonBytesMax + 1],
    [1.5, 65_536],
  ])(
    "a cost of %d passes over %d bytes is out of bounds, also when it was checksummed",
    (passes, memoryBytes) => {
      expect(isArgonCost({ passes, memoryBytes })).toBe(false);
      if (!Number.isInteger(passes)) return;
      const { header } = sealVaultHeader({ ...fields, cost: { passes, memoryBytes } }, fill(32, 9));
      expect(() => decodeVaultHeader(encodeVaultHeader(header))).toThrow(
        expect.objectContaining({ code: "vault-damaged" }),
      );
    },
  );
});

describe("a record of the key slot", () => {
  const slotKey = fill(32, 5);
  const wrappingKey = fill(32, 6);
  const record = () => wrapSlotKey({ vaultId, generation: 7 }, { slotKey, wrappingKey }, random);

  test("has a fixed size and gives its key back under the wrapping key of its vault", () => {
    const bytes = encodeSlotRecord(record());
    expect(bytes.length).toBe(slotRecordBytes);
    const decoded = decodeSlotRecord(bytes);
    expect(decoded?.generation).toBe(7);
    expect(decoded && unwrapSlotKey(decoded, vaultId, wrappingKey)).toEqual(slotKey);
  });

  test("gives nothing under another key, for another vault or another generation", () => {
    const made = record();
    expect(unwrapSlotKey(made, vaultId, fill(32, 7))).toBeNull();
    expect(unwrapSlotKey(made, fill(16, 2), wrappingKey)).toBeNull();
    expect(unwrapSlotKey({ ...made, generation: 8 }, vaultId, wrappingKey)).toBeNull();
  });

  test("does not show its key", () => {
    expect(hex(encodeSlotRecord(record()))).not.toContain(hex(slotKey.subarray(0, 8)));
  });

  test("erased, torn at any length, altered in any bit or of another size is no record", () => {
    const bytes = encodeSlotRecord(record());
    expect(decodeSlotRecord(erasedSlotRecord())).toBeNull();
    for (let at = 0; at < 200; at++) expect(decodeSlotRecord(flipped(bytes, at))).toBeNull();
    for (let size = 1; size < 152; size++) {
      const torn = erasedSlotRecord();
      torn.set(bytes.subarray(0, size));
      expect(decodeSlotRecord(torn)).toBeNull();
    }
    expect(decodeSlotRecord(bytes.subarray(1))).toBeNull();
  });
});

const segment = { id: fill(16, 3), key: fill(32, 4) };
const root: VaultRoot = {
  hot: new Map([
    ["b", utf8("two")],
    ["a", utf8("one")],
  ]),
  cold: new Map([["c", segment]]),
};

describe("the root", () => {
  const name = { vaultId, generation: 7 };
  const key = fill(32, 5);

  test("comes back as it went in, whatever the order of its records", () => {
    expect(decodeRoot(encodeRoot(root))).toEqual(root);
    const other = { ...root, hot: new Map([...root.hot].reverse()) };
    expect(encodeRoot(other)).toEqual(encodeRoot(root));
    expect(openRoot(sealRoot(root, name, key, random), name, key)).toEqual(root);
  });

  test("opens under its own key, generation and vault only", () => {
    const sealed = sealRoot(root, name, key, random);
    expect(openRoot(sealed, name, fill(32, 6))).toBeNull();
    expect(openRoot(sealed, { ...name, generation: 8 }, key)).toBeNull();
    expect(openRoot(sealed, { ...name, vaultId: fill(16, 9) }, key)).toBeNull();
    for (const at of [0, 24, 60, sealed.length - 1]) {
      expect(openRoot(flipped(sealed, at), name, key)).toBeNull();
    }
    for (const size of [0, 23, 24, 70, sealed.length - 1]) {
      expect(openRoot(sealed.subarray(0, size), name, key)).toBeNull();
    }
  });

  test.each<[string, unknown]>([
    ["not two lists", [[]]],
    ["a record without bytes", [[["a", "text"]], []]],
    ["an empty key", [[["", fill(1, 1)]], []]],
    ["an endless key", [[["k".repeat(257), fill(1, 1)]], []]],
    ["a segment key of another length", [[], [["a", fill(16, 1), fill(31, 1)]]]],
    ["a segment id of another length", [[], [["a", fill(15, 1), fill(32, 1)]]]],
    ["a key in both tiers", [[["a", fill(1, 1)]], [["a", fill(16, 1), fill(32, 1)]]]],
    [
      "a key twice",
      [
        [
          ["a", fill(1, 1)],
          ["a", fill(1, 2)],
        ],
        [],
      ],
    ],
  ])("with %s is refused", (_name, value) => {
    expect(() => decodeRoot(encodeCbor(value))).toThrow(
      expect.objectContaining({ code: "vault-damaged" }),
    );
  });

  test("truncated CBOR is refused at every length", () => {
    const bytes = encodeRoot(root);
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decodeRoot(bytes.subarray(0, size))).toThrow(
        expect.objectContaining({ code: "vault-damaged" }),
      );
    }
  });

  test("beyond its bound is refused before anything is sealed", () => {
    const flood = {
      hot: new Map([["a", new Uint8Array(limits.vaultRootBytesMax)]]),
      cold: new Map(),
    };
    expect(() => sealRoot(flood, name, key, random)).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
  });
});

describe("a segment", () => {
  test("opens at its own row, in its own vault, under its own key only", () => {
    const { segment: made, sealed } = sealSegment(vaultId, utf8("spoken"), random);
    expect(openSegment(vaultId, made, sealed)).toEqual(utf8("spoken"));
    expect(openSegment(fill(16, 9), made, sealed)).toBeNull();
    expect(openSegment(vaultId, { ...made, id: fill(16, 9) }, sealed)).toBeNull();
    expect(openSegment(vaultId, { ...made, key: fill(32, 9) }, sealed)).toBeNull();
    expect(openSegment(vaultId, made, flipped(sealed, 99))).toBeNull();
    expect(openSegment(vaultId, made, sealed.subarray(1))).toBeNull();
  });

  test.each([
    [0, 1024],
    [1020, 1024],
    [1021, 2048],
    [5000, 8192],
  ])("of %i bytes is padded to %i", (size, padded) => {
    const { segment: made, sealed } = sealSegment(vaultId, fill(size, 7), random);
    expect(sealed.length).toBe(24 + 32 + padded + 16);
    expect(openSegment(vaultId, made, sealed)).toEqual(fill(size, 7));
  });
});

describe("the plan of a save", () => {
  test("names what dies: replaced hot bytes and the keys of dropped segments", () => {
    const changes = [
      { key: "a", bytes: utf8("new"), tier: "hot" },
      { key: "c", bytes: null, tier: "cold" },
    ] as const;
    const plan = planSave(root, vaultId, changes, random);
    expect(plan.spent).toEqual([utf8("one"), segment.key]);
    expect(plan.remove).toEqual([segment.id]);
    expect(plan.insert).toEqual([]);
    expect(plan.root.hot.get("a")).toEqual(utf8("new"));
    expect(plan.root.hot.get("b")).toBe(root.hot.get("b"));
    expect([...plan.root.cold.keys()]).toEqual([]);
    expect(root.hot.get("a")).toEqual(utf8("one"));
  });

  test("a rewritten segment has a new row and a new key", () => {
    const plan = planSave(root, vaultId, [{ key: "c", bytes: utf8("x"), tier: "cold" }], random);
    const now = plan.root.cold.get("c");
    expect(now?.id).not.toEqual(segment.id);
    expect(now?.key).not.toEqual(segment.key);
    expect(plan.remove).toEqual([segment.id]);
    expect(plan.insert.map(({ id }) => id)).toEqual([now?.id]);
  });
});

describe("a stolen image", () => {
  const { header } = { header: { ...fields, commitment: fill(32, 0) } };
  const slotKey = fill(32, 5);
  const name = { vaultId, generation: 3 };

  test("with its slot key gives every record, and names those whose row is missing", () => {
    const whole = sealSegment(vaultId, utf8("there"), random);
    const lost = sealSegment(vaultId, utf8("gone"), random);
    const cold = new Map([
      ["whole", whole.segment],
      ["lost", lost.segment],
    ]);
    const image = {
      header: encodeVaultHeader(header),
      generation: 3,
      root: sealRoot({ hot: root.hot, cold }, name, slotKey, random),
      segments: new Map([[hex(whole.segment.id), whole.sealed]]),
    };
    const read = readVaultImage(image, slotKey);
    expect(read?.unreadable).toEqual(["lost"]);
    expect(read?.records).toEqual(new Map([...root.hot, ["whole", utf8("there")]]));
    expect(readVaultImage(image, fill(32, 6))).toBeNull();
    expect(readVaultImage({ ...image, generation: 4 }, slotKey)).toBeNull();
  });
});
