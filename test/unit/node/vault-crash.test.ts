import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createVault, openVault, type Vault } from "#client/node/vault.ts";
import { diskFiles } from "#client/node/vault-files.ts";
import { Failure } from "#shared/failure.ts";
import {
  cheap,
  cold,
  contents,
  copyOf,
  filesOf,
  hot,
  scratch,
  steppedFiles,
  withFiles,
} from "./vault-rig.ts";

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.remove());

const big = (letter: string): string => letter.repeat(40_000);
const first = [hot("session", "s1"), cold("epoch", big("a")), cold("past", "p1")];
const second = [
  hot("session", "s2"),
  cold("epoch", big("b")),
  cold("past", null),
  cold("next", "n2"),
];
const before = { session: "s1", epoch: big("a"), past: "p1" };
const after = { session: "s2", epoch: big("b"), next: "n2" };

async function prepared(): Promise<void> {
  const vault = await createVault(folder.dir, "heron", cheap);
  await vault.save(first);
  vault.close();
}

/** Copies the folder before every step that an action takes, and once after it. */
async function crashPoints(action: (vault: Vault) => Promise<void>) {
  const copies: { name: string; dir: string }[] = [];
  let watching = false;
  const files = steppedFiles((name) => {
    if (watching) copies.push({ name, dir: copyOf(folder.dir) });
  });
  const vault = await openVault(folder.dir, "heron", withFiles(files));
  watching = true;
  await action(vault);
  copies.push({ name: "the end", dir: copyOf(folder.dir) });
  watching = false;
  vault.close();
  return copies;
}

describe("a crash at any step leaves a vault that opens", () => {
  test("during a save: the old state or the new one, whole, and it goes on from there", async () => {
    await prepared();
    const points = await crashPoints((vault) => vault.save(second));
    const outcomes: string[] = [];
    for (const { name, dir } of points) {
      const vault = await openVault(dir, "heron", cheap);
      const found = await contents(vault);
      expect([before, after], name).toContainEqual(found);
      outcomes.push("next" in found ? "new" : "old");
      await vault.save([hot("later", "l")]);
      vault.close();
      const again = await openVault(dir, "heron", cheap);
      expect(await contents(again), name).toEqual({ ...found, later: "l" });
      again.close();
      rmSync(dir, { recursive: true });
    }
    // Old up to the commit, new from there, and both occur.
    expect(outcomes.join(" ")).toMatch(/^(old )+(new )*new$/);
    console.log(
      `crash points of a save: ${points.length} (${points.map((p) => p.name).join(", ")})`,
    );
  });

  test("during an opening that cleans up after a crash", async () => {
    await prepared();
    const crashed = (await crashPoints((vault) => vault.save(second))).filter(({ name }) =>
      name.startsWith("tear record"),
    );
    let points = 0;
    for (const { dir } of crashed) {
      const copies: string[] = [];
      const files = steppedFiles(() => copies.push(copyOf(dir)));
      const vault = await openVault(dir, "heron", withFiles(files));
      const found = await contents(vault);
      vault.close();
      for (const copy of copies) {
        const again = await openVault(copy, "heron", cheap);
        expect(await contents(again)).toEqual(found);
        again.close();
        rmSync(copy, { recursive: true });
      }
      points += copies.length;
    }
    expect(points).toBeGreaterThan(0);
    console.log(`crash points of a cleaning opening: ${points}`);
  });

  test("during a change of passphrase: exactly one of the two opens", async () => {
    await prepared();
    const points = await crashPoints((vault) => vault.changePassphrase("slate"));
    for (const { name, dir } of points) {
      const opened: string[] = [];
      for (const passphrase of ["heron", "slate"]) {
        const vault = await openVault(dir, passphrase, cheap).catch((error: unknown) => error);
        if (vault instanceof Failure) {
          expect(vault.code, name).toBe("passphrase");
          continue;
        }
        expect(await contents(vault as Vault), name).toEqual(before);
        (vault as Vault).close();
        opened.push(passphrase);
      }
      expect(opened, name).toHaveLength(1);
      rmSync(dir, { recursive: true });
    }
    console.log(`crash points of a change of passphrase: ${points.length}`);
  });

  test("during a creation: either it can be made again, or it opens", async () => {
    const copies: { name: string; dir: string }[] = [];
    const files = steppedFiles((name) => copies.push({ name, dir: copyOf(folder.dir) }));
    (await createVault(folder.dir, "heron", withFiles(files))).close();
    const outcomes: string[] = [];
    for (const { name, dir } of copies) {
      const opened = await openVault(dir, "heron", cheap).catch((error: unknown) => error);
      if (opened instanceof Failure) {
        expect(opened.code, name).toBe("not-found");
        (await createVault(dir, "heron", cheap)).close();
        outcomes.push("made again");
      } else {
        (opened as Vault).close();
        outcomes.push("opened");
      }
      (await openVault(dir, "heron", cheap)).close();
      rmSync(dir, { recursive: true });
    }
    expect(new Set(outcomes)).toEqual(new Set(["made again", "opened"]));
    console.log(`crash points of a creation: ${copies.length}`);
  });
});

describe("an error of the disk at any step loses nothing", () => {
  test("a save that fails changes nothing, or demands a new opening; either way a whole state is there", async () => {
    let points = 0;
    for (let failing = 1; ; failing++) {
      const dir = `${folder.dir}/${failing}`;
      const made = await createVault(dir, "heron", cheap);
      await made.save(first);
      made.close();
      let steps = 0;
      let watching = false;
      const files = steppedFiles(() => {
        if (watching && ++steps === failing) {
          throw Object.assign(new Error("input/output error"), { code: "EIO" });
        }
      });
      const vault = await openVault(dir, "heron", withFiles(files));
      watching = true;
      const outcome = await vault.save(second).then(
        () => "saved",
        (error: unknown) => (error as Failure).code,
      );
      watching = false;
      if (outcome === "saved") {
        vault.close();
        expect(steps).toBeLessThan(failing);
        break;
      }
      points += 1;
      expect(outcome).toBe("internal");
      // Still usable with the old state, or it refuses everything.
      const usable = await contents(vault).catch(() => null);
      if (usable !== null) {
        expect(usable).toEqual(before);
        await vault.save([hot("later", "l")]);
      }
      vault.close();
      const again = await openVault(dir, "heron", cheap);
      const found = await contents(again);
      if (usable === null) expect([before, after]).toContainEqual(found);
      else expect(found).toEqual({ ...before, later: "l" });
      again.close();
    }
    expect(points).toBeGreaterThan(8);
    console.log(`points of failure of a save: ${points}`);
  });

  test("a full disk (SQLITE_FULL) is named, keeps the state, and the vault works on", async () => {
    await prepared();
    let pagesMax = 0;
    const files = {
      ...diskFiles,
      openDatabase(path: string) {
        const database = diskFiles.openDatabase(path);
        const pages = database.rows("PRAGMA page_count")[0]?.[0];
        pagesMax = Number(pages) + 20;
        database.exec(`PRAGMA max_page_count = ${pagesMax}`);
        return database;
      },
    };
    const vault = await openVault(folder.dir, "heron", withFiles(files));
    const tooMuch = [hot("session", "s2"), cold("flood", "x".repeat(300_000))];
    await expect(vault.save(tooMuch)).rejects.toMatchObject({ code: "disk-full" });
    expect(await contents(vault)).toEqual(before);
    await expect(vault.save(tooMuch)).rejects.toMatchObject({ code: "disk-full" });
    await vault.save([hot("small", "fits")]);
    vault.close();
    const again = await openVault(folder.dir, "heron", cheap);
    expect(await contents(again)).toEqual({ ...before, small: "fits" });
    again.close();
    expect([...filesOf(folder.dir).keys()]).toContain("keyslot");
  });
});
