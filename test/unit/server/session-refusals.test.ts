import { afterEach, describe, expect, test } from "vitest";
import type { Relay, RelayOptions } from "#server/relay.ts";
import { concat } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { encodeBatch } from "#shared/records.ts";
import { makeMailbox, type RelayClient } from "#test/relay-client.ts";
import {
  connect,
  connectBare,
  frameOf,
  type HandClock,
  newFrameId,
  settle,
  stageRelay,
} from "./kit.ts";

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

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe("refusals with a ref leave the connection and the log as they were", () => {
  const key = makeMailbox();
  const cases: [string, string, (client: RelayClient) => string][] = [
    [
      "a signature by another key",
      "bad-signature",
      (client) => client.openText({ ...makeMailbox(), mailbox: key.mailbox }),
    ],
    [
      "a signature for another relay",
      "bad-signature",
      (client) => client.openText(key, { address: "evil.test" }),
    ],
    [
      "a signature of another connection",
      "bad-signature",
      (client) => client.openText(key, { nonce: new Uint8Array(32) }),
    ],
    [
      "a mailbox of small order",
      "bad-mailbox",
      (client) => client.openText({ ...key, mailbox: new Uint8Array(32) }),
    ],
    [
      "a mailbox that is not reduced",
      "bad-mailbox",
      (client) => client.openText({ ...key, mailbox: new Uint8Array(32).fill(0xff) }),
    ],
  ];
  test.each(cases)("%s: %s", async (_name, code, text) => {
    const { relay } = await stage();
    const client = connect(relay);
    await client.until(() => client.replies.length > 0);
    client.send(text(client));
    await expect(client.answerTo(1)).rejects.toThrow(code);
    expect(client.closedReason).toBeNull();
    expect(relay.stats()).toMatchObject({ opens: 0, openMailboxes: 0, stored: 0 });
    const { handle } = await client.open(makeMailbox());
    expect(await client.append(handle, frameOf(1024))).toBe(1);
  });

  test("an append over the frame size: frame-too-large", async () => {
    const { relay } = await stage();
    const client = connect(relay);
    const { handle } = await client.open(key);
    await expect(client.append(handle, frameOf(limits.frameBytesMax + 1))).rejects.toThrow(
      "frame-too-large",
    );
    expect(await client.append(handle, frameOf(limits.frameBytesMax))).toBe(1);
  });

  test("an append to a handle that is not open: bad-message", async () => {
    const { relay } = await stage();
    const client = connect(relay);
    const { handle } = await client.open(key);
    await expect(client.append(handle ^ 1, frameOf(1024))).rejects.toThrow("bad-message");
    expect(await client.append(handle, frameOf(1024))).toBe(1);
  });

  test("the same frame id with other bytes: bad-message", async () => {
    const { relay } = await stage();
    const client = connect(relay);
    const { handle } = await client.open(key);
    const frameId = newFrameId();
    await client.append(handle, frameOf(1024), frameId);
    await expect(client.append(handle, frameOf(1024, 1), frameId)).rejects.toThrow("bad-message");
    expect(relay.stats().stored).toBe(1);
  });

  test("a full mailbox: mailbox-full", async () => {
    const { relay } = await stage({ limits: { mailboxFramesMax: 2 } });
    const client = connect(relay);
    const { handle } = await client.open(key);
    await client.append(handle, frameOf(1024));
    await client.append(handle, frameOf(1024));
    await expect(client.append(handle, frameOf(1024))).rejects.toThrow("mailbox-full");
    const other = await client.open(makeMailbox());
    expect(await client.append(other.handle, frameOf(1024))).toBe(1);
  });

  test("a full disk: relay-full with a time to wait, reading goes on, appending too once there is room", async () => {
    const { relay, clock } = await stage({
      limits: { dataBytesMax: 400 * 1024 },
      retentionMs: 3_600_000,
    });
    const client = connect(relay);
    const { handle } = await client.open(key);
    let stored = 0;
    for (;;) {
      const done = await client
        .append(handle, frameOf(64 * 1024))
        .catch((error: Error) => error.message);
      if (typeof done === "string") {
        expect(done).toBe("relay-full");
        break;
      }
      stored = done;
    }
    expect(stored).toBeGreaterThan(2);
    expect(client.errors[0]?.retryAfterMs).toBeGreaterThan(0);
    const reader = connect(relay);
    await reader.open(key);
    await reader.until(() => reader.frames.length === stored);
    expect(client.closedReason).toBeNull();
    clock.advance(3 * 3_600_000);
    await settle();
    expect(await client.append(handle, frameOf(64 * 1024))).toBe(stored + 1);
  });

  test("more mailboxes than a connection may have: too-many", async () => {
    const { relay, clock } = await stage();
    const client = connect(relay);
    for (const _ of range(1, limits.openMailboxesPerConnection)) {
      await client.open(makeMailbox());
      clock.advance(100);
    }
    await expect(client.open(makeMailbox())).rejects.toThrow("too-many");
  });

  test("more appends than the rate: rate-limited with the time to wait, and then they go", async () => {
    const { relay, clock } = await stage();
    const client = connect(relay);
    const { handle } = await client.open(key);
    const acks = range(1, limits.appendBurst).map(() => client.append(handle, frameOf(100)));
    await Promise.all(acks);
    await expect(client.append(handle, frameOf(100))).rejects.toThrow("rate-limited");
    const retryAfterMs = client.errors[0]?.retryAfterMs as number;
    expect(retryAfterMs).toBeGreaterThan(0);
    clock.advance(retryAfterMs);
    expect(await client.append(handle, frameOf(100))).toBe(limits.appendBurst + 1);
    // Another connection has a bucket of its own.
    const other = connect(relay);
    expect(await other.append((await other.open(key)).handle, frameOf(100))).toBe(
      limits.appendBurst + 2,
    );
  });

  test("more opens than the rate: rate-limited", async () => {
    const { relay, clock } = await stage();
    const client = connect(relay);
    for (const _ of range(1, limits.controlBurst)) await client.open(key);
    await expect(client.open(key)).rejects.toThrow("rate-limited");
    clock.advance(client.errors[0]?.retryAfterMs as number);
    await client.open(key);
  });
});

describe("what is malformed ends only this connection, by name, and changes nothing", () => {
  const key = makeMailbox();
  const goodAppend = (handle: number) =>
    encodeBatch([{ kind: "append", ref: 1, handle, frameId: newFrameId(), frame: frameOf(1024) }]);
  type Make = (client: RelayClient, handle: number) => string | Uint8Array;
  const cases: [string, string, Make][] = [
    ["text that is not JSON", "bad-message", () => "hello"],
    [
      "an unknown version in JSON",
      "version",
      (client) => client.openText(key).replace('"v":1', '"v":2'),
    ],
    [
      "an unknown key",
      "bad-message",
      (client) => client.openText(key).replace('"ref"', '"who":0,"ref"'),
    ],
    [
      "a mailbox name of 31 octets",
      "bad-message",
      (client) => client.openText({ ...key, mailbox: key.mailbox.subarray(1) }),
    ],
    [
      "a control message over its size",
      "bad-message",
      () => " ".repeat(limits.controlBytesMax + 1),
    ],
    [
      "a batch of an unknown version",
      "version",
      (_, handle) => concat(new Uint8Array([2]), goodAppend(handle).subarray(1)),
    ],
    ["an empty batch", "bad-message", () => new Uint8Array()],
    ["a truncated record", "bad-message", (_, handle) => goodAppend(handle).subarray(0, 500)],
    [
      "a good record, then garbage",
      "bad-message",
      (_, handle) => concat(goodAppend(handle), new Uint8Array([9, 9, 9])),
    ],
    [
      "a good append, then an ack",
      "bad-message",
      (_, handle) =>
        concat(goodAppend(handle), encodeBatch([{ kind: "ack", ref: 1, seq: 1 }]).subarray(1)),
    ],
    ["a batch over its size", "frame-too-large", () => new Uint8Array(limits.batchBytesMax + 1)],
  ];

  test.each(cases)("%s: %s", async (_name, code, make) => {
    const { relay } = await stage();
    const [victim, client] = [connect(relay), connect(relay)];
    const { handle } = await victim.open(key);
    await client.open(key);
    client.send(make(client, handle));
    await client.until(() => client.closedReason !== null);
    expect(client.closedReason).toBe(code);
    expect(client.errors).toMatchObject([{ ref: null, code }]);
    expect(relay.stats().stored).toBe(0);
    expect(await victim.append(handle, frameOf(1024))).toBe(1);
  });

  test("every flipped bit of an append is refused or stored as other bytes, and never more than that", async () => {
    const { relay, clock } = await stage();
    const victim = connect(relay);
    const { handle } = await victim.open(key);
    const good = encodeBatch([
      { kind: "append", ref: 1, handle, frameId: newFrameId(), frame: frameOf(3) },
    ]);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Uint8Array.from(good);
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      const client = connect(relay);
      await client.open(key);
      client.send(bad);
      await client.until(
        () => client.closedReason !== null || client.errors.length + client.acks.size > 0,
      );
      for (const { code } of client.errors) expect(["version", "bad-message"]).toContain(code);
      client.close();
      clock.advance(1_000);
    }
    expect(await victim.append(handle, frameOf(1024))).toBeGreaterThan(0);
  });

  test("a relay dialled under a name that is not its own says wrong-address and nothing else", async () => {
    const { relay } = await stage();
    for (const endpoint of ["socket", "rendezvous"] as const) {
      const bare = connectBare(relay, endpoint, "evil.test");
      await bare.until(() => bare.state.closed !== null);
      expect(bare.state.closed).toBe("wrong-address");
      expect(bare.heard.map((text) => JSON.parse(text as string).code)).toEqual(["wrong-address"]);
    }
  });
});
