import { describe, expect, test } from "vitest";
import { splitAfterMs } from "#client/core/silence.ts";
import { channelName as channel, type Seat, soon } from "./cast.ts";
import {
  alarmsOf,
  isCommit,
  type Stage,
  say,
  stageHostile,
  statusOf,
  wordsOf,
} from "./hostile-stage.ts";
import { quiet } from "./kit.ts";

type Four = readonly [Seat, Seat, Seat, Seat];

/** Four seats; the relay shows Slate's commit to Slate and Heron, Otter's to Otter and Egret. */
async function forkByCommits(): Promise<Stage & { readonly four: Four; readonly before: string }> {
  const stage = await stageHostile(["Slate", "Heron", "Otter", "Egret"]);
  const four = stage.seats as unknown as Four;
  const [slate, , otter] = four;
  const before = await stage.mailbox(slate);
  stage.hostile.fork("other", [2, 3]);
  await quiet(24);
  await stage.world.clock.advance(1_000);
  await soon(slate.client.rotate({ channel }));
  await soon(otter.client.rotate({ channel }));
  await quiet(24);
  return { ...stage, four, before };
}

describe("a relay that shows two commits of one epoch to two halves", () => {
  test("stops neither of them, and the words that they compare by voice differ", async () => {
    const { four } = await forkByCommits();
    const [slate, heron, otter, egret] = four;
    await say(slate, "here");
    await say(egret, "there");
    expect(await heron.texts()).toEqual(["here"]);
    expect(await otter.texts()).toEqual(["there"]);
    expect(wordsOf(slate)).toBe(wordsOf(heron));
    expect(wordsOf(otter)).toBe(wordsOf(egret));
    expect(wordsOf(slate)).not.toBe(wordsOf(otter));
    for (const seat of four) expect(statusOf(seat)).toMatchObject({ state: "open", epoch: 4 });
  });

  test("is suspected by every seat of both halves within the bound, although each half commits on", async () => {
    const { four, world } = await forkByCommits();
    const [slate, , otter] = four;
    const begun = world.clock.now();
    for (let hours = 0; hours < 24; hours += 6) {
      await world.clock.advance(6 * 3_600_000);
      await soon(slate.client.rotate({ channel }));
      await soon(otter.client.rotate({ channel }));
    }
    expect(world.clock.now() - begun).toBe(splitAfterMs);
    const named = four.map((seat) => alarmsOf(seat).sort());
    const suspect = (...labels: string[]) => labels.map((label) => `split-suspected ${label}`);
    expect(named).toEqual([
      suspect("Egret", "Otter"),
      suspect("Egret", "Otter"),
      suspect("Heron", "Slate"),
      suspect("Heron", "Slate"),
    ]);
    expect(statusOf(slate)).toMatchObject({ state: "open", silent: ["Otter", "Egret"] });
  });

  test("and then shows one half the other's log is a certain fork at once", async () => {
    const { four, hostile, recover, before } = await forkByCommits();
    const [slate, heron, , egret] = four;
    const own = hostile.logs().get(before)?.at(-1);
    expect(own && isCommit(own)).toBe(true);
    hostile.present(1, "other");
    hostile.present(3, "main");
    await recover().catch(() => {});
    for (const seat of [heron, egret]) {
      expect(alarmsOf(seat)).toContain("fork");
      const fork = statusOf(seat).alarms.find(({ code }) => code === "fork");
      expect(fork?.detail).toContain("another commit");
      expect(statusOf(seat)).toMatchObject({ state: "open", epoch: 4 });
    }
    expect(alarmsOf(slate)).toEqual([]);
  });

  test("and shows the loser's commit behind the winner's is no more than a lost race", async () => {
    const { four, hostile, before } = await forkByCommits();
    const [slate, heron, otter] = four;
    const theirs = hostile.logs("other").get(before)?.at(-1)?.frame as Uint8Array;
    hostile.inject(theirs, before);
    await quiet(24);
    for (const seat of [slate, heron]) {
      expect(statusOf(seat)).toMatchObject({ gaps: [], alarms: [], epoch: 4 });
      // Whose commit it was stays silent here: that is what tells.
      expect(statusOf(seat).silent).toContain("Otter");
    }
    expect(statusOf(otter).epoch).toBe(4);
  });

  test("and shows a frame of the other half's new epoch leaves a gap: they share no keys", async () => {
    const { four, hostile, mailbox } = await forkByCommits();
    const [slate, heron, otter] = four;
    await say(otter, "among us");
    const theirs = hostile
      .logs("other")
      .get(await mailbox(otter))
      ?.at(-1)?.frame as Uint8Array;
    hostile.inject(theirs, await mailbox(slate));
    await quiet(24);
    for (const seat of [slate, heron]) {
      expect(statusOf(seat).gaps).toMatchObject([{ detail: "frame: the seal does not hold" }]);
      expect(await seat.texts()).toEqual([]);
    }
  });
});

describe("a relay that shows two halves other messages", () => {
  test("is found out by the first message that crosses, at every seat that it reaches", async () => {
    const { hostile, seats, world } = await stageHostile(["Slate", "Heron", "Otter", "Egret"]);
    const [slate, heron, otter, egret] = seats as unknown as Four;
    hostile.fork("other", [2, 3]);
    await quiet(24);
    await world.clock.advance(1_000);
    await say(slate, "here");
    await say(otter, "there");
    for (const seat of seats) expect(statusOf(seat).alarms).toEqual([]);
    await say(egret, "as I saw it");
    const here = [...hostile.logs().keys()].at(-1) as string;
    hostile.inject(hostile.logs("other").get(here)?.at(-1)?.frame as Uint8Array, here);
    await quiet(24);
    for (const seat of [slate, heron]) expect(alarmsOf(seat)).toContain("fork Egret");
    await say(heron, "and I");
    hostile.inject(hostile.logs().get(here)?.at(-1)?.frame as Uint8Array, here, "other");
    await quiet(24);
    for (const seat of [otter, egret]) expect(alarmsOf(seat)).toContain("fork Heron");
    for (const seat of seats) expect(statusOf(seat).state).toBe("open");
  });

  test("is found out by a late message from behind the commit that ended the epoch", async () => {
    const { hostile, seats, world, mailbox } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    const here = await mailbox(slate);
    hostile.fork("other", [2]);
    await quiet(24);
    await world.clock.advance(1_000);
    await say(otter, "one");
    await say(otter, "two");
    await soon(slate.client.rotate({ channel }));
    const [, two] = hostile.logs("other").get(here)?.slice(-2) ?? [];
    hostile.inject(two?.frame as Uint8Array, here);
    await quiet(24);
    for (const seat of [slate, heron]) expect(alarmsOf(seat)).toContain("fork Otter");
  });

  test("is found out in the next epoch by the first who says how the last one ended", async () => {
    const { hostile, seats } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    let hidden = "";
    hostile.lies(2).log = (log) => log.filter(({ frame }) => String(frame) !== hidden);
    const held = hostile.lies(0);
    held.append = (entry) => {
      if (!isCommit(entry)) hidden = String(entry.frame);
      return "store";
    };
    await say(slate, "not for Otter");
    held.append = () => "store";
    await soon(heron.client.rotate({ channel }));
    await quiet(24);
    expect(await otter.texts()).toEqual([]);
    expect(alarmsOf(slate)).toEqual(["fork Otter"]);
    expect(alarmsOf(heron)).toEqual(["fork Otter"]);
    expect(alarmsOf(otter).sort()).toEqual(["fork Heron", "fork Slate"]);
    for (const seat of seats) expect(statusOf(seat)).toMatchObject({ state: "open", epoch: 3 });
  });

  test("is found out as well after it has claimed to have lost the log", async () => {
    const { hostile, seats, recover, mailbox } = await stageHostile(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats as [Seat, Seat, Seat];
    await say(slate, "before");
    hostile.fork("empty", [0, 1, 2]);
    for (const log of hostile.logs("empty").values()) log.length = 0;
    await recover();
    for (const seat of seats) expect(alarmsOf(seat)).toEqual(["short-log"]);
    const here = await mailbox(slate);
    const length = hostile.logs("empty").get(here)?.length as number;
    hostile.lies(2).log = (log, name) =>
      name === here ? log.filter((_, at) => at !== length) : log;
    await say(slate, "not for Otter");
    await say(heron, "seen it?");
    await say(heron, "well?");
    expect(await otter.texts()).not.toContain("not for Otter");
    expect(alarmsOf(otter)).toContain("fork Heron");
    await say(otter, "what?");
    for (const seat of [slate, heron]) expect(alarmsOf(seat)).toContain("fork Otter");
  });
});
