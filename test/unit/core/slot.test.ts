import { describe, expect, test } from "vitest";
import { sealedCipher } from "#client/core/cipher.ts";
import type { Content } from "#client/core/message.ts";
import { composeBody, parseBody } from "#client/core/message.ts";
import { isSettled, showChannel, showStatus } from "#client/core/show.ts";
import { nextTickAt } from "#client/core/watch.ts";
import { limits } from "#shared/limits.ts";
import { type Node, notices, seatAll, type Table, texts } from "./steps.ts";

const everyMs = 10_000;

function pair(policy: Parameters<typeof seatAll>[1] = {}) {
  const { table, nodes } = seatAll(["Slate", "Heron"], policy);
  const [slate, heron] = nodes as [Node, Node];
  return { table, slate, heron };
}

function turnOn(table: Table, ...nodes: readonly Node[]): void {
  for (const node of nodes) table.do(node, { type: "slots", everyMs });
  table.run();
}

function write(table: Table, node: Node, text: string): void {
  table.do(node, { type: "say", id: table.random(16), content: { kind: "text", text } });
  table.run();
}

const framesOf = (table: Table, { channel }: Node) => table.log(channel.keys.name);
const nextAt = ({ channel }: Node) => channel.session.slots?.nextAt ?? 0;

/** Lets the next slot of this seat begin. */
function wait(table: Table, node: Node, slots = 1): void {
  for (let slot = 0; slot < slots; slot++) {
    table.now = nextAt(node);
    table.tick(node);
  }
}

function codeOf(act: () => void): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("slots", () => {
  test("are off until somebody asks for them, and then nothing is said", () => {
    const { table, slate } = pair();
    expect(showStatus(slate.channel, table.now).slotMs).toBe(null);
    const before = framesOf(table, slate).length;
    table.now += 3_600_000;
    table.tick(slate);
    expect(framesOf(table, slate)).toHaveLength(before);
  });

  test("begin at multiples of their length, for everybody alike", () => {
    const { table, slate, heron } = pair();
    table.now += 1_234;
    turnOn(table, slate);
    table.now += 3_210;
    turnOn(table, heron);
    expect(nextAt(slate) % everyMs).toBe(0);
    expect(nextAt(heron)).toBe(nextAt(slate));
    expect(nextTickAt(slate.channel, table.now)).toBeLessThanOrEqual(nextAt(slate));
    expect(showStatus(slate.channel, table.now).slotMs).toBe(everyMs);
  });

  test("carry a text when they begin and not before, and cover when there is nothing", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    const before = framesOf(table, slate).length;
    write(table, slate, "at the mill");
    table.now = nextAt(slate) - 1;
    table.tick(slate);
    expect(framesOf(table, slate)).toHaveLength(before);
    wait(table, slate, 3);
    expect(framesOf(table, slate).map(({ frame }) => frame.length)).toEqual(
      new Array(before + 3).fill(limits.frameBytesMin),
    );
    expect(texts(heron)).toEqual(["at the mill"]);
  });

  test("carry one thing each, in the order in which it was said", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    for (const text of ["one", "two", "three"]) write(table, slate, text);
    const before = framesOf(table, slate).length;
    wait(table, slate);
    expect(texts(heron)).toEqual(["one"]);
    expect(showStatus(slate.channel, table.now).outbox).toBe(2);
    wait(table, slate, 2);
    expect(texts(heron)).toEqual(["one", "two", "three"]);
    expect(framesOf(table, slate)).toHaveLength(before + 3);
  });

  test("of cover show a reader nothing, store nothing and owe nothing", () => {
    const { table, slate, heron } = pair();
    table.do(heron, { type: "receipts", on: true });
    turnOn(table, slate);
    write(table, slate, "hello");
    wait(table, slate);
    table.do(heron, { type: "receipts", on: false });
    table.do(heron, { type: "receipts", on: true });
    const [seen, known] = [notices(heron).length, heron.channel];
    wait(table, slate, 20);
    expect(notices(heron)).toHaveLength(seen);
    expect(heron.channel.segments).toBe(known.segments);
    expect(heron.channel.session.sinceUpdate).toBe(known.session.sinceUpdate);
    expect(heron.channel.session.receipts.dueAt).toBe(null);
    expect(showChannel(heron.channel).unread).toBe(1);
    expect(heron.channel.reports).toEqual({ v: 1, gaps: [], alarms: [] });
    expect(heron.channel.session.peers).not.toEqual(known.session.peers);
  });

  test("of cover that are withheld are missed like any message", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    wait(table, slate);
    slate.isHeld = true;
    table.now = nextAt(slate);
    table.do(slate, { type: "tick" });
    // The relay swallows the frame: it stands in no log, and its ack is a lie.
    framesOf(table, slate).pop();
    heron.inbox.length = 0;
    const { log, keys } = { log: framesOf(table, slate).length, keys: slate.channel.keys };
    expect(slate.channel.session.kept.at(-1)?.seq).toBe(null);
    slate.inbox.length = 0;
    table.now = nextAt(slate);
    table.do(slate, { type: "tick" });
    table.run();
    expect(table.log(keys.name)).toHaveLength(log + 1);
    expect(heron.channel.reports.gaps).toMatchObject([{ from: "Slate", missing: 1 }]);
  });

  test("pass while the relay is not there, and are never made up for", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    wait(table, slate, 2);
    table.do(slate, { type: "down" });
    for (const text of ["one", "two", "three"]) write(table, slate, text);
    const before = framesOf(table, slate).length;
    table.now += 5 * 3_600_000 + 17;
    table.tick(slate);
    slate.openings.clear();
    table.do(slate, { type: "up" });
    table.run();
    expect(framesOf(table, slate)).toHaveLength(before);
    wait(table, slate);
    expect(framesOf(table, slate)).toHaveLength(before + 1);
    wait(table, slate, 2);
    expect(texts(heron)).toEqual(["one", "two", "three"]);
  });

  test("go on by a clock that was set back, and do not hurry by one that was set forward", () => {
    const { table, slate } = pair();
    turnOn(table, slate);
    wait(table, slate);
    table.now -= 500_000;
    table.tick(slate);
    expect(nextAt(slate)).toBeLessThanOrEqual(table.now + everyMs);
    const before = framesOf(table, slate).length;
    table.now += 3_600_000;
    table.tick(slate);
    table.tick(slate);
    expect(framesOf(table, slate)).toHaveLength(before + 1);
  });

  test("survive a restart: neither is a slot used twice nor its text said twice", async () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    write(table, slate, "once");
    slate.isHeld = true;
    table.now = nextAt(slate);
    table.do(slate, { type: "tick" });
    const again = await table.reload(slate);
    expect(again.session.slots).toEqual(slate.channel.session.slots);
    slate.channel = again;
    slate.inbox.length = 0;
    slate.openings.clear();
    slate.isHeld = false;
    const before = framesOf(table, slate).length;
    table.do(slate, { type: "up" });
    table.run();
    expect(framesOf(table, slate)).toHaveLength(before);
    wait(table, slate);
    expect(framesOf(table, slate)).toHaveLength(before + 1);
    expect(texts(heron)).toEqual(["once"]);
    expect(heron.channel.reports).toEqual({ v: 1, gaps: [], alarms: [] });
  });

  test("stay empty when the relay shows back nothing of the last ones", () => {
    const { table, slate } = pair();
    turnOn(table, slate);
    slate.isHeld = true;
    const before = framesOf(table, slate).length;
    for (let slot = 0; slot < limits.slotsInFlightMax + 5; slot++) {
      table.now = nextAt(slate);
      table.do(slate, { type: "tick" });
    }
    expect(framesOf(table, slate)).toHaveLength(before + limits.slotsInFlightMax);
  });

  test("do not keep back what belongs to a change, and nothing is out of order for it", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    write(table, slate, "later");
    const before = framesOf(table, slate).length;
    table.do(slate, { type: "freeze", on: true });
    table.run();
    expect(framesOf(table, slate)).toHaveLength(before + 1);
    expect(heron.channel.session.freeze?.by).toBe("Slate");
    wait(table, slate);
    expect(texts(heron)).toEqual(["later"]);
    expect(heron.channel.reports).toEqual({ v: 1, gaps: [], alarms: [] });
  });

  test("go on through a commit: what it has cut off takes the next slot, under its number", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate, heron);
    wait(table, slate);
    table.tick(heron);
    slate.isHeld = true;
    write(table, heron, "crossing");
    // Heron's commit and Slate's frame cross: the frame stands behind the end of its epoch.
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "cross" } });
    table.now = nextAt(slate);
    write(table, slate, "cut off");
    slate.isHeld = false;
    table.run();
    expect(slate.channel.group.epoch).toBe(heron.channel.group.epoch);
    for (let slot = 0; slot < 4; slot++) {
      table.now = nextAt(slate);
      table.tick(slate, heron);
    }
    expect(texts(heron).toSorted()).toEqual(["crossing", "cut off"]);
    expect(texts(slate).toSorted()).toEqual(["crossing", "cut off"]);
    expect(heron.channel.reports.alarms).toEqual([]);
    expect(slate.channel.reports.alarms).toEqual([]);
  });

  test("renew keys after so many frames, which the relay counts itself, and not after so many texts", () => {
    const policy = { updateAfterMessages: 4, mailboxFrames: 40 };
    const { table, slate, heron } = pair(policy);
    turnOn(table, slate, heron);
    const { epoch } = slate.channel.group;
    for (let text = 0; text < 10; text++) {
      write(table, slate, `line ${text}`);
      wait(table, slate);
    }
    expect(slate.channel.group.epoch).toBe(epoch);
    wait(table, slate, 15);
    expect(slate.channel.group.epoch).toBe(epoch + 1n);
  });

  test("count as settled while something waits for its slot and for nothing else", () => {
    const { table, slate } = pair();
    turnOn(table, slate);
    write(table, slate, "soon");
    expect(isSettled(slate.channel)).toBe(true);
  });

  test("hold every text that is let in, however large all numbers have grown", () => {
    const { table, slate } = pair();
    const text = "é".repeat(limits.slotTextBytesMax / 2);
    const big = limits.countMax;
    const kinds: Content[] = [
      { kind: "text", text },
      { kind: "leave", approval: new Uint8Array(256) },
      { kind: "cover", everyMs },
      { kind: "pause" },
      { kind: "presence" },
      { kind: "receipt" },
    ];
    for (const content of kinds) {
      const body = composeBody({ ...bodyOf(content), counter: big });
      const { message } = sealedCipher.protect(slate.channel.group, body, table.random);
      const frame = sealedCipher.seal(slate.channel.keys, message, table.random);
      expect(frame.length).toBe(limits.frameBytesMin);
    }
  });
});

describe("slots refuse", () => {
  test("a text that does not fit into one", () => {
    const { table, slate, heron } = pair();
    const longest = "x".repeat(limits.slotTextBytesMax);
    turnOn(table, slate);
    expect(codeOf(() => write(table, slate, `${longest}x`))).toBe("too-large");
    write(table, slate, longest);
    wait(table, slate);
    expect(texts(heron)).toEqual([longest]);
  });

  test("to begin while a longer text waits", () => {
    const { table, slate } = pair();
    table.do(slate, { type: "down" });
    write(table, slate, "x".repeat(limits.slotTextBytesMax + 1));
    expect(codeOf(() => turnOn(table, slate))).toBe("too-large");
    expect(slate.channel.session.slots).toBe(null);
  });

  test.each([0, 999, 600_001, 1_000.5, Number.NaN, Number.POSITIVE_INFINITY, -10_000])(
    "a length of %d ms",
    (wanted) => {
      const { table, slate } = pair();
      expect(codeOf(() => table.do(slate, { type: "slots", everyMs: wanted }))).toBe("usage");
    },
  );

  test("cover with anything in it: it is malformed", () => {
    const cover = { kind: "cover", everyMs } as const;
    expect(() => composeBody(bodyOf({ ...cover, text: "" } as unknown as Content))).toThrow();
    const body = bodyOf(cover);
    expect(parseBody(composeBody(body))).toEqual(body);
  });
});

describe("slots that are switched off", () => {
  test("let out at once what waits, and no more cover", () => {
    const { table, slate, heron } = pair();
    turnOn(table, slate);
    write(table, slate, "one");
    write(table, slate, "two");
    table.do(slate, { type: "slots", everyMs: null });
    table.run();
    expect(texts(heron)).toEqual(["one", "two"]);
    const before = framesOf(table, slate).length;
    table.now += 3_600_000;
    table.tick(slate);
    expect(framesOf(table, slate)).toHaveLength(before);
  });
});

function bodyOf(content: Content) {
  return {
    v: 1 as const,
    id: new Uint8Array(16),
    counter: 1,
    seen: { position: limits.countMax, head: new Uint8Array(32) },
    previous: new Uint8Array(32),
    content,
  };
}
