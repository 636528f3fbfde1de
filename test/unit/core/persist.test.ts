import { expect, test } from "vitest";
import { sealedCipher } from "#client/core/cipher.ts";
import { openClient } from "#client/core/client.ts";
import { changesBetween, loadChannel } from "#client/core/persist.ts";
import { step } from "#client/core/session.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { channelName as channel, createWorld, soon } from "#test/simulation/cast.ts";
import { stateOf } from "#test/simulation/insider.ts";
import { copyStore, type MemoryStore, seededRandom } from "#test/simulation/kit.ts";

async function vault() {
  const world = await createWorld();
  const [slate, heron] = await world.gather(["Slate", "Heron"]);
  await soon(slate!.client.send({ channel, text: "hello" }));
  await soon(slate!.client.rotate({ channel }));
  await world.settle(slate!, heron!);
  return { world, slate: slate!, heron: heron! };
}

test("a channel that is loaded and saved again has the same records", async () => {
  const { slate } = await vault();
  const state = await stateOf(slate);
  for (const { key, bytes } of changesBetween(null, state)) {
    expect(bytes).toEqual(slate.store.records.get(key) ?? null);
  }
});

test("a vault with a record missing, truncated or changed is damaged, and says where", async () => {
  const { world, slate } = await vault();
  const opens = async (store: MemoryStore) => {
    const { clock } = world;
    return await openClient({ clock, random: seededRandom(1), store, dialer: slate.dialer });
  };
  const name = (key: string) => key.split("/").slice(2).join("/");
  let damaged = 0;
  for (const key of slate.store.records.keys()) {
    if (name(key).startsWith("messages/")) continue;
    const without = copyStore(slate.store);
    without.records.delete(key);
    await expect(opens(without), `without ${name(key)}`).rejects.toMatchObject({
      code: "vault-damaged",
    });
    if (name(key).startsWith("frame/")) continue;
    const truncated = copyStore(slate.store);
    const bytes = slate.store.records.get(key) as Uint8Array;
    truncated.records.set(key, bytes.subarray(0, bytes.length - 1));
    await expect(opens(truncated), `truncated ${name(key)}`).rejects.toMatchObject({
      code: "vault-damaged",
    });
    damaged++;
  }
  expect(damaged).toBeGreaterThan(8);
});

test("an unknown field in a record is damage, not ignored", async () => {
  const { slate } = await vault();
  const key = [...slate.store.records.keys()].find((one) => one.endsWith("/session")) as string;
  const session = decodeCbor(slate.store.records.get(key) as Uint8Array, key) as object;
  const store = copyStore(slate.store);
  store.records.set(key, encodeCbor({ ...session, surprise: 1 }));
  await expect(loadChannel(store, key.split("/")[1] as string)).rejects.toMatchObject({
    code: "vault-damaged",
  });
});

test("saying something saves the hot records, its frame and one segment, and no tree", async () => {
  const { world, slate } = await vault();
  const before = await stateOf(slate);
  const surroundings = { now: world.clock.now(), random: seededRandom(3), cipher: sealedCipher };
  const id = new Uint8Array(16).fill(5);
  const content = { kind: "text", text: "again" } as const;
  const said = step(before, { type: "say", id, content }, surroundings).channel;
  const tail = (key: string) => key.split("/").slice(2).join("/");
  const keys = changesBetween(before, said).map(({ key }) => tail(key));
  expect(keys).toEqual(["session", `content/${"05".repeat(16)}`]);
});

test("a step that fails leaves the state as it was", async () => {
  const { world, slate } = await vault();
  const before = await stateOf(slate);
  const records = changesBetween(null, before);
  const surroundings = { now: world.clock.now(), random: seededRandom(3), cipher: sealedCipher };
  const content = { kind: "text", text: "x".repeat(300_000) } as const;
  const id = new Uint8Array(16);
  expect(() => step(before, { type: "say", id, content }, surroundings)).toThrow("octets");
  expect(changesBetween(null, before)).toEqual(records);
});
