import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createVault, openVault, vaultExists } from "#client/node/vault.ts";
import { wipeVault } from "#client/node/vault-wipe.ts";
import { utf8 } from "#shared/bytes.ts";
import { cheap, cold, contents, filesOf, hot, scratch } from "./vault-rig.ts";

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.remove());

describe("a vault keeps what was saved", () => {
  test("records of both tiers survive closing and opening", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await vault.save([hot("a/session", "one"), cold("a/epoch", "tree"), cold("b/epoch", "other")]);
    vault.close();
    const again = await openVault(folder.dir, "heron", cheap);
    expect(await contents(again)).toEqual({
      "a/session": "one",
      "a/epoch": "tree",
      "b/epoch": "other",
    });
    expect(await again.keys("a/")).toEqual(["a/epoch", "a/session"]);
    expect(await again.read("a/none")).toBeNull();
    again.close();
  });

  test("a record is replaced, forgotten, and moved between tiers", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await vault.save([hot("x", "1"), cold("y", "2"), hot("z", "3")]);
    await vault.save([cold("x", "4"), hot("y", "5"), hot("z", null)]);
    expect(await contents(vault)).toEqual({ x: "4", y: "5" });
    vault.close();
    const again = await openVault(folder.dir, "heron", cheap);
    expect(await contents(again)).toEqual({ x: "4", y: "5" });
    again.close();
  });

  test("of two changes to one key in one save the last counts", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await vault.save([cold("x", "1"), cold("x", "2"), hot("x", "3")]);
    expect(await contents(vault)).toEqual({ x: "3" });
    vault.close();
    const again = await openVault(folder.dir, "heron", cheap);
    expect(await contents(again)).toEqual({ x: "3" });
    again.close();
  });

  test("what a caller does to its own bytes after a save changes nothing", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    const bytes = utf8("mine");
    await vault.save([{ key: "x", bytes, tier: "hot" }]);
    bytes.fill(0);
    const read = await vault.read("x");
    read?.fill(1);
    expect(await vault.read("x")).toEqual(utf8("mine"));
    vault.close();
  });

  test("a save rewrites the rows of changed cold records only", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await vault.save([cold("x", "1"), cold("y", "2")]);
    const before = new Set(vault.unsafeUnlockedImage().image.segments.keys());
    await vault.save([cold("y", "3"), hot("z", "4")]);
    const after = [...vault.unsafeUnlockedImage().image.segments.keys()];
    expect(after.filter((id) => before.has(id))).toHaveLength(1);
    expect(after).toHaveLength(2);
    vault.close();
  });

  test("folder and files are their owner's only", async () => {
    const dir = join(folder.dir, "deep", "vault");
    const vault = await createVault(dir, "heron", cheap);
    await vault.save([hot("x", "1")]);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of filesOf(dir).keys()) {
      expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    vault.close();
  });
});

describe("one vault, one holder, one passphrase", () => {
  test("a second opening, creation or wiping is refused as locked while it is held", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await expect(openVault(folder.dir, "heron", cheap)).rejects.toMatchObject({ code: "locked" });
    expect(() => wipeVault(folder.dir)).toThrow(expect.objectContaining({ code: "locked" }));
    await vault.save([hot("x", "1")]);
    vault.close();
    const again = await openVault(folder.dir, "heron", cheap);
    expect(await contents(again)).toEqual({ x: "1" });
    again.close();
  });

  test("a vault is not made over another one", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    vault.close();
    const before = filesOf(folder.dir);
    await expect(createVault(folder.dir, "other", cheap)).rejects.toMatchObject({ code: "usage" });
    expect(filesOf(folder.dir)).toEqual(before);
  });

  test("a wrong passphrase is named as such and leaves every file as it was", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await vault.save([hot("x", "1"), cold("y", "2")]);
    vault.close();
    const before = filesOf(folder.dir);
    for (const wrong of ["Heron", "heron ", "x"]) {
      await expect(openVault(folder.dir, wrong, cheap)).rejects.toMatchObject({
        code: "passphrase",
      });
    }
    expect(filesOf(folder.dir)).toEqual(before);
  });

  test("an empty or endless passphrase is refused", async () => {
    for (const bad of ["", "x".repeat(1025)]) {
      await expect(createVault(folder.dir, bad, cheap)).rejects.toMatchObject({ code: "usage" });
    }
  });

  test("one passphrase typed with composed or separate accents opens alike", async () => {
    (await createVault(folder.dir, "caf\u00e9", cheap)).close();
    (await openVault(folder.dir, "cafe\u0301", cheap)).close();
  });

  test("where there is none, opening says so and makes nothing", async () => {
    expect(vaultExists(folder.dir)).toBe(false);
    await expect(openVault(folder.dir, "heron", cheap)).rejects.toMatchObject({
      code: "not-found",
    });
    expect([...filesOf(folder.dir).keys()]).toEqual([]);
  });

  test("after a change of passphrase only the new one opens", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    await vault.save([hot("x", "1"), cold("y", "2")]);
    await vault.changePassphrase("slate");
    await vault.save([hot("z", "3")]);
    vault.close();
    await expect(openVault(folder.dir, "heron", cheap)).rejects.toMatchObject({
      code: "passphrase",
    });
    const again = await openVault(folder.dir, "slate", cheap);
    expect(await contents(again)).toEqual({ x: "1", y: "2", z: "3" });
    again.close();
  });

  test("a closed vault refuses everything", async () => {
    const vault = await createVault(folder.dir, "heron", cheap);
    vault.close();
    vault.close();
    await expect(vault.read("x")).rejects.toMatchObject({ code: "internal" });
    await expect(vault.save([hot("x", "1")])).rejects.toMatchObject({ code: "internal" });
  });

  test("a wiped vault is gone, and wiping nothing says so", async () => {
    (await createVault(folder.dir, "heron", cheap)).close();
    wipeVault(folder.dir);
    expect([...filesOf(folder.dir).keys()]).toEqual([]);
    expect(() => wipeVault(folder.dir)).toThrow(expect.objectContaining({ code: "not-found" }));
  });
});

test.each(["file", "file/below"])(
  "a vault at %s, where a file lies, is refused by name",
  async (place) => {
    const path = join(folder.dir, "..", `${folder.dir.split("/").at(-1)}-${place.length}`);
    writeFileSync(path, "not a folder");
    const at = place === "file" ? path : join(path, "below");
    try {
      await expect(createVault(at, "heron", cheap)).rejects.toMatchObject({
        code: "usage",
        message: /is a file/,
      });
      expect(readFileSync(path, "utf8")).toBe("not a folder");
    } finally {
      rmSync(path);
    }
  },
);
