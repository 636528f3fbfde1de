import { describe, expect, test } from "vitest";
import { approve, encodeApproval, encodeApprovals, seatId } from "#client/core/approval.ts";
import { nextTickAt } from "#client/core/watch.ts";
import { commit, member } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { channelName, createWorld, soon } from "#test/simulation/cast.ts";
import { memoryStore } from "#test/simulation/kit.ts";
import { type Node, seatAll } from "./steps.ts";

/** Signs a leave as an honest seat would, says so, and goes on as if nothing had been said. */
function sayLeave(table: ReturnType<typeof seatAll>["table"], node: Node): void {
  const { group } = node.channel;
  const self = member(group, group.ownLeaf);
  const untilEpoch = Number(group.epoch) + 1;
  if (self === null) throw new Error("the seat is taken");
  const approval = approve(group, {
    operation: "leave",
    target: seatId(self),
    check: "none",
    untilEpoch,
  });
  table.say(node, { content: { kind: "leave", approval: encodeApproval(approval) } });
}

const say = (table: ReturnType<typeof seatAll>["table"], node: Node, text: string) => {
  table.do(node, { type: "say", id: table.random(16), content: { kind: "text", text } });
  table.run();
};

describe("the next tick", () => {
  test("is not kept away by a leave that is due and cannot be carried out", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"], { timerMs: 60_000 });
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    otter.isHeld = true;
    // Heron cannot commit: the relay is away when the leave comes due.
    sayLeave(table, otter);
    slate.isHeld = true;
    say(table, heron, "secret");
    heron.openings.clear();
    heron.channel = { ...heron.channel, link: { ...heron.channel.link, live: [] } };
    table.now += 10_000;
    expect(heron.channel.plans.leaves).toHaveLength(1);
    const at = nextTickAt(heron.channel, table.now);
    expect(at).toBe(table.now - 10_000 + 60_000);
  });

  test("forgets a leave whose signer has changed his key since", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"], { timerMs: 60_000 });
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    otter.isHeld = true;
    const authenticatedData = encodeApprovals([]);
    const { random } = table;
    const { group } = otter.channel;
    sayLeave(table, otter);
    table.post(otter, commit(group, { newSignatureKey: true, authenticatedData, random }).message);
    table.run();
    expect(slate.channel.group.epoch).toBe(group.epoch + 1n);
    for (const node of [slate, heron]) expect(node.channel.plans.leaves).toEqual([]);
  });

  test("is tried again when the disk failed as a text was to be forgotten", async () => {
    const world = await createWorld();
    const store = memoryStore();
    const seat = await world.seat({ store });
    const wanted = { name: channelName, label: "Slate", relay: "relay.test", approvals: 1 };
    await seat.client.openChannel({ ...wanted, timerMs: 60_000 });
    await soon(seat.client.send({ channel: channelName, text: "burn after reading" }));
    seat.wire.isUp = false;
    seat.wire.hangUp();
    const save = store.save.bind(store);
    store.save = () => Promise.reject(new Error("the disk is full"));
    await world.clock.advance(61_000);
    expect(await seat.texts()).toEqual(["burn after reading"]);
    store.save = save;
    await world.clock.advance(60_000);
    expect(await seat.texts()).toEqual([]);
  });
});

describe("the automatic update", () => {
  test("is made while an invitation is open, and leaves the promised signature key alone", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"], { updateAfterMs: 3_600_000 });
    const [slate, heron] = nodes as [Node, Node];
    table.do(slate, { type: "hold", invite: "i", on: true });
    const before = slate.channel.group;
    const keyOf = (group: typeof before) =>
      member(group, group.ownLeaf)?.signatureKey as Uint8Array;
    heron.isHeld = true;
    table.now += 3_600_000;
    table.tick(slate);
    const { group } = slate.channel;
    expect(group.epoch).toBe(before.epoch + 1n);
    expect(equalBytes(keyOf(group), keyOf(before))).toBe(true);
    const epochs = slate.effects.flatMap((effect) =>
      effect.type === "notice" && effect.notice.type === "epoch" ? [effect.notice] : [],
    );
    // What is said of a change is what has changed.
    expect(epochs).toMatchObject([{ committer: "Slate", rotated: false }]);
  });
});
