import { describe, expect, test } from "vitest";
import { seatId } from "#client/core/approval.ts";
import { showMembers, showStatus } from "#client/core/show.ts";
import { type Group, member } from "#client/mls/group.ts";
import { type Node, seatAll, texts } from "./steps.ts";

/** Copies of the secrets that would let a thief read or sign, by name. */
function secretsOf({ channel }: Node): ReadonlyMap<string, Uint8Array> {
  const { group, keys, late } = channel;
  const { secrets, signatureSecret, pathKeys } = group.state;
  const found: [string, Uint8Array][] = [
    ["sender data", secrets.senderData],
    ["exporter", secrets.exporter],
    ["authenticator", secrets.authenticator],
    ["init", secrets.init],
    ["signature", signatureSecret.subarray(0, 32)],
    ["mailbox", keys.secretKey.subarray(0, 32)],
    ["frame key", keys.frameKey],
    ...[...pathKeys].map(([node, key]): [string, Uint8Array] => [`path ${node}`, key]),
    ...[...group.secretTree.nodes].map(([node, key]): [string, Uint8Array] => [
      `tree ${node}`,
      key,
    ]),
    ...[...group.chains.application].map(([leaf, { secret }]): [string, Uint8Array] => {
      return [`ratchet ${leaf}`, secret];
    }),
  ];
  for (const { past, keys: boxes } of late) {
    found.push([`late sender data ${past.epoch}`, past.state.senderDataSecret]);
    for (const { frameKey, name } of boxes) found.push([`late ${name}`, frameKey]);
  }
  return new Map(found.map(([name, bytes]) => [name, bytes.slice()]));
}

function inStore({ store }: Node, secrets: ReadonlyMap<string, Uint8Array>): string[] {
  const records = [...store.records.values()].map((bytes) => Buffer.from(bytes));
  return [...secrets]
    .filter(([, secret]) => records.some((record) => record.includes(Buffer.from(secret))))
    .map(([name]) => name);
}

/** Three seats that have talked, Otter about to go with a text of his own still unsent. */
function talk() {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  const say = (node: Node, text: string) => {
    table.do(node, { type: "say", id: table.random(16), content: { kind: "text", text } });
    table.run();
  };
  say(heron, "hello");
  table.do(heron, { type: "wish", wish: { kind: "rotate", id: "r" } });
  table.run();
  say(otter, "hello back");
  return { table, slate, heron, otter };
}

function seatOf(group: Group, leaf: number): Uint8Array {
  const seat = member(group, leaf);
  if (seat === null) throw new Error("nobody sits there");
  return seatId(seat);
}

async function expectEmptyHanded(
  { table, otter }: ReturnType<typeof talk>,
  secrets: ReadonlyMap<string, Uint8Array>,
  before: Group,
) {
  expect(inStore(otter, secrets)).toEqual([]);
  const parts = [...otter.store.records.keys()].map((key) => key.split("/")[2]);
  for (const part of ["frame", "content", "late-epoch", "late-keys", "pending"]) {
    expect(parts).not.toContain(part);
  }
  // The state that was left behind in memory is wiped, too.
  expect(before.state.secrets.init.every((octet) => octet === 0)).toBe(true);
  expect(before.state.signatureSecret.every((octet) => octet === 0)).toBe(true);
  otter.channel = await table.reload(otter);
  expect(texts(otter)).toEqual(["hello", "hello back"]);
  expect(showMembers(otter.channel).map(({ label }) => label)).toEqual(["Slate", "Heron", "Otter"]);
  expect(showStatus(otter.channel, 0)).toMatchObject({ words: [], outbox: 0, label: "Otter" });
  for (const type of ["up", "tick", "down", "up"] as const) table.do(otter, { type });
  expect(otter.openings.size).toBe(0);
}

describe("a seat that was removed", () => {
  test("has no key of the channel left, in memory or in its vault, and keeps its history", async () => {
    const scene = talk();
    const { table, slate, otter } = scene;
    const before = otter.channel.group;
    const secrets = secretsOf(otter);
    expect(inStore(otter, secrets).length).toBeGreaterThan(8);
    const seat = seatOf(before, before.ownLeaf);
    otter.isHeld = true;
    table.do(slate, { type: "wish", wish: { kind: "remove", id: "x", seat } });
    table.run();
    table.do(otter, { type: "say", id: table.random(16), content: { kind: "text", text: "no!" } });
    otter.isHeld = false;
    table.run();
    expect(otter.channel.session.state).toBe("removed");
    expect(otter.effects).toContainEqual(
      expect.objectContaining({
        type: "failed",
        failure: expect.objectContaining({ code: "removed" }),
      }),
    );
    await expectEmptyHanded(scene, secrets, before);
  });
});

describe("a seat that has left", () => {
  test("has no key of the channel left once its leave stands in the log, and is then removed", async () => {
    const scene = talk();
    const { table, slate, heron, otter } = scene;
    const before = otter.channel.group;
    const secrets = secretsOf(otter);
    table.do(otter, { type: "leave", id: table.random(16) });
    table.run();
    expect(otter.channel.session.state).toBe("left");
    await expectEmptyHanded(scene, secrets, before);
    table.now += 10_000;
    table.tick(slate, heron);
    for (const node of [slate, heron]) {
      expect(showMembers(node.channel).map(({ label }) => label)).toEqual(["Slate", "Heron"]);
    }
  });
});
