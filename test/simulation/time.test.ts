import { describe, expect, test } from "vitest";
import type { Store } from "#client/core/ports.ts";
import { utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { channelName as channel, codeOf, createWorld, type Seat, soon } from "./cast.ts";
import { quiet } from "./kit.ts";

const say = (seat: Seat, text: string) => seat.client.send({ channel, text });

/** Whether some record of a vault holds these letters in a row. */
function holds(seat: Seat, text: string): boolean {
  const wanted = Buffer.from(utf8(text));
  return [...seat.store.records.values()].some((bytes) => Buffer.from(bytes).includes(wanted));
}

/** Heron talks into the epoch that Slate's rotation has just ended, and then falls silent. */
async function talkLate(waitMs: number) {
  const world = await createWorld();
  const [slate, heron] = (await world.gather(["Slate", "Heron"])) as [Seat, Seat];
  heron.wire.fromRelay = () => null;
  await soon(slate.client.rotate({ channel }));
  await world.clock.advance(waitMs);
  say(heron, "too late?").catch(() => {});
  await quiet(24);
  return { world, slate, heron };
}

describe("the late window", () => {
  test("lets a message of the epoch before be read, once, under its old epoch", async () => {
    const { world, slate, heron } = await talkLate(60_000);
    expect(slate.heard("message")).toMatchObject([{ body: "too late?", epoch: 1 }]);
    heron.wire.fromRelay = null;
    heron.wire.hangUp();
    await world.clock.advance(60_000);
    await world.settle(slate, heron);
    expect(slate.heard("message")).toHaveLength(1);
    expect(await heron.texts()).toEqual(["too late?"]);
    expect(slate.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
  });

  test("is shut after its time: then the message is read when its author sends it anew", async () => {
    const { world, slate, heron } = await talkLate(121_000);
    expect(slate.heard("message")).toEqual([]);
    expect([...slate.store.records.keys()].filter((key) => key.includes("/late"))).toEqual([]);
    heron.wire.fromRelay = null;
    heron.wire.hangUp();
    await world.clock.advance(60_000);
    await world.settle(slate, heron);
    expect(slate.heard("message")).toMatchObject([{ body: "too late?", epoch: 2 }]);
  });

  test("is shut by the next commit, one epoch back and no more", async () => {
    const world = await createWorld();
    const [slate] = await world.gather(["Slate", "Heron"]);
    await soon(slate!.client.rotate({ channel }));
    const kept = () =>
      [...slate!.store.records.keys()].flatMap(
        (key) => /\/late\/(\d+)\/epoch$/.exec(key)?.[1] ?? [],
      );
    expect(kept()).toEqual(["1"]);
    await soon(slate!.client.rotate({ channel }));
    expect(kept()).toEqual(["2"]);
    await world.clock.advance(121_000);
    expect(kept()).toEqual([]);
  });
});

describe("a full mailbox", () => {
  test("goes on in overflow mailboxes, read in order by who was there and who was not", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"], {
      mailboxFrames: 4,
    });
    otter!.wire.isUp = false;
    otter!.wire.hangUp();
    const texts = Array.from({ length: 11 }, (_, at) => `text ${at}`);
    for (const text of texts) await soon(say(text.endsWith("3") ? heron! : slate!, text));
    await world.settle(slate!, heron!);
    expect(await heron!.texts()).toEqual(texts);
    otter!.wire.isUp = true;
    await world.clock.advance(60_000);
    await world.settle(otter!);
    expect(await otter!.texts()).toEqual(texts);
    expect(otter!.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
    // Nobody can fill a mailbox to prevent his own removal.
    await soon(slate!.client.remove({ channel, label: "Heron" }));
    expect(heron!.client.status(channel).state).toBe("removed");
  });

  test("takes every text of two seats that write at once, in one order for both", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"], { mailboxFrames: 3 });
    const sent = [0, 1, 2, 3, 4, 5].flatMap((at) => [say(slate!, `S${at}`), say(heron!, `H${at}`)]);
    await quiet(48);
    await world.clock.advance(30_000);
    await Promise.all(sent);
    await world.settle(slate!, heron!);
    const texts = await slate!.texts();
    expect(texts).toHaveLength(12);
    expect(await heron!.texts()).toEqual(texts);
    expect(slate!.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
  });
});

describe("forgetting", () => {
  test("a text is gone from view and vault when its timer runs out", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    await soon(say(slate!, "stays for ever"));
    await soon(slate!.client.setTimer({ channel, timerMs: 60_000 }));
    await world.settle(slate!, heron!);
    await soon(say(slate!, "burn after reading"));
    expect(holds(heron!, "burn after reading")).toBe(true);
    await world.clock.advance(59_000);
    expect(await heron!.texts()).toEqual(["stays for ever", "burn after reading"]);
    await world.clock.advance(2_000);
    for (const seat of [slate!, heron!]) {
      expect(await seat.texts()).toEqual(["stays for ever"]);
      expect(holds(seat, "burn after reading")).toBe(false);
      expect(seat.heard("forgotten")).toMatchObject([{ messages: 1 }]);
    }
  });

  test("a channel is gone from the vault at its sunset", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"], { sunsetMs: 3_600_000 });
    await soon(say(slate!, "until tonight"));
    await world.clock.advance(3_600_000);
    expect(slate!.client.channels()).toEqual([]);
    expect([...slate!.store.records.keys()]).toEqual([]);
    expect([...heron!.store.records.keys()]).toEqual([]);
    expect(slate!.heard("state")).toMatchObject([{ state: "closed" }]);
  });

  test("wipe leaves no record", async () => {
    const world = await createWorld();
    const [slate] = await world.gather(["Slate", "Heron"]);
    await soon(slate!.client.wipe({ channel }));
    expect([...slate!.store.records.keys()]).toEqual([]);
    expect(await codeOf((async () => slate!.client.who(channel))())).toBe("no-channel");
  });
});

describe("keys are renewed", () => {
  test("by themselves after a number of messages, and by time", async () => {
    const world = await createWorld();
    const update = { afterMessages: 5, afterMs: 3_600_000 };
    const [slate, heron] = await world.gather(["Slate", "Heron"], { update });
    for (let at = 0; at < 5; at++) await soon(say(heron!, `text ${at}`));
    await world.settle(slate!, heron!);
    const epoch = slate!.client.status(channel).epoch;
    expect(epoch).toBeGreaterThan(1);
    await world.clock.advance(3_600_000);
    await world.settle(slate!, heron!);
    expect(slate!.client.status(channel).epoch).toBeGreaterThan(epoch);
    expect(slate!.heard("epoch").at(-1)).toMatchObject({ rotated: true });
  });

  test("never, when the policy says never", async () => {
    const world = await createWorld();
    const update = { afterMessages: null, afterMs: null };
    const [slate, heron] = await world.gather(["Slate", "Heron"], { update });
    for (let at = 0; at < 5; at++) await soon(say(heron!, `text ${at}`));
    await world.clock.advance(48 * 3_600_000);
    expect(slate!.client.status(channel).epoch).toBe(1);
  });
});

describe("what cannot be done now", () => {
  test("a text waits in the outbox while the relay is away, and goes out when it is back", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    slate!.wire.isUp = false;
    slate!.wire.hangUp();
    const sent = say(slate!, "patience");
    sent.catch(() => {});
    await world.clock.advance(11_000);
    expect(await codeOf(sent)).toBe("network");
    expect(slate!.client.status(channel).outbox).toBe(1);
    await slate!.reopen();
    slate!.wire.isUp = true;
    await world.clock.advance(31_000);
    await world.settle(slate!, heron!);
    expect(await heron!.texts()).toEqual(["patience"]);
    expect(slate!.client.status(channel).outbox).toBe(0);
  });

  test("a full disk refuses the text by name and changes nothing", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    let isFull = false;
    const store: Store = {
      keys: (prefix) => slate!.store.keys(prefix),
      read: (key) => slate!.store.read(key),
      save(changes) {
        if (isFull) return Promise.reject(new Failure("disk-full", "vault: no space left"));
        return slate!.store.save(changes);
      },
    };
    await slate!.reopen(store);
    await world.settle(slate!);
    isFull = true;
    expect(await codeOf(say(slate!, "no room"))).toBe("disk-full");
    await soon(say(heron!, "meanwhile"));
    isFull = false;
    await world.clock.advance(60_000);
    await soon(say(slate!, "room again"));
    await world.settle(slate!, heron!);
    expect(await heron!.texts()).toEqual(["meanwhile", "room again"]);
    expect(await slate!.texts()).toEqual(["meanwhile", "room again"]);
    expect(slate!.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
  });

  test("a seat that stays silent for a day raises split suspected, and blocks nothing", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    heron!.wire.isUp = false;
    heron!.wire.hangUp();
    await soon(slate!.client.rotate({ channel }));
    await world.clock.advance(25 * 3_600_000);
    expect(slate!.heard("alarm").map(({ code }) => code)).toContain("split-suspected");
    expect(slate!.client.status(channel).silent).toEqual(["Heron"]);
    await soon(say(slate!, "anybody?"));
  });

  test("unknown names, labels and texts too large are refused as usage", async () => {
    const world = await createWorld();
    const [slate] = await world.gather(["Slate", "Heron"]);
    const { client } = slate!;
    expect(await codeOf(client.send({ channel: "nowhere", text: "?" }))).toBe("no-channel");
    expect(await codeOf(client.remove({ channel, label: "Nobody" }))).toBe("not-found");
    expect(await codeOf(client.remove({ channel, label: "Slate" }))).toBe("usage");
    expect(await codeOf(say(slate!, "x".repeat(256 * 1024 + 1)))).toBe("too-large");
    const again = { name: channel, label: "Slate", relay: "relay.test", approvals: 1 };
    expect(await codeOf(client.openChannel(again))).toBe("usage");
    const bell = { ...again, name: "other", label: "bell\u0007" };
    expect(await codeOf(client.openChannel(bell))).toBe("usage");
  });
});
