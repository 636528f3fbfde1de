import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { openVault } from "#client/node/vault.ts";
import { textOf } from "#shared/bytes.ts";
import { cheap, filesOf, scratch } from "#test/unit/node/vault-rig.ts";

const rounds = 12;

function hold(dir: string): ChildProcess {
  const program = new URL("./vault-holder.ts", import.meta.url).pathname;
  const args = ["--import", "tsx", program, dir];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Reads numbers until so many have come, does something, and gives the last number ever printed. */
async function lastNumber(
  child: ChildProcess,
  enough: number,
  then: () => unknown,
): Promise<number> {
  let last = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    last = Number(line);
    seen += 1;
    if (seen === enough) await then();
  }
  return last;
}

test("kill -9 of the holder while it saves: nothing saved is lost, and the lock goes with it", async () => {
  const { dir, remove } = scratch();
  let reached = 0;
  for (let round = 1; round <= rounds; round++) {
    const child = hold(dir);
    const printed = await lastNumber(child, 3 * round, async () => {
      await expect(openVault(dir, "heron", cheap)).rejects.toMatchObject({ code: "locked" });
      child.kill("SIGKILL");
    });
    const vault = await openVault(dir, "heron", cheap);
    const read = async (key: string) => textOf((await vault.read(key)) ?? new Uint8Array());
    const count = Number(await read("count"));
    // One save may have become durable without being told.
    expect([printed, printed + 1]).toContain(count);
    expect(printed).toBeGreaterThanOrEqual(reached + 3 * round);
    expect(await read("segment")).toBe(`${count} `.repeat(2_000));
    expect(await vault.keys("past/")).toEqual(
      [count - 2, count - 1, count]
        .filter((n) => n > 0)
        .map((n) => `past/${n}`)
        .sort(),
    );
    vault.close();
    reached = count;
  }
  const keyslot = filesOf(dir).get("keyslot") as Buffer;
  const blank = [keyslot.subarray(0, 4096), keyslot.subarray(4096)].map((block) =>
    block.every((octet) => octet === 0),
  );
  expect(blank.filter((erased) => erased)).toHaveLength(1);
  console.log(`kill -9 of a vault's holder: ${rounds} rounds, ${reached} saves`);
  remove();
});
