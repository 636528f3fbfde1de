import { describe, expect, test } from "vitest";
import { openInlineLog } from "#server/inline-log.ts";
import type { Log } from "#server/log.ts";
import type { Socket } from "#server/ports.ts";
import { Reader } from "#server/reader.ts";
import { createRooms } from "#server/rooms.ts";
import { systemRandom } from "#server/system.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { decodeBatch } from "#shared/records.ts";
import { makeMailbox } from "#test/relay-client.ts";
import { frameOf, newFrameId, settle } from "./kit.ts";

/** A socket whose network takes bytes only when the test says so. */
function slowSocket() {
  const seqs: number[] = [];
  let buffered = 0;
  let most = 0;
  let drain: { bytes: number; wake: () => void } | null = null;
  const socket: Socket = {
    send(data) {
      buffered += data.length;
      most = Math.max(most, buffered);
      if (typeof data === "string") return;
      for (const record of decodeBatch(data)) if (record.kind === "frame") seqs.push(record.seq);
    },
    close: () => {},
    bufferedBytes: () => buffered,
    whenDrained: (bytes, wake) => {
      drain = { bytes, wake };
    },
  };
  const take = (): void => {
    buffered = 0;
    const wake = drain?.wake;
    drain = null;
    wake?.();
  };
  return { socket, seqs, take, most: () => most };
}

async function stage() {
  const log = openInlineLog({
    path: null,
    limits: { mailboxFramesMax: 10_000, mailboxBytesMax: 1 << 28, dataBytesMax: null },
    random: systemRandom,
  });
  const rooms = createRooms(systemRandom);
  const { mailbox } = makeMailbox();
  const append = async (count: number, bytes: number): Promise<void> => {
    const appends = Array.from({ length: count }, () => ({
      mailbox,
      frameId: newFrameId(),
      frame: frameOf(bytes),
    }));
    const results = await log.append(appends, 1);
    rooms.publish(
      appends.map((one, at) => ({ append: one, seq: (results[at] as { seq: number }).seq })),
    );
    await settle();
  };
  return { log, rooms, mailbox, append };
}

const range = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

function readerOf(log: Log, rooms: ReturnType<typeof createRooms>, socket: Socket) {
  const lives: number[] = [];
  const failures: Failure[] = [];
  const reader = new Reader(log, rooms, socket, {
    live: (_subscription, head) => lives.push(head),
    failed: (_subscription, failure) => failures.push(failure),
    delivered: () => {},
  });
  return { reader, lives, failures };
}

describe("a slow reader", () => {
  test("has a bounded amount waiting, and gets everything once, in order, when it reads again", async () => {
    const { log, rooms, mailbox, append } = await stage();
    const { socket, seqs, take, most } = slowSocket();
    const { reader, lives } = readerOf(log, rooms, socket);
    reader.start(reader.enter(mailbox, 1), 1, 0);
    // 60 MiB for a reader that takes nothing.
    for (let round = 0; round < 60; round++) await append(16, 64 * 1024);
    expect(seqs.length).toBeLessThan(40);
    // Never more than the bound and what one write may add to it.
    expect(most()).toBeLessThan(limits.bufferedBytesMax + 2 * limits.replayBytesMax);
    for (let round = 0; round < 2_000 && seqs.length < 960; round++) {
      take();
      await settle();
    }
    expect(seqs).toEqual(range(960));
    expect(most()).toBeLessThan(limits.bufferedBytesMax + 2 * limits.replayBytesMax);
    expect(lives).toEqual([0]);
    take();
    await append(1, 1024);
    expect(seqs.at(-1)).toBe(961);
  });

  test("that falls behind what has expired is told so instead of being given a log with a hole", async () => {
    const { log, rooms, mailbox, append } = await stage();
    const { socket, take } = slowSocket();
    const { reader, failures } = readerOf(log, rooms, socket);
    reader.start(reader.enter(mailbox, 1), 1, 0);
    for (let round = 0; round < 20; round++) await append(4, 64 * 1024);
    while ((await log.expire(1)) > 0);
    take();
    await settle();
    expect(failures.map(({ code }) => code)).toEqual(["expired"]);
    expect(reader.count()).toBe(0);
    expect(rooms.count()).toBe(0);
  });

  test("does not hold up the readers beside it", async () => {
    const { log, rooms, mailbox, append } = await stage();
    const slow = slowSocket();
    const fast = slowSocket();
    const one = readerOf(log, rooms, slow.socket).reader;
    const other = readerOf(log, rooms, fast.socket).reader;
    one.start(one.enter(mailbox, 1), 1, 0);
    other.start(other.enter(mailbox, 1), 1, 0);
    for (let round = 0; round < 30; round++) {
      await append(4, 64 * 1024);
      fast.take();
    }
    expect(fast.seqs).toEqual(range(120));
    expect(slow.seqs.length).toBeLessThan(40);
  });
});

describe("the log failing under a reader", () => {
  test("ends the subscriptions that were reading, by name", async () => {
    const { log, rooms, mailbox, append } = await stage();
    await append(3, 1024);
    const broken: Log = { ...log, read: () => Promise.reject(new Failure("internal", "broken")) };
    const { reader, failures } = readerOf(broken, rooms, slowSocket().socket);
    reader.start(reader.enter(mailbox, 1), 1, 3);
    await settle();
    expect(failures.map(({ code }) => code)).toEqual(["internal"]);
    expect(rooms.count()).toBe(0);
  });

  test("a hole in the log is never delivered over", async () => {
    const { log, rooms, mailbox, append } = await stage();
    await append(5, 1024);
    const holed: Log = {
      ...log,
      read: async (name, from, bytesMax) => {
        const stretch = await log.read(name, from, bytesMax);
        return { ...stretch, frames: stretch.frames.filter(({ seq }) => seq !== 3) };
      },
    };
    const { socket, seqs } = slowSocket();
    const { reader, failures } = readerOf(holed, rooms, socket);
    reader.start(reader.enter(mailbox, 1), 1, 5);
    await settle();
    expect(seqs).toEqual([]);
    expect(failures.map(({ code }) => code)).toEqual(["internal"]);
  });
});
