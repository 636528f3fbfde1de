import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { composeBody, parseBody } from "#client/core/message.ts";
import { batchedReceipts, receiptWindowMs, receiptWindows } from "#client/core/receipt.ts";
import { showMembers, showStatus } from "#client/core/show.ts";
import { nextTickAt } from "#client/core/watch.ts";
import { type Node, notices, seatAll, type Table } from "./steps.ts";

function pair() {
  const { table, nodes } = seatAll(["Slate", "Heron"]);
  const [slate, heron] = nodes as [Node, Node];
  return { table, slate, heron };
}

function say(table: Table, node: Node, text: string): void {
  const content = { kind: "text", text } as const;
  table.do(node, { type: "say", id: table.random(16), content });
  table.run();
}

const receipts = (node: Node) =>
  notices(node).filter((notice) => notice.type === "receipt") as {
    from: string;
    epoch: number;
    seq: number;
  }[];

const framesOf = (table: Table, { channel }: Node) => table.log(channel.keys.name).length;
const dueAt = ({ channel }: Node) => channel.session.receipts.dueAt;

function turnOn(table: Table, node: Node): void {
  table.do(node, { type: "receipts", on: true });
}

/** Lets the receipt's moment come. */
function wait(table: Table, node: Node): void {
  table.now = dueAt(node) ?? table.now;
  table.tick(node);
}

describe("receipts", () => {
  test("are off until somebody asks for them, and then nothing is said", () => {
    const { table, slate, heron } = pair();
    expect(showStatus(heron.channel, table.now).receipts).toBe(false);
    const before = framesOf(table, heron);
    say(table, slate, "are you there");
    table.now += receiptWindowMs * (receiptWindows + 1);
    table.tick(slate, heron);
    expect(framesOf(table, heron)).toBe(before + 1);
    expect(receipts(slate)).toEqual([]);
    expect(showMembers(slate.channel).map(({ receipt }) => receipt)).toEqual([null, null]);
  });

  test("leave at the start of one of the next ten minutes, and not before", () => {
    const { table, slate, heron } = pair();
    turnOn(table, heron);
    say(table, slate, "one");
    const due = dueAt(heron) ?? 0;
    expect(due % receiptWindowMs).toBe(0);
    expect(nextTickAt(heron.channel, table.now)).toBeLessThanOrEqual(due);
    const before = framesOf(table, heron);
    table.now = due - 1;
    table.tick(heron);
    expect(framesOf(table, heron)).toBe(before);
    table.now = due;
    table.tick(heron);
    expect(framesOf(table, heron)).toBe(before + 1);
    expect(receipts(slate)).toMatchObject([{ from: "Heron", seq: before }]);
  });

  test("one covers all that has come until it leaves", () => {
    const { table, slate, heron } = pair();
    turnOn(table, heron);
    for (const text of ["one", "two", "three"]) say(table, slate, text);
    const position = heron.channel.session.log.chain.position;
    wait(table, heron);
    expect(receipts(slate)).toHaveLength(1);
    const epoch = Number(slate.channel.group.epoch);
    expect(showMembers(slate.channel)[1]?.receipt).toEqual({ epoch, seq: position });
    expect(dueAt(heron)).toBe(null);
  });

  test("answer no receipt, and not the own texts", () => {
    const { table, slate, heron } = pair();
    turnOn(table, heron);
    turnOn(table, slate);
    say(table, slate, "one");
    expect(dueAt(slate)).toBe(null);
    wait(table, heron);
    expect(receipts(slate)).toHaveLength(1);
    expect(dueAt(slate)).toBe(null);
    expect(dueAt(heron)).toBe(null);
  });

  test("that were owed are never said once they are off", () => {
    const { table, slate, heron } = pair();
    turnOn(table, heron);
    say(table, slate, "one");
    const due = dueAt(heron) ?? 0;
    table.do(heron, { type: "receipts", on: false });
    const before = framesOf(table, heron);
    table.now = due;
    table.tick(heron);
    expect(framesOf(table, heron)).toBe(before);
  });

  test("of a seat that was away are put off anew and do not show its return", () => {
    const { table, slate, heron } = pair();
    turnOn(table, heron);
    say(table, slate, "one");
    const due = dueAt(heron) ?? 0;
    const before = framesOf(table, heron);
    table.now = due + 5 * receiptWindowMs + 17;
    table.tick(heron);
    expect(framesOf(table, heron)).toBe(before);
    expect(dueAt(heron)).toBeGreaterThan(table.now);
    expect((dueAt(heron) ?? 1) % receiptWindowMs).toBe(0);
  });

  test("survive a restart: what is owed is still owed", async () => {
    const { table, slate, heron } = pair();
    turnOn(table, heron);
    say(table, slate, "one");
    const again = await table.reload(heron);
    expect(again.session.receipts).toEqual(heron.channel.session.receipts);
    expect(again.session.receipts.isOn).toBe(true);
  });

  test("cannot claim more than stood before them", () => {
    const { table, slate, heron } = pair();
    const { head } = heron.channel.session.log.chain;
    const seen = { position: 9_000_000, head };
    table.say(heron, { content: { kind: "receipt" }, seen });
    table.run();
    const { position } = slate.channel.session.log.chain;
    expect(showMembers(slate.channel)[1]?.receipt?.seq).toBeLessThanOrEqual(position);
  });

  test("with anything in them are malformed", () => {
    const body = parseBodyOf();
    const content = { kind: "receipt", upTo: 4 } as unknown as { kind: "receipt" };
    expect(() => composeBody({ ...body, content })).toThrow();
    expect(parseBody(composeBody(body))).toEqual(body);
  });

  test("fall on every one of ten windows, alike often, whatever the moment", () => {
    const counts = new Array<number>(receiptWindows).fill(0);
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.nat(249), (now, octet) => {
        const due = batchedReceipts(now, () => Uint8Array.of(octet));
        const window =
          (due - Math.floor(now / receiptWindowMs) * receiptWindowMs) / receiptWindowMs;
        expect(due).toBeGreaterThan(now);
        expect(window).toBe((octet % receiptWindows) + 1);
      }),
    );
    for (let octet = 0; octet < 256; octet++) {
      // An octet that would favour some windows is drawn again.
      let draws = 0;
      const due = batchedReceipts(0, () => Uint8Array.of(draws++ === 0 ? octet : 0));
      if (draws === 1)
        counts[due / receiptWindowMs - 1] = (counts[due / receiptWindowMs - 1] ?? 0) + 1;
    }
    expect(new Set(counts)).toEqual(new Set([25]));
  });
});

function parseBodyOf() {
  return {
    v: 1 as const,
    id: new Uint8Array(16),
    counter: 1,
    seen: { position: 0, head: new Uint8Array(32) },
    previous: null,
    content: { kind: "receipt" as const },
  };
}
