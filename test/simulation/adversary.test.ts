import { describe, expect, test } from "vitest";
import { openFrame } from "#client/core/frame.ts";
import { mailboxKeys } from "#client/core/mailbox.ts";
import { decodeBatch, encodeBatch, type FrameRecord, type WireRecord } from "#shared/records.ts";
import { channelName as channel, codeOf, createWorld, type Seat, soon } from "./cast.ts";
import { framesOf, openWith, stateOf, takeApart } from "./insider.ts";
import { copyStore, quiet, startTestRelay } from "./kit.ts";

const say = (seat: Seat, text: string) => seat.client.send({ channel, text });
const alarms = (seat: Seat) => seat.client.status(channel).alarms.map(({ code }) => code);

/** Lets a test change the frames on their way to one seat; null drops one. */
function tamper(seat: Seat, change: (frame: FrameRecord) => FrameRecord | null): void {
  seat.wire.fromRelay = (data) => {
    if (typeof data === "string") return data;
    const records = decodeBatch(data)
      .map((record) => (record.kind === "frame" ? change(record) : record))
      .filter((record) => record !== null);
    return records.length === 0 ? null : encodeBatch(records);
  };
}

describe("a relay that misbehaves", () => {
  test("and skips a position shows nothing behind it until it is there", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    let isDropping = true;
    tamper(heron!, (frame) => (isDropping && frame.seq === 3 ? null : frame));
    await soon(say(slate!, "one"));
    await soon(say(slate!, "two"));
    await soon(say(slate!, "three"));
    await world.clock.advance(60_000);
    expect(await heron!.texts()).toEqual([]);
    isDropping = false;
    await world.clock.advance(60_000);
    expect(await heron!.texts()).toEqual(["one", "two", "three"]);
    expect(heron!.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
  });

  test("and flips a bit leaves a gap, and the next message shows the fork", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    tamper(heron!, (record) => {
      if (record.seq !== 3) return record;
      const frame = record.frame.slice();
      frame[500] = (frame[500] as number) ^ 1;
      return { ...record, frame };
    });
    await soon(say(slate!, "spoilt"));
    await soon(say(slate!, "whole"));
    expect(await heron!.texts()).toEqual(["whole"]);
    const { gaps } = heron!.client.status(channel);
    expect(gaps[0]).toMatchObject({ seq: 3, from: null, detail: "frame: the seal does not hold" });
    expect(gaps[1]).toMatchObject({ from: "Slate", missing: 1 });
    expect(heron!.heard("alarm")).toMatchObject([{ code: "fork", from: "Slate" }]);
    // The alarm asks for a decision and blocks nothing.
    await soon(heron!.client.rotate({ channel }));
    await world.settle(slate!, heron!);
    expect(slate!.client.status(channel).epoch).toBe(2);
  });

  test("and sends a position twice changes nothing", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    heron!.wire.fromRelay = (data) => {
      if (typeof data === "string") return data;
      const records = decodeBatch(data);
      return encodeBatch(
        records.flatMap((one): WireRecord[] => {
          return one.kind === "frame" ? [one, one] : [one];
        }),
      );
    };
    await soon(say(slate!, "once"));
    expect(await heron!.texts()).toEqual(["once"]);
    expect(heron!.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
  });

  test("and has pruned what was not read strands a seat, which says so and sends no more", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    heron!.wire.isUp = false;
    heron!.wire.hangUp();
    await soon(say(slate!, "unread"));
    await world.clock.advance(9 * 24 * 3_600_000);
    await world.relay.expire();
    heron!.wire.isUp = true;
    await world.clock.advance(60_000);
    expect(heron!.client.status(channel).state).toBe("stranded");
    expect(alarms(heron!)).toContain("stranded");
    expect(await codeOf(say(heron!, "too late"))).toBe("stranded");
  });

  test("and lost its log gets it back under the same frame ids", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    otter!.wire.isUp = false;
    otter!.wire.hangUp();
    await soon(say(slate!, "one"));
    await soon(say(heron!, "two"));
    await world.settle(slate!, heron!);
    await world.relay.close();
    world.relay = await startTestRelay(world.clock);
    await world.clock.advance(5_000);
    expect(alarms(slate!)).toContain("short-log");
    expect(alarms(heron!)).toContain("short-log");
    expect(await slate!.texts()).toEqual(["one", "two"]);
    otter!.wire.isUp = true;
    await world.clock.advance(60_000);
    expect((await otter!.texts()).sort()).toEqual(["one", "two"]);
    await soon(say(otter!, "three"));
    await world.settle(slate!, heron!, otter!);
    expect(await heron!.texts()).toEqual(["one", "two", "three"]);
    expect(heron!.heard("alarm").map(({ code }) => code)).toEqual(["short-log"]);
  });
});

describe("a removed member", () => {
  test("with all his state can neither open nor write the next epoch's mailbox", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    await soon(slate!.client.remove({ channel, label: "Heron" }));
    await soon(say(slate!, "among ourselves"));
    await world.settle(slate!, otter!);
    const { keys: next } = await stateOf(slate!);
    const frames = await framesOf(world, slate!);
    const insider = await takeApart(world, heron!);
    // The relay's challenge asks for the mailbox's own key, which comes from an epoch he is not in.
    const forged = { ...insider.channel.keys, publicKey: next.publicKey, name: next.name };
    expect(await openWith(world, heron!, forged)).toEqual(["bad-signature"]);
    // Nor does a single frame of that mailbox open under any key that he has.
    expect(frames.length).toBeGreaterThan(0);
    const { group, keys } = insider.channel;
    for (let overflow = 0; overflow < 3; overflow++) {
      const { frameKey } = mailboxKeys(group, overflow);
      for (const frame of frames) {
        expect(() => openFrame({ frameKey, publicKey: next.publicKey }, frame)).toThrow("seal");
        expect(() => openFrame(keys, frame)).toThrow("seal");
      }
    }
  });
});

describe("a vault that was copied", () => {
  test("finds its own messages in the log, says so and never sends again", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    const backup = copyStore(heron!.store);
    await soon(say(heron!, "after the backup"));
    await world.settle(slate!, heron!);
    await heron!.reopen(backup);
    await quiet(24);
    expect(heron!.client.status(channel).state).toBe("rolled-back");
    expect(alarms(heron!)).toEqual(["rolled-back"]);
    expect(await codeOf(say(heron!, "twice"))).toBe("rolled-back");
    expect(await codeOf(heron!.client.rotate({ channel }))).toBe("rolled-back");
  });

  test("finds its own commit in the log", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    const backup = copyStore(heron!.store);
    await soon(heron!.client.rotate({ channel }));
    await world.settle(slate!, heron!);
    await heron!.reopen(backup);
    await quiet(24);
    expect(heron!.client.status(channel).state).toBe("rolled-back");
  });

  test("that knows all its messages is no old copy", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    await soon(say(heron!, "before the backup"));
    await world.settle(slate!, heron!);
    await heron!.reopen(copyStore(heron!.store));
    await quiet(24);
    await soon(say(heron!, "after it"));
    expect(await slate!.texts()).toEqual(["before the backup", "after it"]);
  });
});
