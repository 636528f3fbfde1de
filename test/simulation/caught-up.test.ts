import { expect, test } from "vitest";
import { listChannels, loadChannel } from "#client/core/persist.ts";
import { channelName as channel, createWorld, soon } from "./cast.ts";
import { memoryStore } from "./kit.ts";

test("a vault opens again from every save of a seat that reads several commits in a row", async () => {
  const world = await createWorld();
  const store = memoryStore();
  const faults: unknown[] = [];
  let loads = 0;
  const plain = store.save.bind(store);
  store.save = async (changes) => {
    await plain(changes);
    for (const id of await listChannels(store)) {
      loads++;
      await loadChannel(store, id).catch((error) => faults.push(error));
    }
  };
  const [slate] = await world.gather(["Slate"]);
  const heron = await world.seat({ store });
  await world.admit(slate!, heron, "Heron");
  await world.settle(slate!, heron);
  heron.wire.isUp = false;
  heron.wire.hangUp();
  // Asked for at once, so that nobody says a word in the epochs between.
  await soon(Promise.all([1, 2, 3].map(() => slate!.client.rotate({ channel }))));
  heron.wire.isUp = true;
  await world.clock.advance(60_000);
  await world.settle(slate!, heron);
  expect(heron.client.status(channel).epoch).toBe(4);
  expect(loads).toBeGreaterThan(4);
  expect(faults).toEqual([]);
});
