import { describe, expect, test } from "vitest";
import { encodeApprovals } from "#client/core/approval.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { channelExtensions } from "#client/core/rules.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { commit, createKeyPackage, type Group } from "#client/mls/group.ts";
import { encryptionKeyAt } from "#client/mls/tree.ts";
import { equalBytes } from "#shared/bytes.ts";
import { channelName as channel, createWorld, type Seat, soon } from "./cast.ts";
import { alarmsOf, say, statusOf, wordsOf } from "./hostile-stage.ts";
import { stateOf, takeApart } from "./insider.ts";
import { quiet, seededRandom } from "./kit.ts";

const random = seededRandom(515);

/** Three honest seats, and Otter, who has taken his client apart. */
async function infiltrate(wanted = {}) {
  const world = await createWorld();
  const seats = await world.gather(["Slate", "Heron", "Egret", "Otter"], wanted);
  const [slate, heron, egret, otter] = seats as [Seat, Seat, Seat, Seat];
  return { world, slate, heron, egret, otter, honest: [slate, heron, egret] as const };
}

const nothing = { authenticatedData: encodeApprovals([]), random };

describe("an insider who speaks", () => {
  test("under another's name burns none of that one's messages", async () => {
    const { world, otter, slate, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const text = { content: { kind: "text", text: "I resign" } } as const;
    await insider.say(text, { leaf: 0 });
    await say(slate, "I stay");
    for (const seat of honest) {
      expect(await seat.texts()).toEqual(["I stay"]);
      expect(
        statusOf(seat)
          .gaps.map(({ detail }) => detail)
          .join(),
      ).toContain("signature");
      expect(statusOf(seat).state).toBe("open");
    }
  });

  test("with another's words says them in his own name, and hides nothing of the other", async () => {
    const { world, otter, slate, honest } = await infiltrate();
    await say(slate, "I agree");
    const insider = await takeApart(world, otter);
    const [{ id } = { id: "" }] = await slate.client.messages(channel);
    const copied = Uint8Array.from(id.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
    await insider.say({ id: copied, content: { kind: "text", text: "I agree" } });
    await say(slate, "and I stay");
    for (const seat of honest) {
      const said = (await seat.client.messages(channel)).map(
        ({ from, body }) => `${from}: ${body}`,
      );
      expect(said).toEqual(["Slate: I agree", "Otter: I agree", "Slate: and I stay"]);
    }
  });

  test("of another log is named in every fork alarm that he raises, and stops nobody", async () => {
    const { world, otter, heron, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    await insider.say({ seen: { position: 2, head: random(32) } });
    await insider.say({ seen: { position: 1_000, head: random(32) } });
    await insider.say({ previous: random(32) });
    await say(heron, "and on");
    for (const seat of honest) {
      expect(alarmsOf(seat)).toEqual(["fork Otter"]);
      expect(await seat.texts()).toEqual(["and on"]);
    }
    expect(new Set(honest.map(wordsOf)).size).toBe(1);
  });

  test("two things under one number is named, and the second is not shown", async () => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { counter } = insider.channel.session;
    await insider.say({ counter, content: { kind: "text", text: "yes" } });
    await insider.say({ counter, content: { kind: "text", text: "no" } });
    for (const seat of honest) {
      expect(await seat.texts()).toEqual(["yes"]);
      expect(alarmsOf(seat)).toEqual(["replay Otter"]);
    }
  });

  test("of a commit that he says he cannot follow halts nobody and is a complaint of his", async () => {
    const { world, otter, slate, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    await insider.say({ content: { kind: "complaint", position: 3, committer: 0 } });
    await say(slate, "nothing is wrong here");
    for (const seat of honest) {
      expect(alarmsOf(seat)).toEqual(["complaint Otter"]);
      expect(statusOf(seat).state).toBe("open");
    }
  });
});

/** A commit in which one seat gets a path secret that it cannot open; everything that is public holds. */
function halfGood(group: Group, cheatedNode: number) {
  const victim = encryptionKeyAt(group.state.tree, cheatedNode);
  const { kem } = group.suite;
  const elsewhere = kem.deriveKeyPair(random(32)).publicKey;
  const encapsulate: typeof kem.encapsulate = (key, fresh) => {
    const isVictim = victim !== null && equalBytes(key, victim);
    return kem.encapsulate(isVictim ? elsewhere : key, fresh);
  };
  const suite = { ...group.suite, kem: { ...kem, encapsulate } };
  return commit({ ...group, suite }, nothing).message;
}

describe("an insider who commits", () => {
  test("two half-good commits splits nobody: those whom the first cheats halt and name him", async () => {
    const { world, otter, slate, heron, egret } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    // Node 4 is Egret's leaf; node 1 stands for Slate and Heron together.
    await insider.post(halfGood(group, 4));
    await insider.post(halfGood(group, 1));
    await world.clock.advance(5_000);
    expect(statusOf(egret)).toMatchObject({ state: "halted", epoch: 3 });
    expect(alarmsOf(egret)).toEqual(["halted Otter"]);
    for (const seat of [slate, heron]) {
      expect(statusOf(seat)).toMatchObject({ state: "open", epoch: 4 });
      expect(alarmsOf(seat)).toEqual(["complaint Egret"]);
      expect(statusOf(seat).alarms[0]?.detail).toContain("Otter");
    }
    expect(wordsOf(slate)).toBe(wordsOf(heron));
    await soon(slate.client.remove({ channel, label: "Otter" }));
    await say(slate, "without him");
    expect(await heron.texts()).toEqual(["without him"]);
  });

  test("first, and again first, does not void the removal that is under way", async () => {
    const { world, otter, slate, honest } = await infiltrate();
    // Otter's commit stands in the log before Slate's, which is made anew by itself.
    slate.wire.fromRelay = (data) => (typeof data === "string" ? data : null);
    await soon(otter.client.rotate({ channel }));
    const removed = slate.client.remove({ channel, label: "Otter" });
    removed.catch(() => {});
    await quiet(24);
    slate.wire.fromRelay = null;
    slate.wire.hangUp();
    await world.clock.advance(5_000);
    await soon(removed);
    for (const seat of honest) {
      expect(seat.client.who(channel).map(({ label }) => label)).not.toContain("Otter");
      expect(statusOf(seat)).toMatchObject({ state: "open", gaps: [], epoch: 5 });
    }
    expect(statusOf(otter).state).toBe("removed");
  });

  test("nothing but fills the mailbox does not prevent his removal", async () => {
    const { world, otter, slate, heron, honest } = await infiltrate({ mailboxFrames: 6 });
    const insider = await takeApart(world, otter);
    const removed = slate.client.remove({ channel, label: "Otter" });
    removed.catch(() => {});
    for (let at = 0; at < 20; at++) await insider.append(random(1024));
    await soon(removed);
    await say(heron, "without him");
    for (const seat of honest) {
      expect(seat.client.who(channel).map(({ label }) => label)).not.toContain("Otter");
      expect(await seat.texts()).toEqual(["without him"]);
    }
  });

  test("nothing but fills the mailbox first does not prevent it either", async () => {
    const { world, otter, slate, heron, honest } = await infiltrate({ mailboxFrames: 6 });
    const insider = await takeApart(world, otter);
    for (let at = 0; at < 20; at++) await insider.append(random(1024));
    await soon(slate.client.remove({ channel, label: "Otter" }));
    await say(heron, "without him");
    for (const seat of honest) {
      expect(seat.client.who(channel).map(({ label }) => label)).not.toContain("Otter");
      expect(statusOf(seat).alarms).toEqual([]);
    }
  });

  test("a second seat under a member's label commits nothing, for anybody", async () => {
    const { world, otter, slate, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { keyPackage } = createKeyPackage({
      suite: xwingSuite,
      identity: encodeIdentity({ label: "Heron", person: random(16) }),
      extensionTypes: channelExtensions,
      random,
    });
    await insider.post(commit(insider.channel.group, { ...nothing, add: [keyPackage] }).message);
    await say(slate, "one Heron");
    for (const seat of honest) {
      expect(statusOf(seat)).toMatchObject({ epoch: 3, members: 4 });
      expect(statusOf(seat).gaps[0]?.detail).toContain("two seats under one label");
      expect(await seat.texts()).toEqual(["one Heron"]);
    }
  });
});

describe("a signature key that was renewed", () => {
  const forged = { content: { kind: "text", text: "I accept" } } as const;

  async function stealRetired() {
    const scene = await infiltrate();
    const { slate, otter } = scene;
    const before = await stateOf(otter);
    const { signatureSecret } = (await stateOf(slate)).group.state;
    const mask = { leaf: 0, signatureSecret: signatureSecret.slice() };
    scene.heron.wire.isUp = false;
    scene.heron.wire.hangUp();
    await soon(slate.client.rotate({ channel }));
    return { ...scene, before, mask };
  }

  test("signs nothing in the new epoch, for anybody", async () => {
    const { world, otter, slate, egret, mask } = await stealRetired();
    const insider = await takeApart(world, otter);
    await insider.say(forged, mask);
    await say(slate, "under my new key");
    for (const seat of [slate, egret]) {
      expect(await seat.texts()).toEqual(["under my new key"]);
      expect(
        statusOf(seat)
          .gaps.map(({ detail }) => detail)
          .join(),
      ).toContain("signature");
    }
  });

  test("still signs late messages of its epoch: they are shown, and its owner is told", async () => {
    const { world, otter, slate, heron, egret, before, mask } = await stealRetired();
    const insider = await takeApart(world, otter, before);
    const counter = (await stateOf(slate)).session.counter + 5;
    await insider.say({ ...forged, counter }, mask);
    expect(egret.heard("message")).toMatchObject([{ from: "Slate", epoch: 3, body: "I accept" }]);
    expect(alarmsOf(slate)).toEqual(["replay Slate"]);
    expect(await slate.texts()).toEqual([]);
    // Who comes back later reads it as late, too: his window begins when he reads the commit.
    await world.clock.advance(3_600_000);
    heron.wire.isUp = true;
    await world.clock.advance(60_000);
    await world.settle(slate, heron, egret);
    expect(heron.heard("message")).toMatchObject([{ from: "Slate", epoch: 3, body: "I accept" }]);
    // The owner's next words show that its numbers are not its own.
    await say(slate, "I do not");
    for (const seat of [heron, egret]) expect(alarmsOf(seat)).toContain("reordered Slate");
  });

  test("is shut out with the window: an hour later nobody who was there reads it", async () => {
    const { world, otter, slate, egret, before, mask } = await stealRetired();
    await world.clock.advance(3_600_000);
    const insider = await takeApart(world, otter, before);
    await insider.say({ ...forged, counter: 50 }, mask);
    for (const seat of [slate, egret]) {
      expect(await seat.texts()).toEqual([]);
      expect(statusOf(seat)).toMatchObject({ gaps: [], alarms: [] });
    }
  });
});
