import { describe, expect, test } from "vitest";
import { approve, encodeApprovals } from "#client/core/approval.ts";
import { provesText } from "#client/core/excerpt.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { channelExtensions } from "#client/core/rules.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { commit, createKeyPackage, readKeyPackage } from "#client/mls/group.ts";
import { limits } from "#shared/limits.ts";
import { channelName as channel, codeOf, createWorld, type Seat, soon } from "./cast.ts";
import { alarmsOf, say, statusOf } from "./hostile-stage.ts";
import { masked, stateOf, takeApart } from "./insider.ts";
import { quiet, seededRandom } from "./kit.ts";
import { checkConvergence, dieEverywhere, makeMortal, revive, stage } from "./mortal.ts";

const random = seededRandom(929);
/** Longer than the late window and its grace. */
const whileMs = limits.lateWindowMsDefault + 61_000;

const releasedAt = (seat: Seat) => statusOf(seat).formerKeys.released;

/** Slate has renewed and then released its first key; Otter has kept its state of the epoch before. */
async function release(approvals = 1) {
  const world = await createWorld();
  const seats = await world.gather(["Slate", "Heron", "Egret", "Otter"], { approvals });
  const [slate, heron, egret, otter] = seats as [Seat, Seat, Seat, Seat];
  const before = await stateOf(otter);
  await soon(slate.client.rotate({ channel }));
  await world.clock.advance(whileMs);
  await world.settle(...seats);
  expect(seats.map(releasedAt)).toEqual([1, 1, 1, 1]);
  const [known] = (await stateOf(otter)).retired.known;
  const seed = known?.seed as Uint8Array;
  const { secretKey } = xwingSuite.signature.keyPair(seed);
  const mask = { leaf: 0, signatureSecret: secretKey };
  return { world, slate, heron, egret, otter, before, seed, mask };
}

const forged = { content: { kind: "text", text: "I accept" } } as const;

describe("an insider with a released key", () => {
  test("signs nothing in the present epoch", async () => {
    const { world, slate, heron, egret, otter, mask } = await release();
    const insider = await takeApart(world, otter);
    await insider.say(forged, mask);
    for (const seat of [slate, heron, egret]) {
      expect(await seat.texts()).toEqual([]);
      expect(statusOf(seat).gaps.map(({ detail }) => detail)).toEqual([
        expect.stringContaining("signature"),
      ]);
      expect(statusOf(seat).state).toBe("open");
    }
  });

  test("says no late message of its epoch: every late window is shut before the key is out", async () => {
    const { world, slate, heron, egret, otter, before, mask } = await release();
    // Not even to a seat that was cut off since.
    heron.wire.isUp = false;
    heron.wire.hangUp();
    const insider = await takeApart(world, otter, before);
    await insider.say({ ...forged, counter: 50 }, mask);
    heron.wire.isUp = true;
    await world.clock.advance(60_000);
    for (const seat of [slate, heron, egret]) {
      await seat.reopen();
      await world.settle(seat);
      expect(await seat.texts()).toEqual([]);
      expect(alarmsOf(seat)).toEqual([]);
    }
  });

  test("commits nothing in its owner's name, in either epoch", async () => {
    const { world, slate, heron, egret, otter, before, mask } = await release();
    const nothing = { authenticatedData: encodeApprovals([]), random };
    const { epoch } = statusOf(slate);
    const old = await takeApart(world, otter, before);
    await old.post(commit(masked(before.group, mask), nothing).message);
    const now = await stateOf(otter);
    const insider = await takeApart(world, otter, now);
    await insider.post(commit(masked(now.group, mask), nothing).message);
    for (const seat of [slate, heron, egret]) {
      expect(statusOf(seat)).toMatchObject({ epoch, state: "open" });
      expect(statusOf(seat).gaps).toHaveLength(1);
    }
    await say(slate, "and on");
    expect(await heron.texts()).toEqual(["and on"]);
  });

  test("approves nothing in its owner's name", async () => {
    const { world, slate, heron, egret, otter, mask } = await release(2);
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const { keyPackage } = createKeyPackage({
      suite: xwingSuite,
      identity: encodeIdentity({ label: "Guest", person: random(16) }),
      extensionTypes: channelExtensions,
      random,
    });
    const { ref } = readKeyPackage(xwingSuite, keyPackage, group.rules);
    const untilEpoch = Number(group.epoch);
    const said = { operation: "admit", target: ref, check: "code", untilEpoch } as const;
    const approvals = [approve(group, said), approve(masked(group, mask), said)];
    const authenticatedData = encodeApprovals(approvals);
    await insider.post(commit(group, { add: [keyPackage], authenticatedData, random }).message);
    for (const seat of [slate, heron, egret]) {
      expect(seat.client.who(channel)).toHaveLength(4);
      expect(statusOf(seat).gaps.map(({ detail }) => detail)).toEqual([
        "a commit that does not count: approval: the signature does not hold",
      ]);
    }
  });

  test("makes whatever excerpt he likes of its epochs, and so does everybody", async () => {
    const { heron, slate, world } = await release();
    const said = { channel, from: "Slate", text: "I accept" };
    for (const { client } of [slate, heron]) {
      expect(provesText(client.forge(said))).toBe(true);
      expect(
        await codeOf(Promise.resolve().then(() => client.forge({ ...said, from: "Egret" }))),
      ).toBe("not-found");
    }
    const late = await world.seat();
    await world.admit(slate, late, "Late");
    // Who came later has not got the key, and is not told of it as a gap.
    expect(statusOf(late)).toMatchObject({ gaps: [], formerKeys: { released: 0 } });
  });
});

describe("the release of a key", () => {
  test("waits for a member who is away for days, and follows his return", async () => {
    const world = await createWorld();
    const seats = await world.gather(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    otter.wire.isUp = false;
    otter.wire.hangUp();
    await soon(slate.client.rotate({ channel }));
    await world.clock.advance(10 * 3_600_000);
    expect(releasedAt(heron)).toBe(0);
    otter.wire.isUp = true;
    await world.clock.advance(60_000);
    await world.settle(...seats);
    expect(releasedAt(heron)).toBe(0);
    await world.clock.advance(whileMs);
    await world.settle(...seats);
    expect(seats.map(releasedAt)).toEqual([1, 1, 1]);
  });

  test("takes a slot, where slots are on", async () => {
    const world = await createWorld();
    const seats = await world.gather(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    await soon(slate.client.rotate({ channel }));
    await soon(slate.client.setSlots({ channel, everyMs: limits.slotMsMax }));
    await world.clock.advance(whileMs);
    expect(releasedAt(heron)).toBe(0);
    await world.clock.advance(limits.slotMsMax);
    expect(releasedAt(heron)).toBe(1);
  });

  test("leaves nothing of the secret in a vault that was wiped", async () => {
    const world = await createWorld();
    const seats = await world.gather(["Slate", "Heron"]);
    const [slate] = seats as [Seat, Seat];
    await soon(slate.client.rotate({ channel }));
    const { seed } = (await stateOf(slate)).retired.own[0] as { seed: Uint8Array };
    const holds = () => {
      const records = [...slate.store.records.values()];
      return records.some((bytes) => Buffer.from(bytes).includes(Buffer.from(seed)));
    };
    expect(holds()).toBe(true);
    await soon(slate.client.wipe({ channel }));
    expect(holds()).toBe(false);
    expect(slate.store.records.size).toBe(0);
  });

  test("survives a death at any step from the rotation on: no key is lost, none is out early", {
    timeout: 300_000,
  }, async () => {
    const moments = await dieEverywhere(async (at) => {
      const scene = await stage();
      const { world, observer } = scene;
      const start = statusOf(observer).epoch;
      const fuse = await makeMortal(scene, at);
      scene.victim.client.rotate({ channel }).catch(() => {});
      await quiet(24);
      await world.clock.advance(whileMs - 5_000);
      expect(releasedAt(observer)).toBe(0);
      await world.clock.advance(10_000);
      if (!fuse.isDead) await scene.victim.client.close();
      await revive(scene);
      await checkConvergence(scene);
      await world.clock.advance(2 * whileMs);
      await checkConvergence(scene);
      const expected = statusOf(observer).epoch > start ? 1 : 0;
      for (const seat of [scene.victim, observer]) expect(releasedAt(seat)).toBe(expected);
      expect(observer.heard("released")).toHaveLength(expected);
      return fuse;
    });
    expect(moments).toBeGreaterThan(8);
  });
});
