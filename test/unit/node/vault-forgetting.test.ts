import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  decodeSlotRecord,
  slotRecordBytes,
  slotRecords,
  unwrapSlotKey,
} from "#client/core/key-slot.ts";
import { openRoot, openSegment, type VaultImage } from "#client/core/vault.ts";
import { decodeVaultHeader, openVaultHeader } from "#client/core/vault-header.ts";
import { argon2id } from "#client/crypto/argon.ts";
import { createVault } from "#client/node/vault.ts";
import { readStolenVault } from "#client/node/vault-image.ts";
import { textOf, unhex, utf8 } from "#shared/bytes.ts";
import { cheap, cold, copyOf, filesOf, hot, scratch } from "./vault-rig.ts";

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.remove());

/** What a copied folder holds: every row of the database, and the blocks of the key slot. */
function stolen(dir: string): { image: VaultImage; keyslot: Buffer } {
  const copy = copyOf(dir);
  const keyslot = filesOf(copy).get("keyslot") as Buffer;
  return { image: readStolenVault(join(copy, "vault.sqlite")), keyslot };
}

/** Every slot key that a passphrase gets out of a key slot. */
function slotKeys(image: VaultImage, keyslot: Buffer, passphrase: string): Uint8Array[] {
  const header = decodeVaultHeader(image.header);
  const { passes: opsLimit, memoryBytes: memBytes } = header.cost;
  const typed = utf8(passphrase);
  const argonKey = argon2id({ passphrase: typed, salt: header.salt, opsLimit, memBytes });
  const wrappingKey = openVaultHeader(header, argonKey);
  const found: Uint8Array[] = [];
  for (let index = 0; index < slotRecords && wrappingKey !== null; index++) {
    const start = index * slotRecordBytes;
    const record = decodeSlotRecord(keyslot.subarray(start, start + slotRecordBytes));
    const key = record && unwrapSlotKey(record, header.vaultId, wrappingKey);
    if (key) found.push(key);
  }
  return found;
}

/** Every text that some slot keys open in some images, trying each root key and segment key on each blob. */
function readable(images: readonly VaultImage[], keys: readonly Uint8Array[]): string[] {
  const texts = new Set<string>();
  const segmentKeys = new Map<string, Uint8Array>();
  for (const image of images) {
    const { vaultId } = decodeVaultHeader(image.header);
    for (const { generation } of images) {
      for (const slotKey of keys) {
        const root = openRoot(image.root, { vaultId, generation }, slotKey);
        if (root === null) continue;
        for (const bytes of root.hot.values()) texts.add(textOf(bytes) ?? "");
        for (const { key } of root.cold.values()) segmentKeys.set(String(key), key);
      }
    }
  }
  for (const image of images) {
    const { vaultId } = decodeVaultHeader(image.header);
    for (const [id, sealed] of image.segments) {
      for (const key of segmentKeys.values()) {
        const bytes = openSegment(vaultId, { id: unhex(id) as Uint8Array, key }, sealed);
        if (bytes !== null) texts.add(textOf(bytes) ?? "");
      }
    }
  }
  return [...texts].sort();
}

test("what was overwritten or deleted opens to nobody, with the passphrase and every ciphertext that ever was", async () => {
  const vault = await createVault(folder.dir, "heron", cheap);
  await vault.save([
    hot("ratchet", "ratchet-1"),
    cold("talk/1", "burn this"),
    cold("talk/2", "keep"),
  ]);
  const first = stolen(folder.dir);
  await vault.save([hot("ratchet", "ratchet-2"), cold("talk/1", "burn this too")]);
  const second = stolen(folder.dir);
  await vault.save([hot("ratchet", "ratchet-3"), cold("talk/1", null)]);
  const last = stolen(folder.dir);
  vault.close();
  // More than the files keep: the thief has the rows of every state, as if no free page or journal
  // had ever been overwritten. What he has of the keys is what lies in the key slot today.
  const everything = [first.image, second.image, last.image];
  const today = slotKeys(last.image, last.keyslot, "heron");
  expect(today).toHaveLength(1);
  expect(readable(everything, today)).toEqual(["keep", "ratchet-3"]);
  // The same search finds them with the key slots of their time: it is able to.
  const then = [first, second].flatMap(({ image, keyslot }) => slotKeys(image, keyslot, "heron"));
  expect(readable(everything, then)).toEqual([
    "burn this",
    "burn this too",
    "keep",
    "ratchet-1",
    "ratchet-2",
  ]);
});

test("no file of the folder holds an old slot key, wrapped or bare, or a byte of a text", async () => {
  const vault = await createVault(folder.dir, "heron", cheap);
  const gone: Buffer[] = [];
  for (let round = 0; round < 20; round++) {
    await vault.save([hot("ratchet", `ratchet-${round}`), cold("talk", `spoken words ${round}`)]);
    const { slotKey } = vault.unsafeUnlockedImage();
    const keyslot = filesOf(folder.dir).get("keyslot") as Buffer;
    const start = keyslot[0] === 0 ? slotRecordBytes : 0;
    gone.push(Buffer.from(slotKey), keyslot.subarray(start + 16, start + 120));
  }
  await vault.save([cold("talk", null)]);
  vault.close();
  expect(gone.filter((needle) => needle.every((octet) => octet === 0))).toEqual([]);
  for (const [name, bytes] of filesOf(folder.dir)) {
    expect([name, gone.filter((needle) => bytes.includes(needle)).length]).toEqual([name, 0]);
    for (const word of ["ratchet", "spoken", "talk"]) {
      expect([name, word, bytes.includes(word)]).toEqual([name, word, false]);
    }
  }
});

test("the old passphrase opens nothing after a change, whatever old rows remain", async () => {
  const vault = await createVault(folder.dir, "heron", cheap);
  await vault.save([cold("talk", "before")]);
  const old = stolen(folder.dir);
  await vault.changePassphrase("slate");
  const now = stolen(folder.dir);
  vault.close();
  expect(slotKeys(old.image, old.keyslot, "heron")).toHaveLength(1);
  expect(slotKeys(old.image, now.keyslot, "heron")).toEqual([]);
  expect(slotKeys(now.image, now.keyslot, "heron")).toEqual([]);
  const today = slotKeys(now.image, now.keyslot, "slate");
  expect(readable([old.image, now.image], today)).toEqual(["before"]);
});

test("a locked vault shows sizes in powers of two only", async () => {
  const vault = await createVault(folder.dir, "heron", cheap);
  await vault.save([cold("a", "yes"), cold("b", "no, not before the others have agreed")]);
  const { image } = vault.unsafeUnlockedImage();
  vault.close();
  const sizes = [...image.segments.values()].map((sealed) => sealed.length);
  expect(new Set(sizes).size).toBe(1);
});
