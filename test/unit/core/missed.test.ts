import { describe, expect, test } from "vitest";
import { showStatus } from "#client/core/show.ts";
import { nextTickAt } from "#client/core/watch.ts";
import { limits } from "#shared/limits.ts";
import { type Node, notices, seatAll, type Table } from "./steps.ts";

/** Slots of half a minute: five of them are more than the least patience of a minute. */
const everyMs = 30_000;
const patienceMs = (limits.slotsMissedMax + 1) * everyMs;

/** Slate and Heron have slots and have heard each other's cover, unless told otherwise. */
function pair(slots: { readonly slate?: boolean; readonly heron?: boolean } = {}) {
  const { table, nodes } = seatAll(["Slate", "Heron"]);
  const [slate, heron] = nodes as [Node, Node];
  // At the start of a slot, so that time passes in whole ones.
  table.now = Math.ceil(table.now / everyMs) * everyMs;
  if (slots.slate ?? true) table.do(slate, { type: "slots", everyMs });
  if (slots.heron ?? true) table.do(heron, { type: "slots", everyMs });
  table.run();
  pass(table, 3 * everyMs, slate, heron);
  return { table, slate, heron };
}

/** Lets time pass at these seats, slot by slot. */
function pass(table: Table, forMs: number, ...nodes: readonly Node[]): void {
  const until = table.now + forMs;
  while (table.now < until) {
    table.now = Math.min(until, (Math.floor(table.now / everyMs) + 1) * everyMs);
    table.tick(...nodes);
  }
}

/** Time passes at the others only: this device does nothing at all, as one does that is off. */
function passWithout(gone: Node, table: Table, forMs: number, ...nodes: readonly Node[]): void {
  gone.isHeld = true;
  pass(table, forMs, ...nodes);
  gone.isHeld = false;
}

const alarmsOf = ({ channel }: Node, now = 0) =>
  showStatus(channel, now).alarms.map(({ code, from }) => `${code} ${from}`);
const told = (node: Node) =>
  notices(node).flatMap((notice) => {
    if (notice.type === "alarm") return [`alarm ${notice.code} ${notice.from}`];
    return notice.type === "cleared" ? [`over ${notice.from}: ${notice.detail}`] : [];
  });

describe("a seat that misses slots in a row", () => {
  test("is named after so many, once, in the status and as it happens", () => {
    const { table, slate, heron } = pair();
    heron.isHeld = true;
    const heardAt = slate.channel.session.peers.find(({ leaf }) => leaf === 1)?.slots?.heardAt ?? 0;
    expect(heardAt).toBe(table.now);
    table.now = heardAt + patienceMs - 1;
    table.tick(slate);
    expect(alarmsOf(slate)).toEqual([]);
    expect(nextTickAt(slate.channel, table.now)).toBeLessThanOrEqual(heardAt + patienceMs);
    table.now += 1;
    table.tick(slate);
    pass(table, 10 * everyMs, slate);
    expect(alarmsOf(slate)).toEqual(["slots-missed Heron"]);
    expect(told(slate)).toEqual(["alarm slots-missed Heron"]);
  });

  test("is forgiven when it is heard again, and named anew by another silence", () => {
    const { table, slate, heron } = pair();
    passWithout(heron, table, patienceMs, slate);
    expect(alarmsOf(slate)).toEqual(["slots-missed Heron"]);
    pass(table, everyMs, slate, heron);
    expect(alarmsOf(slate)).toEqual([]);
    expect(told(slate)).toEqual([
      "alarm slots-missed Heron",
      "over Heron: is back; nothing is missing: it was away",
    ]);
    passWithout(heron, table, patienceMs, slate);
    expect(alarmsOf(slate)).toEqual(["slots-missed Heron"]);
  });

  test("is told from one that was held back by what is missing when it is heard again", () => {
    const { table, slate, heron } = pair();
    // What Heron posts goes nowhere: no device of his reads this copy's counters.
    const { session } = heron.channel;
    heron.channel = { ...heron.channel, session: { ...session, counter: session.counter + 3 } };
    passWithout(heron, table, patienceMs, slate);
    pass(table, everyMs, slate, heron);
    expect(told(slate).at(-1)).toBe("over Heron: is back; 3 are missing");
  });

  test("is given at least a minute, however short its slots", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    for (const node of nodes) table.do(node, { type: "slots", everyMs: 1_000 });
    table.run();
    for (let slot = 0; slot < 3; slot++) {
      table.now += 1_000;
      table.tick(slate, heron);
    }
    heron.isHeld = true;
    for (let second = 1; second < 60; second++) {
      table.now += 1_000;
      table.tick(slate);
    }
    expect(alarmsOf(slate)).toEqual([]);
    table.now += 1_000;
    table.tick(slate);
    expect(alarmsOf(slate)).toEqual(["slots-missed Heron"]);
  });
});

describe("nobody is named", () => {
  test("who posts in every slot, cover or text", () => {
    const { table, slate, heron } = pair();
    const content = { kind: "text", text: "at the mill" } as const;
    for (let at = 0; at < 20; at++) {
      table.do(heron, { type: "say", id: table.random(16), content });
    }
    pass(table, 12 * everyMs, slate, heron);
    expect(told(slate)).toEqual([]);
    expect(told(heron)).toEqual([]);
  });

  test("who misses fewer slots than the alarm asks for, since his network slept", () => {
    const { table, slate, heron } = pair();
    table.do(heron, { type: "down" });
    heron.openings.clear();
    heron.inbox.length = 0;
    pass(table, (limits.slotsMissedMax - 1) * everyMs, slate, heron);
    table.do(heron, { type: "up" });
    table.run();
    pass(table, 3 * everyMs, slate, heron);
    expect(told(slate)).toEqual([]);
  });

  test("who has switched his slots off", () => {
    const { table, slate, heron } = pair();
    table.do(heron, { type: "slots", everyMs: null });
    table.run();
    passWithout(heron, table, 4 * patienceMs, slate);
    expect(told(slate)).toEqual([]);
  });

  test("who has gone with a word, until he is back and goes without one", () => {
    const { table, slate, heron } = pair();
    table.do(heron, { type: "pause" });
    table.run();
    passWithout(heron, table, 4 * patienceMs, slate);
    expect(told(slate)).toEqual([]);
    pass(table, 2 * everyMs, slate, heron);
    passWithout(heron, table, patienceMs, slate);
    expect(told(slate)).toEqual(["alarm slots-missed Heron"]);
  });

  test("who was silent while this seat's own network slept", () => {
    const { table, slate, heron } = pair();
    table.do(slate, { type: "down" });
    slate.openings.clear();
    slate.inbox.length = 0;
    pass(table, 4 * patienceMs, slate, heron);
    expect(told(slate)).toEqual([]);
    table.do(slate, { type: "up" });
    table.run();
    pass(table, 2 * everyMs, slate, heron);
    expect(told(slate)).toEqual([]);
  });

  test("who never had slots, whatever he says and however long he is silent", () => {
    const { table, slate, heron } = pair({ heron: false });
    const content = { kind: "text", text: "at the mill" } as const;
    for (let at = 0; at < 4; at++) {
      table.do(heron, { type: "say", id: table.random(16), content });
      pass(table, everyMs, slate, heron);
    }
    passWithout(heron, table, 4 * patienceMs, slate);
    expect(told(slate)).toEqual([]);
  });

  test("by a seat without slots of its own, which watches nobody", () => {
    const { table, slate, heron } = pair({ slate: false });
    passWithout(heron, table, 4 * patienceMs, slate);
    expect(told(slate)).toEqual([]);
  });

  test("who has left", () => {
    const { table, slate, heron } = pair();
    table.do(heron, { type: "leave", id: table.random(16) });
    table.run();
    pass(table, 2 * everyMs, slate, heron);
    passWithout(heron, table, 4 * patienceMs, slate);
    expect(alarmsOf(slate)).toEqual([]);
  });
});

test("what is known of a seat's slots survives a restart of the vault", async () => {
  const { table, slate } = pair();
  const loaded = await table.reload(slate);
  const slots = loaded.session.peers.find(({ leaf }) => leaf === 1)?.slots;
  expect(slots).toEqual({ everyMs, heardAt: table.now, isReported: false });
});
