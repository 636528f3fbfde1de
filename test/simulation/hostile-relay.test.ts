import { describe, expect, test } from "vitest";
import { channelName as channel, type Seat, soon } from "./cast.ts";
import { alarmsOf, isCommit, say, stageHostile, statusOf, wordsOf } from "./hostile-stage.ts";
import { quiet, seededRandom } from "./kit.ts";

const random = seededRandom(31);

describe("a hostile relay that spoils the order on the way", () => {
  test("and delays one seat's frames is told from silence by nobody, and costs nothing", async () => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    let isHeld = true;
    hostile.lies(1).log = (log) => (isHeld ? log.slice(0, 2) : log);
    await say(slate, "one");
    await say(otter, "two");
    expect(await heron.texts()).toEqual([]);
    isHeld = false;
    await recover();
    expect(await heron.texts()).toEqual(["one", "two"]);
    for (const seat of seats) expect(statusOf(seat)).toMatchObject({ gaps: [], alarms: [] });
  });

  test.each([
    ["reverses them", (frames: readonly unknown[]) => [...frames].reverse()],
    ["sends each three times", (frames: readonly unknown[]) => frames.flatMap((f) => [f, f, f])],
    ["drops every other one", (frames: readonly unknown[]) => frames.filter((_, at) => at % 2)],
  ])("and %s: every seat reads every text once, in the log's order", async (_what, spoil) => {
    const { hostile, world, seats, recover } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    hostile.lies(1).log = (log) => log.slice(0, 2);
    for (const text of ["one", "two", "three", "four"]) await say(slate, text);
    hostile.lies(1).log = (log) => log;
    let times = 0;
    hostile.lies(1).transit = (frames) => (times++ < 5 ? (spoil(frames) as never) : frames);
    await recover();
    await world.clock.advance(120_000);
    await say(heron, "five");
    await recover();
    const texts = ["one", "two", "three", "four", "five"];
    for (const seat of [slate, heron, otter]) {
      expect(await seat.texts()).toEqual(texts);
      expect(statusOf(seat)).toMatchObject({ gaps: [], alarms: [] });
    }
  });

  test("and swaps two frames of one author in the log is noticed by all, in his name", async () => {
    const { hostile, seats, mailbox, recover } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    const readers = [heron, otter];
    const before = hostile.logs().get(await mailbox(slate))?.length as number;
    for (const client of [1, 2]) hostile.lies(client).log = (log) => log.slice(0, before);
    await say(slate, "first");
    await say(slate, "second");
    for (const client of [1, 2]) {
      hostile.lies(client).log = (log) => {
        const [one, two, ...rest] = log.slice(before);
        return one && two ? [...log.slice(0, before), two, one, ...rest] : log;
      };
    }
    await recover();
    for (const seat of readers) {
      expect((await seat.texts()).sort()).toEqual(["first", "second"]);
      expect(alarmsOf(seat)).toContain("reordered Slate");
    }
    await say(heron, "and on");
    expect(alarmsOf(slate)).toContain("fork Heron");
    expect(wordsOf(slate)).toBe(wordsOf(heron));
  });
});

describe("a hostile relay that puts frames into the log", () => {
  test("which nobody made leaves a gap at every seat, and the channel goes on", async () => {
    const { hostile, seats, mailbox } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron] = seats as [Seat, Seat];
    for (let at = 0; at < 3; at++) hostile.inject(random(1024), await mailbox(slate));
    hostile.inject(random(4096), await mailbox(slate));
    await quiet(24);
    await say(heron, "and on");
    await soon(slate.client.rotate({ channel }));
    for (const seat of seats) {
      expect(await seat.texts()).toEqual(["and on"]);
      expect(statusOf(seat)).toMatchObject({ epoch: 3, alarms: [] });
      expect(statusOf(seat).gaps).toHaveLength(4);
    }
  });

  test("from an earlier epoch leaves a gap at every seat, its author's too", async () => {
    const { hostile, seats, mailbox } = await stageHostile(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    await say(slate, "once");
    const old = hostile
      .logs()
      .get(await mailbox(slate))
      ?.at(-1)?.frame as Uint8Array;
    await soon(heron.client.rotate({ channel }));
    await quiet(24);
    hostile.inject(old, await mailbox(slate));
    await quiet(24);
    for (const seat of seats) {
      expect(await seat.texts()).toEqual(["once"]);
      expect(statusOf(seat).gaps).toMatchObject([
        { epoch: 2, detail: "frame: the seal does not hold" },
      ]);
    }
  });

  test("from another channel leaves a gap at every seat", async () => {
    const other = await stageHostile(["Egret", "Stoat"]);
    await say(other.seats[0] as Seat, "not for here");
    const [mailbox] = [await other.mailbox(other.seats[0] as Seat)];
    const frame = other.hostile.logs().get(mailbox)?.at(-1)?.frame as Uint8Array;
    const { hostile, seats, ...stage } = await stageHostile(["Slate", "Heron"]);
    hostile.inject(frame, await stage.mailbox(seats[0] as Seat));
    await quiet(24);
    for (const seat of seats) {
      expect(statusOf(seat)).toMatchObject({ alarms: [] });
      expect(statusOf(seat).gaps).toHaveLength(1);
    }
  });

  test("a second time is a replay to every seat, however long ago the first was", async () => {
    const { hostile, seats, mailbox } = await stageHostile(["Slate", "Heron"], {
      update: { afterMessages: null, afterMs: null },
    });
    const [slate, heron] = seats as [Seat, Seat];
    await say(slate, "once");
    const frame = hostile
      .logs()
      .get(await mailbox(slate))
      ?.at(-1)?.frame as Uint8Array;
    for (let at = 0; at < 70; at++) await say(heron, `text ${at}`);
    hostile.inject(frame, await mailbox(slate));
    await quiet(24);
    for (const seat of seats) {
      expect(alarmsOf(seat)).toEqual(["replay"]);
      expect((await seat.texts()).filter((text) => text === "once")).toHaveLength(1);
    }
  });

  test("for one seat only is a fork to everybody with the next message", async () => {
    const { hostile, seats } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    const extra = { frameId: random(16), frame: random(1024), by: -1 };
    let at = -1;
    hostile.lies(1).log = (log) => {
      if (at < 0) at = log.length;
      return [...log.slice(0, at), extra, ...log.slice(at)];
    };
    hostile.tell();
    await quiet(24);
    // What Slate had seen lies before it; what he sees from now on does not.
    await say(slate, "as I see it");
    await say(heron, "as I see it");
    expect(alarmsOf(slate)).toEqual(["fork Heron"]);
    expect(alarmsOf(otter)).toEqual(["fork Heron"]);
    await say(slate, "do you?");
    expect(alarmsOf(heron)).toEqual(["fork Slate"]);
    await soon(otter.client.rotate({ channel }));
    for (const seat of seats) expect(statusOf(seat).epoch).toBe(3);
  });
});

describe("a hostile relay that withholds one member's commits", () => {
  test("and does not ack them leaves him told, all in one epoch, and heals when it ends", async () => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    hostile.lies(2).append = (entry) => (isCommit(entry) ? "ignore" : "store");
    const rotated = otter.client.rotate({ channel });
    rotated.catch(() => {});
    await say(slate, "we talk on");
    expect(await otter.texts()).toEqual(["we talk on"]);
    expect(statusOf(otter)).toMatchObject({ outbox: 1, epoch: 2 });
    hostile.lies(2).append = () => "store";
    hostile.hangUp(2);
    await recover();
    for (const seat of seats) {
      expect(statusOf(seat)).toMatchObject({ epoch: 3, alarms: [], silent: [] });
    }
    await say(heron, "healed");
  });

  test("but acks them is found out by the next frame that takes their place", async () => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    hostile.lies(2).append = (entry) => (isCommit(entry) ? "swallow" : "store");
    otter.client.rotate({ channel }).catch(() => {});
    await quiet(24);
    expect(alarmsOf(otter)).toEqual([]);
    await say(slate, "we talk on");
    expect(alarmsOf(otter)).toEqual(["short-log"]);
    // It is posted again at once, and again swallowed; honest again, the relay takes it.
    hostile.lies(2).append = () => "store";
    hostile.hangUp(2);
    await recover();
    for (const seat of seats) expect(statusOf(seat)).toMatchObject({ epoch: 3 });
    await say(otter, "healed");
    expect(await heron.texts()).toEqual(["we talk on", "healed"]);
    expect(alarmsOf(heron)).toEqual([]);
  });

  test("and acks a text at a place that another frame has is found out at once", async () => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    hostile.lies(0).append = () => "swallow";
    hostile.lies(0).acked = () => 1;
    slate.client.send({ channel, text: "heard by nobody" }).catch(() => {});
    await quiet(24);
    expect(alarmsOf(slate)).toEqual(["short-log"]);
    expect(slate.heard("sent")).toEqual([]);
    hostile.lies(0).append = () => "store";
    hostile.lies(0).acked = (seq) => seq;
    hostile.hangUp(0);
    await recover();
    expect(await heron.texts()).toEqual(["heard by nobody"]);
    expect(slate.heard("sent")).toHaveLength(1);
  });

  test("and its leave: the seat stays, silent, and is named within the bound", async () => {
    const { hostile, world, seats, mailbox } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    const here = await mailbox(slate);
    const before = hostile.logs().get(here)?.length as number;
    for (const client of [0, 1]) {
      hostile.lies(client).log = (log, name) => {
        return name === here ? log.filter(({ by }, at) => at < before || by !== 2) : log;
      };
    }
    await soon(otter.client.leave({ channel }));
    expect(statusOf(otter).state).toBe("left");
    await soon(slate.client.rotate({ channel }));
    await world.clock.advance(25 * 3_600_000);
    for (const seat of [slate, heron]) expect(alarmsOf(seat)).toContain("split-suspected Otter");
    await soon(slate.client.remove({ channel, label: "Otter" }));
    expect(slate.client.who(channel).map(({ label }) => label)).toEqual(["Slate", "Heron"]);
  });
});

describe("a hostile relay that lies about the end of the log", () => {
  test("and serves an old one on reconnection is named, and gets back what it has lost", async () => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    await say(slate, "one");
    await say(heron, "two");
    const stored = [...hostile.logs().values()].at(-1)?.length as number;
    hostile.fork("old", [0, 1, 2]);
    for (const log of hostile.logs("old").values()) log.splice(2);
    await recover();
    for (const seat of [slate, heron, otter]) {
      expect(alarmsOf(seat)).toEqual(["short-log"]);
      expect(await seat.texts()).toEqual(["one", "two"]);
    }
    expect([...hostile.logs("old").values()].at(-1)).toHaveLength(stored);
    await say(otter, "three");
    for (const seat of seats) {
      expect(await seat.texts()).toEqual(["one", "two", "three"]);
      expect(alarmsOf(seat)).toEqual(["short-log"]);
    }
  });

  test("and has lost the epoch's earlier mailboxes too gets them back for who was away", async () => {
    const { hostile, world, seats, recover } = await stageHostile(["Slate", "Heron", "Otter"], {
      mailboxFrames: 4,
    });
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    otter.wire.isUp = false;
    otter.wire.hangUp();
    const texts = Array.from({ length: 11 }, (_, at) => `text ${at}`);
    for (const text of texts) await say(text.endsWith("3") ? heron : slate, text);
    hostile.fork("empty", [0, 1, 2]);
    for (const log of hostile.logs("empty").values()) log.length = 0;
    await quiet(24);
    await world.clock.advance(5_000);
    for (const seat of [slate, heron]) expect(alarmsOf(seat)).toEqual(["short-log"]);
    otter.wire.isUp = true;
    await recover();
    expect((await otter.texts()).sort()).toEqual([...texts].sort());
    for (const seat of [slate, heron]) expect(await seat.texts()).toEqual(texts);
    await say(otter, "all of it");
    expect((await slate.texts()).at(-1)).toBe("all of it");
  });

  test.each([
    ["too low", (head: number) => Math.max(0, head - 2), ["short-log"], true],
    ["too high", (head: number) => head + 7, [], true],
  ])("whose head it says is %s", async (_what, lie, expected, isCaughtUp) => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    await say(slate, "one");
    await say(slate, "two");
    hostile.lies(1).opened = lie;
    hostile.hangUp(1);
    await recover();
    await say(slate, "three");
    await say(heron, "four");
    expect(alarmsOf(heron)).toEqual(expected);
    expect(alarmsOf(slate)).toEqual([]);
    expect(statusOf(heron).caughtUp).toBe(isCaughtUp);
    for (const seat of seats) expect(await seat.texts()).toEqual(["one", "two", "three", "four"]);
  });

  test("by saying that there is more than it shows leaves the seat not caught up", async () => {
    const { hostile, world, seats, recover } = await stageHostile(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    hostile.lies(1).live = (head) => head + 1;
    hostile.hangUp(1);
    await quiet(24);
    await world.clock.advance(65_000);
    expect(statusOf(heron).caughtUp).toBe(false);
    hostile.lies(1).live = (head) => head;
    await say(slate, "there is no more");
    hostile.hangUp(1);
    await recover();
    expect(statusOf(heron)).toMatchObject({ caughtUp: true, alarms: [] });
    expect(await heron.texts()).toEqual(["there is no more"]);
  });

  test("by saying too early that all is shown hides only what an honest relay may still bring", async () => {
    const { hostile, seats, recover } = await stageHostile(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    hostile.lies(1).log = (log) => log.slice(0, 2);
    hostile.hangUp(1);
    await say(slate, "hidden");
    await recover();
    expect(statusOf(heron)).toMatchObject({ caughtUp: true, alarms: [] });
    // What Heron says without having seen it tells the others; what he reads later tells him.
    const sent = heron.client.send({ channel, text: "what do you think?" });
    await quiet(24);
    hostile.lies(1).log = (log) => log;
    await recover();
    await sent;
    expect(await heron.texts()).toEqual(["hidden", "what do you think?"]);
  });
});
