import { afterEach, describe, expect, test } from "vitest";
import type { AccessEntry, Relay, RelayOptions } from "#server/relay.ts";
import { makeMailbox, type RelayClient } from "#test/relay-client.ts";
import { connect, frameOf, type HandClock, newFrameId, settle, stageRelay } from "./kit.ts";

let relays: Relay[] = [];
afterEach(async () => {
  for (const relay of relays) await relay.close();
  relays = [];
});

async function stage(
  options: Partial<RelayOptions> = {},
): Promise<{ relay: Relay; clock: HandClock }> {
  const staged = await stageRelay(options);
  relays.push(staged.relay);
  return staged;
}

const seqsOf = (client: RelayClient) => client.frames.map(({ seq }) => seq);
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe("opening, appending, reading", () => {
  test("a frame goes to everybody who has the mailbox open, the author included, before the ack", async () => {
    const { relay } = await stage();
    const [alice, bob] = [connect(relay), connect(relay)];
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    await bob.open(key);
    const frameId = newFrameId();
    const order: string[] = [];
    const hear = alice.hear.bind(alice);
    alice.hear = (data) => {
      hear(data);
      if (typeof data !== "string")
        order.push(`frames ${alice.frames.length} acks ${alice.acks.size}`);
    };
    expect(await alice.append(handle, frameOf(1024), frameId)).toBe(1);
    expect(order).toEqual(["frames 1 acks 0", "frames 1 acks 1"]);
    await bob.until(() => bob.frames.length === 1);
    expect(bob.frames[0]?.frameId).toEqual(frameId);
    expect(bob.frames[0]?.frame).toEqual(frameOf(1024));
  });

  test("a reader gets the log from the position asked for, then `live`, then what is new", async () => {
    const { relay } = await stage();
    const alice = connect(relay);
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    for (const _ of range(1, 10)) await alice.append(handle, frameOf(1024));
    const bob = connect(relay);
    const opened = await bob.open(key, 4);
    expect(opened).toMatchObject({ head: 10, oldest: 1 });
    await bob.until(() => bob.replies.some(({ type }) => type === "live"));
    expect(seqsOf(bob)).toEqual(range(4, 10));
    expect(bob.replies.find(({ type }) => type === "live")).toMatchObject({ head: 10 });
    await alice.append(handle, frameOf(1024));
    await bob.until(() => bob.frames.length === 8);
    expect(seqsOf(bob)).toEqual(range(4, 11));
    expect(bob.replies.filter(({ type }) => type === "live").length).toBe(1);
  });

  test("a mailbox nobody wrote to is open and empty", async () => {
    const { relay } = await stage();
    const alice = connect(relay);
    expect(await alice.open(makeMailbox())).toMatchObject({ head: 0, oldest: 1 });
  });

  test("a reader who believes in a longer log is told the head and gets what comes next", async () => {
    const { relay } = await stage();
    const [alice, bob] = [connect(relay), connect(relay)];
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    await alice.append(handle, frameOf(1024));
    expect((await bob.open(key, 50)).head).toBe(1);
    await alice.append(handle, frameOf(1024));
    await bob.until(() => bob.frames.length === 1);
    expect(seqsOf(bob)).toEqual([2]);
  });

  test("readers that join while others write miss nothing and get nothing twice", async () => {
    const { relay } = await stage();
    const writer = connect(relay);
    const key = makeMailbox();
    const { handle } = await writer.open(key);
    const readers: RelayClient[] = [];
    const acks: Promise<number>[] = [];
    for (const at of range(1, 300)) {
      acks.push(writer.append(handle, frameOf(1024)));
      if (at % 20 === 0) {
        const reader = connect(relay);
        readers.push(reader);
        await reader.open(key);
      }
    }
    await Promise.all(acks);
    for (const reader of readers) {
      await reader.until(() => reader.frames.length >= 300);
      await settle();
      expect(seqsOf(reader)).toEqual(range(1, 300));
    }
    expect(readers.length).toBe(15);
  });

  test("a retry under the same frame id is acked with the same position and not sent out again", async () => {
    const { relay } = await stage();
    const alice = connect(relay);
    const { handle } = await alice.open(makeMailbox());
    const frameId = newFrameId();
    expect(await alice.append(handle, frameOf(1024), frameId)).toBe(1);
    expect(await alice.append(handle, frameOf(1024), frameId)).toBe(1);
    await settle();
    expect(alice.frames.length).toBe(1);
    expect(relay.stats()).toMatchObject({ stored: 1, again: 1 });
  });

  test("a closed mailbox sends nothing more and takes no appends", async () => {
    const { relay } = await stage();
    const [alice, bob] = [connect(relay), connect(relay)];
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    await bob.open(key);
    bob.send(JSON.stringify({ v: 1, type: "close", handle }));
    await settle();
    await alice.append(handle, frameOf(1024));
    await settle();
    expect(bob.frames).toEqual([]);
    await expect(bob.append(handle, frameOf(1024))).rejects.toThrow("bad-message");
    expect(bob.closedReason).toBeNull();
  });

  test("opening a mailbox again on the same connection reads it anew under the same handle", async () => {
    const { relay } = await stage();
    const alice = connect(relay);
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    await alice.append(handle, frameOf(1024));
    expect((await alice.open(key)).handle).toBe(handle);
    await alice.until(() => alice.frames.length === 2);
    expect(seqsOf(alice)).toEqual([1, 1]);
    await alice.append(handle, frameOf(1024));
    await settle();
    expect(seqsOf(alice)).toEqual([1, 1, 2]);
    expect(relay.stats().openMailboxes).toBe(1);
  });

  test("what has expired is answered with `expired` and the oldest position, never with an empty log", async () => {
    const { relay, clock } = await stage({ retentionMs: 3_600_000 });
    const alice = connect(relay);
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    await alice.append(handle, frameOf(1024));
    await alice.append(handle, frameOf(1024));
    clock.advance(3 * 3_600_000);
    await settle();
    expect(relay.stats().expired).toBe(2);
    const bob = connect(relay);
    await expect(bob.open(key)).rejects.toThrow("expired");
    expect(bob.errors[0]).toMatchObject({ code: "expired", oldest: 3 });
    expect(await bob.open(key, 3)).toMatchObject({ head: 2, oldest: 3 });
    expect(await alice.append(handle, frameOf(1024))).toBe(3);
  });

  test("frames are kept for at least the retention", async () => {
    const { relay, clock } = await stage({ retentionMs: 3_600_000 });
    const alice = connect(relay);
    const key = makeMailbox();
    const { handle } = await alice.open(key);
    await alice.append(handle, frameOf(1024));
    clock.advance(3_600_000 - 1);
    expect(await relay.expire()).toBe(0);
    expect((await connect(relay).open(key)).oldest).toBe(1);
  });
});

describe("an access log", () => {
  test("is none by default, and tells who, which mailbox, when and how much if an operator brings one", async () => {
    const entries: AccessEntry[] = [];
    const { relay } = await stage({ accessLog: (entry) => entries.push(entry) });
    const client = connect(relay);
    const { handle } = await client.open(makeMailbox());
    await client.append(handle, frameOf(1024));
    client.close();
    await settle();
    expect(entries.map(({ event }) => event)).toEqual(["connect", "open", "append", "disconnect"]);
    expect(entries[2]).toMatchObject({ connection: 1, frameBytes: 1024, from: null });
  });
});
