import { describe, expect, test } from "vitest";
import { type Node, notices, seatAll, texts } from "./steps.ts";

const isTrouble = ({ type }: { readonly type: string }) => type === "gap" || type === "alarm";

describe("a text that lands behind the winning commit", () => {
  test("is sent anew without any alarm or gap, also when the log shows it before the ack", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node];
    for (const node of nodes) node.isHeld = true;
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "r" } });
    const content = { kind: "text", text: "quick" } as const;
    table.do(slate, { type: "say", id: table.random(16), content });
    // The relay shows a frame to everybody before it acks it.
    const ack = slate.inbox.findIndex(({ type }) => type === "acked");
    slate.inbox.push(...slate.inbox.splice(ack, 1));
    for (const node of nodes) node.isHeld = false;
    table.run();
    for (const node of nodes) {
      expect(texts(node)).toEqual(["quick"]);
      expect(notices(node).filter(isTrouble)).toEqual([]);
      expect(node.channel.session.outbox).toEqual([]);
    }
  });

  test("leaves nothing of itself once the late window is shut", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    for (const node of nodes) node.isHeld = true;
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "r" } });
    const content = { kind: "text", text: "quick" } as const;
    table.do(slate, { type: "say", id: table.random(16), content });
    for (const node of nodes) node.isHeld = false;
    table.run();
    expect((await table.reload(slate)).session.kept.some(({ epoch }) => epoch === 1)).toBe(true);
    table.now += 121_000;
    table.tick(slate);
    expect(slate.channel.session.kept.some(({ epoch }) => epoch === 1)).toBe(false);
    await table.reload(slate);
  });
});

describe("the time at which a frame is read", () => {
  test("counts before the frame does: an hour after a window of two minutes it is shut", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    otter.isHeld = true;
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "r" } });
    table.run();
    table.now += 3_600_000;
    table.say(otter, { content: { kind: "text", text: "an hour late" } });
    table.run();
    expect(texts(slate)).toEqual([]);
    expect(notices(slate).filter(({ type }) => type === "message")).toEqual([]);
  });

  test("counts before the frame does: nothing is read after the sunset", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"], { sunsetAt: 2_000_000 });
    const [slate, heron] = nodes as [Node, Node];
    table.say(heron, { content: { kind: "text", text: "after dark" } });
    table.now = 2_000_001;
    table.run();
    expect(slate.channel.session.state).toBe("closed");
    expect(texts(slate)).toEqual([]);
  });
});
