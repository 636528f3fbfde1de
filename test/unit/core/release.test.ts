import { describe, expect, test } from "vitest";
import { seatId } from "#client/core/approval.ts";
import {
  type Excerpt,
  excerptOf,
  forgeExcerpt,
  parseExcerpt,
  provesText,
} from "#client/core/excerpt.ts";
import { comparePolicies, defaultPolicy } from "#client/core/policy.ts";
import { readProof } from "#client/core/proof.ts";
import { releaseDueAt } from "#client/core/release.ts";
import { showStatus } from "#client/core/show.ts";
import { nextTickAt } from "#client/core/watch.ts";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { member } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { type Node, notices, seatAll, type Table, texts } from "./steps.ts";

const hour = 3_600_000;

function trio(policy: Parameters<typeof seatAll>[1] = {}) {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"], policy);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  return { table, slate, heron, otter, all: [slate, heron, otter] };
}

function say(table: Table, node: Node, text: string): void {
  table.do(node, { type: "say", id: table.random(16), content: { kind: "text", text } });
  table.run();
}

function rotate(table: Table, node: Node): void {
  table.do(node, { type: "wish", wish: { kind: "rotate", id: hex(table.random(4)) } });
  table.run();
}

function pass(table: Table, ms: number, ...nodes: readonly Node[]): void {
  table.now += ms;
  table.tick(...nodes);
}

function leafKey({ channel: { group } }: Node): Uint8Array {
  return member(group, group.ownLeaf)?.signatureKey.slice() as Uint8Array;
}

const seedOf = ({ channel }: Node) => channel.group.state.signatureSecret.slice(0, 32);

function released(node: Node): string[] {
  const { known } = node.channel.retired;
  return known.filter(({ seed }) => seed !== null).map(({ label }) => label);
}

function inStore({ store }: Node, secret: Uint8Array): boolean {
  return [...store.records.values()].some((bytes) =>
    Buffer.from(bytes).includes(Buffer.from(secret)),
  );
}

const released3 = (nodes: readonly Node[]) => nodes.map(released);

describe("a retired signature key", () => {
  test("is released once all have spoken without it and their late windows are over, and not before", () => {
    const { table, slate, all } = trio();
    const [key, seed] = [leafKey(slate), seedOf(slate)];
    rotate(table, slate);
    // Everybody has said that it is in the new epoch: the count-down has begun.
    expect(releaseDueAt(slate.channel)).toBe(table.now + limits.lateWindowMsDefault + 60_000);
    expect(nextTickAt(slate.channel, table.now)).toBeLessThanOrEqual(
      releaseDueAt(slate.channel) as number,
    );
    pass(table, limits.lateWindowMsDefault + 59_999, ...all);
    expect(released3(all)).toEqual([[], [], []]);
    pass(table, 1, ...all);
    expect(released3(all)).toEqual([["Slate"], ["Slate"], ["Slate"]]);
    for (const node of all) {
      const [known] = node.channel.retired.known;
      expect(known?.publicKey).toEqual(key);
      expect(signingKeyPair(known?.seed as Uint8Array).publicKey).toEqual(key);
      expect(known?.seed).toEqual(seed);
      expect(showStatus(node.channel, table.now)).toMatchObject({
        ...{ deniable: true, gaps: [], alarms: [], outbox: 0 },
        formerKeys: { released: 1, unreleased: 0 },
      });
    }
    expect(slate.channel.retired.own).toEqual([]);
    expect(texts(slate)).toEqual([]);
    expect(notices(all[1] as Node)).toContainEqual(
      expect.objectContaining({ type: "released", from: "Slate", epoch: 2 }),
    );
  });

  test("waits for a seat that has not spoken since, be it away or stranded", () => {
    const { table, slate, heron, otter } = trio();
    otter.isHeld = true;
    rotate(table, slate);
    pass(table, 20 * hour, slate, heron);
    expect(released(heron)).toEqual([]);
    expect(releaseDueAt(slate.channel)).toBe(null);
    // However many epochs go by.
    rotate(table, slate);
    pass(table, hour, slate, heron);
    expect(slate.channel.retired.own).toHaveLength(2);
    expect(released(heron)).toEqual([]);
    otter.isHeld = false;
    table.run();
    pass(table, hour, slate, heron, otter);
    expect(released(otter)).toEqual(["Slate", "Slate"]);
  });

  test("waits no longer for a seat that was removed", () => {
    const { table, slate, heron, otter } = trio();
    otter.isHeld = true;
    rotate(table, slate);
    pass(table, hour, slate, heron);
    expect(released(heron)).toEqual([]);
    const id = hex(table.random(16));
    const seat = member(slate.channel.group, otter.channel.group.ownLeaf);
    if (seat === null) throw new Error("nobody sits there");
    table.do(slate, { type: "move", id, change: { op: "remove", seat: seatId(seat) } });
    table.run();
    expect(member(slate.channel.group, 2)).toBe(null);
    pass(table, hour, slate, heron);
    pass(table, 1, slate, heron);
    expect(released(heron)).toContain("Slate");
  });

  test("stays secret while a newcomer who was shown it may still demand it", () => {
    const { table, slate, heron, otter } = trio();
    table.do(slate, { type: "hold", invite: "guest", on: true });
    table.do(slate, { type: "hold", invite: "guest", on: false });
    rotate(table, slate);
    pass(table, limits.promiseMsMax - 1, slate, heron, otter);
    expect(released(heron)).toEqual([]);
    pass(table, 1, slate, heron, otter);
    pass(table, hour, slate, heron, otter);
    expect(released(heron)).toContain("Slate");
  });

  test("is never kept where the policy keeps talk provable", () => {
    const { table, slate, all } = trio({ deniable: false });
    const seed = seedOf(slate);
    rotate(table, slate);
    pass(table, hour, ...all);
    expect(released3(all)).toEqual([[], [], []]);
    expect(slate.channel.retired).toMatchObject({ own: [], known: [] });
    expect(inStore(slate, seed)).toBe(false);
  });

  test("is forgotten unsaid by a seat that leaves; what others have released stays", async () => {
    const { table, slate, heron, otter, all } = trio();
    rotate(table, heron);
    pass(table, hour, ...all);
    expect(released(otter)).toEqual(["Heron"]);
    const seed = seedOf(otter);
    slate.isHeld = true;
    rotate(table, otter);
    expect(inStore(otter, seed)).toBe(true);
    const kept = otter.channel.retired.own[0]?.seed as Uint8Array;
    table.do(otter, { type: "leave", id: table.random(16) });
    table.run();
    expect(otter.channel.session.state).toBe("left");
    expect(inStore(otter, seed)).toBe(false);
    expect(kept.every((octet) => octet === 0)).toBe(true);
    otter.channel = await table.reload(otter);
    expect(released(otter)).toEqual(["Heron"]);
    expect(otter.channel.retired.own).toEqual([]);
  });

  test("survives closing the vault at every stage", async () => {
    const { table, slate, heron, all } = trio();
    const reload = async () => {
      for (const node of all) {
        const { link } = node.channel;
        node.channel = { ...(await table.reload(node)), link };
      }
    };
    rotate(table, slate);
    await reload();
    expect(slate.channel.retired.own).toHaveLength(1);
    pass(table, hour, ...all);
    await reload();
    expect(released(heron)).toEqual(["Slate"]);
  });

  test("that does not fit the seat, or is still in use, is a gap in its author's name", () => {
    const { table, slate, heron, otter, all } = trio();
    rotate(table, slate);
    pass(table, hour, ...all);
    const { seed, epoch } = slate.channel.retired.known[0] as { seed: Uint8Array; epoch: number };
    // A stranger's, another seat's, and the author's own present key.
    for (const wrong of [table.random(32), seed.slice(), seedOf(otter)]) {
      table.say(otter, { content: { kind: "release", epoch, seed: wrong } });
      table.run();
      const { counter } = otter.channel.session;
      const session = { ...otter.channel.session, counter: counter + 1 };
      otter.channel = { ...otter.channel, session };
    }
    const gaps = showStatus(heron.channel, table.now).gaps;
    expect(gaps.map(({ from }) => from)).toEqual(["Otter", "Otter", "Otter"]);
    expect(released(heron)).toEqual(["Slate"]);
  });

  test("is bounded: of too many that nobody answers for, the oldest are given up", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    heron.isHeld = true;
    for (let n = 0; n < limits.retiredKeysMax + 2; n++) rotate(table, slate);
    const { own } = slate.channel.retired;
    expect(own).toHaveLength(limits.retiredKeysMax);
    expect(own[0]?.epoch).toBe(1 + 2);
  });
});

describe("a forged excerpt", () => {
  test("verifies like a true one, in the name of whoever has released a key, and of nobody else", () => {
    const { table, slate, heron, otter, all } = trio();
    say(table, slate, "We never agree.");
    const { random } = table;
    const forge = (from: string, epoch?: number) => {
      const said = { from, text: "We agree to it.", random };
      return forgeExcerpt(otter.channel, epoch === undefined ? said : { ...said, epoch });
    };
    const key = leafKey(slate);
    rotate(table, slate);
    expect(() => forge("Slate")).toThrow(/not-found|released/);
    pass(table, hour, ...all);
    const forged = forge("Slate", 2);
    expect(provesText(forged)).toBe(true);
    expect(forged.proof.key).toBe(hex(key));
    // Over a true line everything but the words is kept; over another's, or a false one, nothing is made.
    const over = (from: string, line: Excerpt) => {
      return forgeExcerpt(otter.channel, { from, text: "I resign.", over: line, random });
    };
    const [honest, twisted] = [readProof(forged.proof), readProof(over("Slate", forged).proof)];
    expect(twisted).toEqual({ ...honest, text: "I resign." });
    expect(() => over("Heron", forged)).toThrow(/released/);
    expect(() => over("Slate", { ...forged, text: "We never agree." })).toThrow(/released/);
    const foreign = { ...forged, proof: { ...forged.proof, key: hex(leafKey(heron)) } };
    expect(() => over("Slate", foreign)).toThrow(/released/);
    expect(provesText({ ...forged, text: "We never agree." })).toBe(false);
    expect(parseExcerpt(JSON.stringify(forged))).toEqual(forged);
    expect(() => forge("Heron")).toThrow(/released/);
    // The present key is nobody's but its owner's.
    expect(() => forge("Slate", 3)).toThrow(/released/);
    expect(excerptOf("Slate", forged.proof)).toEqual(forged);
    expect(excerptOf("Slate", { ...forged.proof, key: hex(leafKey(heron)) })).toBe(null);
    expect(parseExcerpt("{}")).toBe(null);
    expect(() => parseExcerpt('{"type":"excerpt"}')).toThrow(/malformed|bad/);
    expect(released(heron)).toEqual(["Slate"]);
  });
});

test("deniability is a rule of the channel, on by default, that no commit changes", () => {
  expect(defaultPolicy.deniable).toBe(true);
  expect(comparePolicies(defaultPolicy, { ...defaultPolicy, deniable: false })).toBe("forbidden");
});
