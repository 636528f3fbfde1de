import { expect, test } from "vitest";
import { openClient } from "#client/core/client.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { channelName as channel, createWorld, relayAddress, type World } from "./cast.ts";
import { stateOf } from "./insider.ts";
import { quiet, seededRandom } from "./kit.ts";

async function foundBy(world: World, suite = xwingSuite) {
  const founder = await world.seat({ suite });
  await founder.client.openChannel({
    ...{ name: channel, label: "Slate", relay: relayAddress, approvals: 1 },
  });
  return founder;
}

test("a client founds with X-Wing when nobody says otherwise", async () => {
  const world = await createWorld();
  const [slate] = await world.gather(["Slate", "Heron"]);
  expect((await stateOf(slate!)).group.suite).toBe(xwingSuite);
});

test("clients of another suite found, join, talk and renew their keys in it", async () => {
  const world = await createWorld();
  const slate = await foundBy(world, classicSuite);
  const heron = await world.seat({ suite: classicSuite });
  await world.admit(slate, heron, "Heron");
  await world.settle(slate, heron);
  const renewed = slate.client.rotate({ channel });
  await quiet(24);
  await renewed;
  const sent = heron.client.send({ channel, text: "in the old way" });
  await quiet(24);
  await sent;
  await world.settle(slate, heron);
  expect(await slate.texts()).toEqual(["in the old way"]);
  expect((await stateOf(heron)).group.suite.id).toBe(classicSuite.id);
});

test.each([
  ["an X-Wing channel lets in no newcomer of X25519", xwingSuite, classicSuite],
  ["a newcomer of X-Wing does not come into a channel of X25519", classicSuite, xwingSuite],
])("%s", async (_, theirs, own) => {
  const world = await createWorld();
  const slate = await foundBy(world, theirs);
  const heron = await world.seat({ suite: own });
  const invited = slate.client.invite({ channel, label: "Heron", expiresMs: 600_000 });
  await quiet();
  const { code, done } = await invited;
  done.catch(() => {});
  const joined = heron.client.join({ code, relay: relayAddress, name: channel, sponsors: 1 });
  joined.catch(() => {});
  await quiet(24);
  await expect(joined).rejects.toThrow();
  await expect(done).rejects.toMatchObject({ code: "refused" });
  expect(heron.client.channels()).toEqual([]);
});

test("a vault with a channel of another suite does not open", async () => {
  const world = await createWorld();
  const slate = await foundBy(world, classicSuite);
  await slate.client.close();
  const { store, dialer } = slate;
  const { clock } = world;
  const opened = openClient({ clock, random: seededRandom(5), store, dialer });
  await expect(opened).rejects.toMatchObject({ code: "version" });
});
