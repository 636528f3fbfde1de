import { describe, expect, test } from "vitest";
import type { Change } from "#client/core/ports.ts";
import { channelName as channel, createWorld, type Seat, soon } from "./cast.ts";
import { type MemoryStore, quiet } from "./kit.ts";

const isWipe = (changes: readonly Change[]) => changes.every(({ bytes }) => bytes === null);

/** A channel whose sunset has come while the disk refuses to wipe it; gives back what mends the disk. */
async function sunsetOnBadDisk() {
  const world = await createWorld();
  const [slate] = (await world.gather(["Slate", "Heron"], { sunsetMs: 3_600_000 })) as [Seat];
  await soon(slate.client.send({ channel, text: "until tonight" }));
  const store: MemoryStore = slate.store;
  const save = store.save.bind(store);
  let refused = 0;
  store.save = async (changes) => {
    if (!isWipe(changes)) return await save(changes);
    refused++;
    throw new Error("the disk is gone");
  };
  await world.clock.advance(3_600_000);
  expect(refused).toBeGreaterThan(0);
  const mend = (): void => {
    store.save = save;
  };
  return { world, slate, store, mend };
}

describe("a sunset that the disk did not carry out", () => {
  test("is tried again until nothing of the channel is left", async () => {
    const { world, slate, store, mend } = await sunsetOnBadDisk();
    expect(slate.client.channels()).toEqual([]);
    await world.clock.advance(120_000);
    expect(store.records.size).toBeGreaterThan(0);
    mend();
    await world.clock.advance(60_000);
    expect([...store.records.keys()]).toEqual([]);
  });

  test("is carried out when the vault is opened after a crash", async () => {
    const { slate, store, mend } = await sunsetOnBadDisk();
    mend();
    await slate.reopen();
    expect(slate.client.channels()).toEqual([]);
    expect([...store.records.keys()]).toEqual([]);
  });

  test("shows nothing of the channel, and opens, while the disk still refuses", async () => {
    const { world, slate, store, mend } = await sunsetOnBadDisk();
    await slate.reopen();
    expect(slate.client.channels()).toEqual([]);
    mend();
    await world.clock.advance(60_000);
    await quiet();
    expect([...store.records.keys()]).toEqual([]);
  });
});
