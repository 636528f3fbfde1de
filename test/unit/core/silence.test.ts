import { describe, expect, test } from "vitest";
import { splitAfterMs } from "#client/core/silence.ts";
import { type Node, notices, seatAll } from "./steps.ts";

const alarms = (node: Node) =>
  notices(node).flatMap((notice) => {
    return notice.type === "alarm" ? [`${notice.code} ${notice.from}`] : [];
  });

function rotate(table: ReturnType<typeof seatAll>["table"], node: Node): void {
  table.do(node, { type: "wish", wish: { kind: "rotate", id: `r${table.now}` } });
  table.run();
}

describe("a seat that owes an answer", () => {
  test("is suspected although epochs end sooner than the bound, once for each silence", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    otter.isHeld = true;
    for (let hours = 0; hours < 30; hours += 6) {
      rotate(table, slate);
      table.now += splitAfterMs / 4;
      table.tick(slate, heron);
    }
    expect(alarms(slate)).toEqual(["split-suspected Otter"]);
    expect(alarms(heron)).toEqual(["split-suspected Otter"]);
    expect(slate.channel.session.silence).toMatchObject([{ leaf: 2, isReported: true }]);
  });

  test("owes nothing once it was heard, and is suspected anew by another silence", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    heron.isHeld = true;
    rotate(table, slate);
    table.now += splitAfterMs;
    table.tick(slate);
    expect(alarms(slate)).toEqual(["split-suspected Heron"]);
    heron.isHeld = false;
    table.run();
    expect(slate.channel.session.silence).toEqual([]);
    heron.isHeld = true;
    rotate(table, slate);
    table.now += splitAfterMs - 1;
    table.tick(slate);
    expect(alarms(slate)).toHaveLength(1);
    table.now += 1;
    table.tick(slate);
    expect(alarms(slate)).toEqual(["split-suspected Heron", "split-suspected Heron"]);
  });

  test("is not suspected by a client that has not yet read what came while it was away", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    heron.isHeld = true;
    rotate(table, slate);
    table.do(slate, { type: "down" });
    slate.openings.clear();
    slate.inbox.length = 0;
    heron.isHeld = false;
    table.run();
    table.now += 3 * splitAfterMs;
    slate.channel = await table.reload(slate);
    table.tick(slate);
    table.do(slate, { type: "up" });
    table.run();
    expect(alarms(slate)).toEqual([]);
  });

  test("is suspected although the relay never says that all was read", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    heron.isHeld = true;
    rotate(table, slate);
    table.do(slate, { type: "down" });
    slate.openings.clear();
    slate.isHeld = true;
    table.now += splitAfterMs;
    table.do(slate, { type: "up" });
    expect(alarms(slate)).toEqual([]);
    table.now += 60_000;
    table.do(slate, { type: "tick" });
    expect(alarms(slate)).toEqual(["split-suspected Heron"]);
  });
});
