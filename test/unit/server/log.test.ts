import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openInlineLog } from "#server/inline-log.ts";
import type { Append, Appended, Log, LogLimits } from "#server/log.ts";
import { systemRandom } from "#server/system.ts";
import { openWorkerLog } from "#server/worker-log.ts";
import { Failure } from "#shared/failure.ts";
import { makeMailbox } from "#test/relay-client.ts";
import { frameOf, newFrameId } from "./kit.ts";

const roomy: LogLimits = { mailboxFramesMax: 1_000, mailboxBytesMax: 1 << 24, dataBytesMax: null };
type Open = (path: string | null, limits?: Partial<LogLimits>) => Promise<Log>;
const openInline: Open = async (path, limits) =>
  openInlineLog({ path, limits: { ...roomy, ...limits }, random: systemRandom });
const openWorker: Open = (path, limits) =>
  openWorkerLog({ path, limits: { ...roomy, ...limits } }, () => {});

let folder = "";
let open: Log[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backchannel-log-"));
});
afterEach(async () => {
  for (const log of open) await log.close();
  open = [];
  rmSync(folder, { recursive: true });
});

const file = (): string => join(folder, "relay.sqlite");
const hour = 500_000;
const fresh = (mailbox: Uint8Array, frame = frameOf(100)): Append => ({
  mailbox,
  frameId: newFrameId(),
  frame,
});
const seqsOf = (results: readonly Appended[]) =>
  results.map((result) => (result.kind === "refused" ? result.code : result.seq));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

/** Everything that the files in the folder hold, as one buffer. */
function onDisk(): Buffer {
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

describe.each([
  ["inline, in memory", openInline, (): string | null => null],
  ["inline, on a file", openInline, file],
  ["in a worker, on a file", openWorker, file],
] as const)("a log %s", (_name, openLog, path) => {
  const start: Open = async (at, limits) => {
    const log = await openLog(at, limits);
    open.push(log);
    return log;
  };

  test("gives each mailbox positions of its own, from 1 and without holes", async () => {
    const log = await start(path());
    const { mailbox: one } = makeMailbox();
    const { mailbox: two } = makeMailbox();
    const batch = [fresh(one), fresh(two), fresh(one), fresh(one), fresh(two)];
    expect(seqsOf(await log.append(batch, hour))).toEqual([1, 1, 2, 3, 2]);
    expect(seqsOf(await log.append([fresh(two)], hour))).toEqual([3]);
    expect(await log.extent(one)).toEqual({ head: 3, oldest: 1 });
  });

  test("reads back exactly what was appended, from any position", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    const appends = Array.from({ length: 40 }, (_, at) => fresh(mailbox, frameOf(at + 1, at)));
    await log.append(appends, hour);
    const { frames, head } = await log.read(mailbox, 8, 1 << 20);
    expect(head).toBe(40);
    expect(frames.map(({ seq }) => seq)).toEqual(Array.from({ length: 33 }, (_, at) => at + 8));
    for (const { seq, frameId, frame } of frames) {
      expect(Uint8Array.from(frameId)).toEqual(appends[seq - 1]?.frameId);
      expect(Uint8Array.from(frame)).toEqual(appends[seq - 1]?.frame);
    }
  });

  test("reads at most the bytes asked for, and at least one frame", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    await log.append(
      [1, 2, 3, 4].map(() => fresh(mailbox, frameOf(1_000))),
      hour,
    );
    expect((await log.read(mailbox, 1, 2_500)).frames.length).toBe(2);
    expect((await log.read(mailbox, 1, 10)).frames.length).toBe(1);
    expect((await log.read(mailbox, 5, 2_500)).frames.length).toBe(0);
  });

  test("says that a mailbox nobody wrote to is empty, and keeps nothing of it", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    expect(await log.extent(mailbox)).toEqual({ head: 0, oldest: 1 });
    expect(await log.read(mailbox, 1, 100)).toEqual({ head: 0, oldest: 1, frames: [] });
    await log.checkpoint();
    if (path() !== null) expect(onDisk().includes(Buffer.from(mailbox))).toBe(false);
  });

  test("stores a retry once, in one batch and across batches", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    const append = fresh(mailbox);
    expect(await log.append([append, append], hour)).toEqual([
      { kind: "stored", seq: 1 },
      { kind: "again", seq: 1 },
    ]);
    expect(await log.append([append], hour)).toEqual([{ kind: "again", seq: 1 }]);
    expect(await log.extent(mailbox)).toEqual({ head: 1, oldest: 1 });
  });

  test("takes the same frame id in two mailboxes for two frames", async () => {
    const log = await start(path());
    const append = fresh(makeMailbox().mailbox);
    const other = { ...append, mailbox: makeMailbox().mailbox };
    expect(seqsOf(await log.append([append, other], hour))).toEqual([1, 1]);
  });

  test("refuses a known frame id with other bytes, and stores the rest of the batch", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    const append = fresh(mailbox);
    await log.append([append], hour);
    const changed = { ...append, frame: frameOf(100, 8) };
    expect(seqsOf(await log.append([changed, fresh(mailbox)], hour))).toEqual(["bad-message", 2]);
  });

  test("refuses what is over a mailbox's frames or bytes, but still answers a retry", async () => {
    const log = await start(path(), { mailboxFramesMax: 2 });
    const { mailbox } = makeMailbox();
    const first = fresh(mailbox);
    const batch = [first, fresh(mailbox), fresh(mailbox), first];
    expect(seqsOf(await log.append(batch, hour))).toEqual([1, 2, "mailbox-full", 1]);
  });

  test("counts a mailbox's bytes", async () => {
    const log = await start(path(), { mailboxBytesMax: 250 });
    const { mailbox } = makeMailbox();
    const batch = [fresh(mailbox), fresh(mailbox), fresh(mailbox), fresh(mailbox, frameOf(50))];
    expect(seqsOf(await log.append(batch, hour))).toEqual([1, 2, "mailbox-full", 3]);
  });

  test("deletes what has expired and says so: oldest rises, the head never falls", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    const early = [fresh(mailbox), fresh(mailbox)];
    await log.append(early, hour);
    await log.append([fresh(mailbox)], hour + 5);
    expect(await log.expire(hour - 1)).toBe(0);
    expect(await log.expire(hour)).toBe(2);
    expect(await log.extent(mailbox)).toEqual({ head: 3, oldest: 3 });
    expect(await log.expire(hour + 5)).toBe(1);
    expect(await log.extent(mailbox)).toEqual({ head: 3, oldest: 4 });
    expect((await log.read(mailbox, 1, 1_000)).frames).toEqual([]);
    expect(seqsOf(await log.append([fresh(mailbox)], hour + 9))).toEqual([4]);
  });

  test("deletes only the beginning of a log, even if the clock went back between appends", async () => {
    const log = await start(path());
    const { mailbox } = makeMailbox();
    await log.append([fresh(mailbox)], hour + 10);
    await log.append([fresh(mailbox)], hour);
    expect(await log.expire(hour)).toBe(0);
    expect(await log.expire(hour + 10)).toBe(2);
  });

  test("deletes in pieces of at most 500", async () => {
    const log = await start(path(), { mailboxFramesMax: 2_000 });
    const { mailbox } = makeMailbox();
    const batch = Array.from({ length: 1_100 }, () => fresh(mailbox, frameOf(10)));
    await log.append(batch, hour);
    const pieces = [await log.expire(hour), await log.expire(hour), await log.expire(hour)];
    expect([...pieces, await log.expire(hour)]).toEqual([500, 500, 100, 0]);
  });

  test("on a full disk stores nothing of the batch, and accepts again when there is room", async () => {
    const log = await start(path(), { dataBytesMax: 200 * 1024 });
    const { mailbox } = makeMailbox();
    await log.append([fresh(mailbox, frameOf(60_000))], hour);
    const small = fresh(mailbox, frameOf(1_000));
    const batch = [small, ...[1, 2, 3].map(() => fresh(mailbox, frameOf(60_000)))];
    expect(await codeOf(log.append(batch, hour + 1))).toBe("relay-full");
    expect(await log.extent(mailbox)).toEqual({ head: 1, oldest: 1 });
    expect((await log.read(mailbox, 1, 1 << 20)).frames.length).toBe(1);
    // A single small one still fits, and after expiry the large ones do.
    expect(await log.append([small], hour + 1)).toEqual([{ kind: "stored", seq: 2 }]);
    expect(await log.expire(hour)).toBe(1);
    await log.checkpoint();
    expect(seqsOf(await log.append([fresh(mailbox, frameOf(60_000))], hour + 1))).toEqual([3]);
  });
});

describe.each([
  ["inline", openInline],
  ["in a worker", openWorker],
] as const)("a log's file, %s", (_name, openLog) => {
  test("keeps everything over a restart, retries included", async () => {
    const first = await openLog(file());
    const { mailbox } = makeMailbox();
    const append = fresh(mailbox, frameOf(500, 3));
    await first.append([append, fresh(mailbox)], hour);
    await first.close();
    const second = await openLog(file());
    open.push(second);
    expect(await second.extent(mailbox)).toEqual({ head: 2, oldest: 1 });
    expect(await second.append([append], hour)).toEqual([{ kind: "again", seq: 1 }]);
  });

  test("holds an expired frame before the checkpoint, and nowhere after it", async () => {
    const log = await openLog(file());
    open.push(log);
    const { mailbox } = makeMailbox();
    const marks = Array.from({ length: 50 }, (_, at) => `unmistakable frame ${at} of this test`);
    await log.append(
      marks.map((mark) => fresh(mailbox, Buffer.from(mark.padEnd(3_000, "~")))),
      hour,
    );
    await log.append([fresh(mailbox, Buffer.from("this one stays"))], hour + 1);
    // The search finds what is there: otherwise finding nothing would prove nothing.
    expect(marks.filter((mark) => onDisk().includes(mark)).length).toBe(50);
    await log.expire(hour);
    await log.checkpoint();
    const disk = onDisk();
    expect(marks.filter((mark) => disk.includes(mark))).toEqual([]);
    expect(disk.includes("this one stays")).toBe(true);
    expect(disk.length).toBeLessThan(120_000);
  });

  test("is refused to a second relay while the first has it", async () => {
    open.push(await openLog(file()));
    expect(await codeOf(openLog(file()))).toBe("locked");
  });

  test("is free again after a close", async () => {
    await (await openLog(file())).close();
    open.push(await openLog(file()));
  });
});
