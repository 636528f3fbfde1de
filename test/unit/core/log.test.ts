import { describe, expect, test } from "vitest";
import { cutLog, isComplete, nextSeq, readNext, startLog } from "#client/core/log.ts";
import { defaultPolicy } from "#client/core/policy.ts";
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
  for (const [read, head] of [
    [5, 0],
    [5, 2],
    [5, 5],
    [200, 150],
    [200, 10],
  ] as const) {
    test(`counts the same octets when ${head} of ${read} frames are left and the rest returns`, () => {
      const whole = readUpTo(start, 1, read);
      const cut = cutLog(whole, head);
      const again = readUpTo(cut, nextSeq(cut), read);
      expect(again.bytes).toBe(whole.bytes);
      expect(again.chain.position).toBe(whole.chain.position);
      const policy = { ...defaultPolicy, mailboxBytes: whole.bytes + 1_048_576 };
      expect(isComplete(again, policy)).toBe(isComplete(whole, policy));
    });
  }

  test("counts no octet of it for a mailbox that is empty again", () => {
    const cut = cutLog(readUpTo(start, 1, 9), 0);
    expect(cut).toMatchObject({ bytes: 0, sizes: [] });
    expect(nextSeq(cut)).toBe(1);
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
      expect(log.bytes).toBe(before.bytes + (log.sizes.at(-1) ?? 0));
      expect(texts(node)).toEqual([...said, "after"]);
      const alarms = notices(node).flatMap((notice) =>
        notice.type === "alarm" ? [notice.code] : [],
      );
      expect(alarms).toEqual(["short-log"]);
    }
  });
});
