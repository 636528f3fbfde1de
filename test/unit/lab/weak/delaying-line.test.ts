import { beforeEach, describe, expect, test } from "vitest";
import type { Dialer } from "#client/core/ports.ts";
import { type VirtualClock, virtualClock } from "#client/lab/virtual-clock.ts";
import { delayingLine } from "#client/lab/weak/delaying-line.ts";
import { decodeBatch, encodeBatch } from "#shared/records.ts";

const startMs = Date.UTC(2027, 2, 1, 9);
let clock: VirtualClock;
let arrived: { readonly what: string; readonly afterMs: number }[] = [];
beforeEach(() => {
  clock = virtualClock(startMs);
  arrived = [];
});

/** The relay's end: notes what comes, texts and the frames of batches by their first octet. */
const relay: Dialer = {
  dial: () => ({
    send(data) {
      const afterMs = clock.now() - startMs;
      if (typeof data === "string") arrived.push({ what: data, afterMs });
      else
        for (const record of decodeBatch(data)) {
          const what = record.kind === "append" ? `${record.frame[0]}` : record.kind;
          arrived.push({ what, afterMs });
        }
    },
    close: () => arrived.push({ what: "closed", afterMs: clock.now() - startMs }),
  }),
};

/** A device's link over a line on which each frame meets the fate of its first octet. */
function link(fates: Readonly<Record<number, number | null>>) {
  const asked: number[] = [];
  const line = delayingLine(relay, clock, {
    fate(_id, frame) {
      asked.push(frame[0] ?? -1);
      return fates[frame[0] ?? -1] ?? null;
    },
  });
  const events = { opened() {}, message() {}, closed() {} };
  return { asked, ...line.dial("relay.lab", "socket", events) };
}

/** A batch of appends, each with one octet, which its id repeats. */
function append(...octets: readonly number[]): Uint8Array {
  return encodeBatch(
    octets.map((octet, ref) => ({
      ...({ kind: "append", ref, handle: 1 } as const),
      frameId: new Uint8Array(16).fill(octet),
      frame: Uint8Array.of(octet),
    })),
  );
}

describe("a line that is held up", () => {
  test("passes control messages on at once", () => {
    link({}).send("open");
    expect(arrived).toEqual([{ what: "open", afterMs: 0 }]);
  });

  test("lets each frame go after a time of its own, so that they overtake each other", async () => {
    link({ 1: 60_000, 2: 0, 3: 1_000 }).send(append(1, 2, 3));
    expect(arrived).toEqual([{ what: "2", afterMs: 0 }]);
    await clock.advanceTo(startMs + 60_000);
    expect(arrived.slice(1)).toEqual([
      { what: "3", afterMs: 1_000 },
      { what: "1", afterMs: 60_000 },
    ]);
  });

  test("lets nothing go before its time", async () => {
    link({ 1: 60_000 }).send(append(1));
    await clock.advanceTo(startMs + 59_999);
    expect(arrived).toEqual([]);
  });

  test("swallows a frame for good, also when it is posted again, and asks about it once", async () => {
    const { send, asked } = link({ 1: null, 2: 0 });
    send(append(1, 2));
    send(append(1));
    await clock.advanceTo(startMs + 86_400_000);
    expect(arrived.map(({ what }) => what)).toEqual(["2"]);
    expect(asked).toEqual([1, 2]);
  });

  test("remembers what it swallows from one connection to the next", () => {
    const line = delayingLine(relay, clock, { fate: (_id, [octet]) => (octet === 1 ? null : 0) });
    const events = { opened() {}, message() {}, closed() {} };
    line.dial("relay.lab", "socket", events).send(append(1));
    line.dial("relay.lab", "socket", events).send(append(1, 2));
    expect(arrived.map(({ what }) => what)).toEqual(["2"]);
  });

  test("lets nothing go on a link that was closed meanwhile", async () => {
    const { send, close } = link({ 1: 60_000 });
    send(append(1));
    close();
    await clock.advanceTo(startMs + 120_000);
    expect(arrived).toEqual([{ what: "closed", afterMs: 0 }]);
  });
});
