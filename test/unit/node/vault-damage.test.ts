import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { slotRecordBytes } from "#client/core/key-slot.ts";
import { decodeVaultHeader, encodeVaultHeader } from "#client/core/vault-header.ts";
import { openSqlite, type Sqlite } from "#client/node/sqlite.ts";
import { createVault, openVault } from "#client/node/vault.ts";
import { wipeVault } from "#client/node/vault-wipe.ts";
import { cheap, cold, contents, copyOf, filesOf, hot, scratch } from "./vault-rig.ts";

let folder: ReturnType<typeof scratch>;
beforeEach(async () => {
  folder = scratch();
  const vault = await createVault(folder.dir, "heron", cheap);
  await vault.save([hot("session", "s"), cold("epoch", "tree"), cold("past", "old")]);
  vault.close();
});
afterEach(() => folder.remove());

const database = () => join(folder.dir, "vault.sqlite");
const keyslot = () => join(folder.dir, "keyslot");

function editDatabase(edit: (sqlite: Sqlite) => void): void {
  const sqlite = openSqlite(database());
  edit(sqlite);
  sqlite.close();
}

function flip(bytes: unknown, at: number): Uint8Array {
  const flipped = Uint8Array.from(bytes as Uint8Array);
  flipped[at] = (flipped[at] as number) ^ 1;
  return flipped;
}

function flipColumn(table: string, column: string, at: number): void {
  editDatabase((sqlite) => {
    const bytes = sqlite.rows(`SELECT ${column} FROM ${table}`)[0]?.[0];
    sqlite.run(`UPDATE ${table} SET ${column} = ?`, flip(bytes, at));
  });
}

/** Which of the two records is in use: the other one is all zeros. */
function activeAt(): number {
  return readFileSync(keyslot())[0] === 0 ? slotRecordBytes : 0;
}

test.each<[string, () => void, string, RegExp]>([
  ["header: identity", () => flipColumn("header", "bytes", 12), "vault-damaged", /header/],
  ["header: passes", () => flipColumn("header", "bytes", 29), "vault-damaged", /header/],
  ["header: commitment", () => flipColumn("header", "bytes", 60), "vault-damaged", /header/],
  ["header: magic", () => flipColumn("header", "bytes", 0), "vault-damaged", /header/],
  ["header: version", () => flipColumn("header", "bytes", 9), "vault-version", /version/],
  ["header: shortened", () => shorten("header", "bytes"), "vault-damaged", /header/],
  ["header: row gone", () => exec("DELETE FROM header"), "vault-damaged", /header/],
  ["root: nonce", () => flipColumn("root", "sealed", 3), "vault-damaged", /\broot\b/],
  ["root: commitment", () => flipColumn("root", "sealed", 30), "vault-damaged", /\broot\b/],
  ["root: ciphertext", () => flipColumn("root", "sealed", 900), "vault-damaged", /\broot\b/],
  ["root: shortened", () => shorten("root", "sealed"), "vault-damaged", /\broot\b/],
  ["root: row gone", () => exec("DELETE FROM root"), "vault-damaged", /\broot\b/],
  ["root: a generation too high", () => exec(nextGeneration), "vault-damaged", /keyslot/],
  ["segment: row gone", () => exec(oneSegment("DELETE FROM segment")), "vault-damaged", /segment/],
  [
    "segment: a stray row",
    () => exec("INSERT INTO segment VALUES (zeroblob(16), zeroblob(99))"),
    "vault-damaged",
    /segment/,
  ],
  ["segment: an id of another length", () => exec(shortId), "vault-damaged", /segment/],
  ["a table gone", () => exec("DROP TABLE segment"), "vault-damaged", /vault\.sqlite/],
  ["a table too many", () => exec("CREATE TABLE x (y)"), "vault-damaged", /vault\.sqlite/],
  [
    "a planted trigger",
    () => exec("CREATE TRIGGER t AFTER UPDATE ON root BEGIN DELETE FROM segment; END"),
    "vault-damaged",
    /vault\.sqlite/,
  ],
  ["vault.sqlite: cut in half", () => cut(database(), 0.5), "vault-damaged", /vault\.sqlite/],
  ["vault.sqlite: empty", () => truncateSync(database(), 0), "vault-damaged", /vault\.sqlite/],
  ["vault.sqlite: gone", () => rmSync(database()), "vault-damaged", /vault\.sqlite/],
  [
    "vault.sqlite: another file",
    () => writeFileSync(database(), "x".repeat(9_000)),
    "vault-damaged",
    /vault\.sqlite/,
  ],
  ["keyslot: cut in half", () => cut(keyslot(), 0.5), "vault-damaged", /keyslot/],
  ["keyslot: empty", () => truncateSync(keyslot(), 0), "vault-damaged", /keyslot/],
  ["keyslot: gone", () => rmSync(keyslot()), "vault-damaged", /keyslot/],
  ["keyslot: a byte too many", () => append(keyslot()), "vault-damaged", /keyslot/],
  ["keyslot: record's generation", () => flipSlot(15), "vault-damaged", /keyslot/],
  ["keyslot: record's wrapped key", () => flipSlot(90), "vault-damaged", /keyslot/],
  ["keyslot: record's checksum", () => flipSlot(130), "vault-damaged", /keyslot/],
])("damage is named and nothing is written: %s", async (_name, damage, code, part) => {
  damage();
  const before = filesOf(folder.dir);
  const failure: unknown = await openVault(folder.dir, "heron", cheap).catch((error) => error);
  expect(failure).toMatchObject({ name: "Failure", code, message: expect.stringMatching(part) });
  expect(filesOf(folder.dir)).toEqual(before);
});

const nextGeneration = "UPDATE root SET generation = generation + 1";
const shortId = "UPDATE segment SET id = zeroblob(3) WHERE id = (SELECT min(id) FROM segment)";
const oneSegment = (sql: string) => `${sql} WHERE id = (SELECT min(id) FROM segment)`;

function exec(sql: string): void {
  editDatabase((sqlite) => sqlite.exec(sql));
}

function shorten(table: string, column: string): void {
  exec(`UPDATE ${table} SET ${column} = substr(${column}, 1, length(${column}) - 1)`);
}

function cut(path: string, share: number): void {
  truncateSync(path, Math.floor(readFileSync(path).length * share));
}

function append(path: string): void {
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.of(0)]));
}

function flipSlot(at: number): void {
  writeFileSync(keyslot(), flip(readFileSync(keyslot()), activeAt() + at));
}

test("an altered segment is named when it is read; every other record stays readable", async () => {
  editDatabase((sqlite) => {
    const [id, sealed] = sqlite.rows("SELECT id, sealed FROM segment ORDER BY id")[0] ?? [];
    sqlite.run("UPDATE segment SET sealed = ? WHERE id = ?", flip(sealed, 200), id as Uint8Array);
  });
  const vault = await openVault(folder.dir, "heron", cheap);
  const read = async (key: string) => (await vault.read(key).catch((error) => error.code)) ?? "";
  const results = await Promise.all(["session", "epoch", "past"].map(read));
  expect(results.filter((result) => result === "vault-damaged")).toHaveLength(1);
  vault.close();
});

test("segments that change places are altered segments", async () => {
  editDatabase((sqlite) => {
    const rows = sqlite.rows("SELECT id, sealed FROM segment") as [Uint8Array, Uint8Array][];
    const [a, b] = rows as [[Uint8Array, Uint8Array], [Uint8Array, Uint8Array]];
    sqlite.run("UPDATE segment SET sealed = ? WHERE id = ?", a[1], b[0]);
    sqlite.run("UPDATE segment SET sealed = ? WHERE id = ?", b[1], a[0]);
  });
  const vault = await openVault(folder.dir, "heron", cheap);
  await expect(vault.read("epoch")).rejects.toMatchObject({ code: "vault-damaged" });
  await expect(vault.read("past")).rejects.toMatchObject({ code: "vault-damaged" });
  vault.close();
});

test("cheaper parameters with a right checksum give another key: the passphrase no longer fits", async () => {
  editDatabase((sqlite) => {
    const header = decodeVaultHeader(sqlite.rows("SELECT bytes FROM header")[0]?.[0] as Uint8Array);
    const cost = { ...header.cost, memoryBytes: 16_384 };
    sqlite.run("UPDATE header SET bytes = ?", encodeVaultHeader({ ...header, cost }));
  });
  const before = filesOf(folder.dir);
  await expect(openVault(folder.dir, "heron", cheap)).rejects.toMatchObject({ code: "passphrase" });
  expect(filesOf(folder.dir)).toEqual(before);
});

test("an old image of both files, as such a drive may keep it, opens with the passphrase", async () => {
  const old = copyOf(folder.dir);
  const vault = await openVault(folder.dir, "heron", cheap);
  const before = await contents(vault);
  await vault.save([hot("session", "forgotten")]);
  vault.close();
  const again = await openVault(old, "heron", cheap);
  expect(await contents(again)).toEqual(before);
  again.close();
});

test("an old database beside the new key slot, or the reverse, is refused as damaged", async () => {
  const old = copyOf(folder.dir);
  const vault = await openVault(folder.dir, "heron", cheap);
  await vault.save([hot("session", "s2")]);
  vault.close();
  for (const [keep, swap] of [
    ["vault.sqlite", "keyslot"],
    ["keyslot", "vault.sqlite"],
  ] as const) {
    const mixed = copyOf(folder.dir);
    writeFileSync(join(mixed, swap), readFileSync(join(old, swap)));
    await expect(openVault(mixed, "heron", cheap), keep).rejects.toMatchObject({
      code: "vault-damaged",
      message: expect.stringMatching(/keyslot/),
    });
    rmSync(mixed, { recursive: true });
  }
  rmSync(old, { recursive: true });
});

test("what was damaged can be put back: nothing was lost by trying to open it", async () => {
  const whole = readFileSync(keyslot());
  cut(keyslot(), 0.5);
  await expect(openVault(folder.dir, "heron", cheap)).rejects.toMatchObject({
    code: "vault-damaged",
  });
  await expect(createVault(folder.dir, "heron", cheap)).rejects.toMatchObject({ code: "usage" });
  writeFileSync(keyslot(), whole);
  const vault = await openVault(folder.dir, "heron", cheap);
  expect(await contents(vault)).toEqual({ session: "s", epoch: "tree", past: "old" });
  vault.close();
});

test("an emptied database keeps its key slot safe from a new creation", async () => {
  truncateSync(database(), 0);
  await expect(createVault(folder.dir, "heron", cheap)).rejects.toMatchObject({ code: "usage" });
});

test("a damaged vault can still be wiped", () => {
  writeFileSync(database(), "not a database at all, whatever its name");
  wipeVault(folder.dir);
  expect([...filesOf(folder.dir).keys()]).toEqual([]);
});
