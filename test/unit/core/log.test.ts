import { describe, expect, test } from "vitest";
import { continueLog, cutLog, isReadAgain, nextSeq, readNext, startLog } from "#client/core/log.ts";
import type { Log } from "#client/core/state.ts";
import { sha256 } from "#client/crypto/hash.ts";
import { type Node, notices, seatAll, texts } from "./steps.ts";

const frameAt = (at: number) => ({
  hash: sha256(new Uint8Array([at, at >> 8])),
  bytes: 1024 << (at % 3),
});

function readUpTo(log: Log, first: number, last: number): Log {
  let next = log;
  for (let at = first; at <= last; at++) next = readNext(next, frameAt(at)).log;
  return next;
}

const start = startLog(new Uint8Array(32));

describe("a log that the relay has lost in part", () => {
  test.each([5, 200])("of %i frames is the same again once all have returned in order", (read) => {
    const whole = readUpTo(start, 1, read);
    const cut = cutLog(whole);
    expect(nextSeq(cut)).toBe(1);
    expect(cut).toMatchObject({ bytes: 0, rereadTo: read, chain: start.chain });
    const again = readUpTo(cut, 1, read);
    expect(again.bytes).toBe(whole.bytes);
    expect(again.chain).toEqual(whole.chain);
    expect(isReadAgain(again)).toBe(true);
    expect(isReadAgain(readUpTo(again, read + 1, read + 1))).toBe(false);
  });

  test("has another head when its frames return in another order", () => {
    const whole = readUpTo(start, 1, 3);
    const cut = readNext(cutLog(whole), frameAt(2));
    expect(cut.kind).toBe("found");
    const again = readUpTo(readNext(cut.log, frameAt(1)).log, 3, 3);
    expect(again.chain.position).toBe(3);
    expect(again.chain.head).not.toEqual(whole.chain.head);
  });

  test("goes back to the start of its overflow mailbox and no further", () => {
    const first = readUpTo(start, 1, 4);
    const cut = cutLog(readUpTo(continueLog(first), 5, 9));
    expect(cut.chain).toEqual(first.chain);
    expect(cut).toMatchObject({ overflow: 1, base: 4, bytes: 0 });
    expect(cut.lost).toHaveLength(5);
  });

  test("is read anew by two seats that then agree on octets and texts, without a replay", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    const say = (node: Node, text: string) => {
      table.do(node, { type: "say", id: table.random(16), content: { kind: "text", text } });
      table.run();
    };
    for (let at = 0; at < 40; at++) say(at % 2 === 0 ? slate : heron, `text ${at}`);
    for (let at = 0; at < 40; at++) say(heron, `more ${at}`);
    const said = texts(heron);
    const before = slate.channel.session.log;
    table.log(slate.channel.keys.name).length = 2;
    for (const node of nodes) {
      node.inbox.length = 0;
      node.openings.clear();
      node.effects.length = 0;
      table.do(node, { type: "down" });
      table.do(node, { type: "up" });
    }
    table.run();
    for (let round = 0; round < 4; round++) {
      table.now += 60_000;
      table.tick(...nodes);
    }
    say(slate, "after");
    for (const node of nodes) {
      const { log } = node.channel.session;
      expect(log.chain.position).toBe(before.chain.position + 1);
      expect(log.bytes).toBe(before.bytes + 1024);
      expect(texts(node)).toEqual([...said, "after"]);
      const alarms = notices(node).flatMap((notice) =>
        notice.type === "alarm" ? [notice.code] : [],
      );
      expect(alarms).toEqual(["short-log"]);
    }
  });
});
