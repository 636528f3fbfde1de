import { describe, expect, test } from "vitest";
import { seatId } from "#client/core/approval.ts";
import { newChannel } from "#client/core/founding.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { showStatus } from "#client/core/show.ts";
import { nextTickAt } from "#client/core/watch.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { createKeyPackage, joinGroup, member } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { type Node, notices, seatAll, type Table, texts } from "./steps.ts";

const hour = 3_600_000;
const dayMs = 24 * hour;

function trio(policy: Parameters<typeof seatAll>[1] = {}) {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"], policy);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  return { table, slate, heron, otter };
}

function rotate(table: Table, node: Node): void {
  table.do(node, { type: "wish", wish: { kind: "rotate", id: hex(table.random(4)) } });
  table.run();
}

function say(table: Table, node: Node, text: string): void {
  table.say(node, { content: { kind: "text", text } });
  const { session } = node.channel;
  node.channel = { ...node.channel, session: { ...session, counter: session.counter + 1 } };
  table.run();
}

/** Copies of everything that opens something of the present epoch, by what it is. */
function epochSecrets({ channel: { group, keys } }: Node): Map<string, Uint8Array> {
  const found: [string, Uint8Array][] = [
    ["sender data", group.state.secrets.senderData],
    ["mailbox", keys.secretKey.subarray(0, 32)],
    ["frame key", keys.frameKey],
    ...[...group.secretTree.nodes].map(([at, key]): [string, Uint8Array] => [`tree ${at}`, key]),
    ...[...group.chains.application].map(([leaf, { secret }]): [string, Uint8Array] => {
      return [`ratchet ${leaf}`, secret];
    }),
  ];
  return new Map(found.map(([name, bytes]) => [name, bytes.slice()]));
}

/** Which of these secrets lie in the vault. */
function inVault({ store }: Node, secrets: ReadonlyMap<string, Uint8Array>): string[] {
  const records = [...store.records.values()].map((bytes) => Buffer.from(bytes));
  return [...secrets]
    .filter(([, secret]) => records.some((record) => record.includes(Buffer.from(secret))))
    .map(([name]) => name);
}

const keptEpochs = (node: Node) => {
  return showStatus(node.channel, 0).late.kept.map(({ epoch }) => epoch);
};
const trouble = (node: Node) => {
  return notices(node).filter(({ type }) => type === "gap" || type === "alarm");
};

describe("late messages of past epochs", () => {
  test.each([1, 3, 8])("of %i at most are read, and of not one more", (lateEpochs) => {
    for (const [behind, isRead] of [
      [lateEpochs, true],
      [lateEpochs + 1, false],
    ] as const) {
      const { table, slate, heron, otter } = trio({ lateEpochs, lateWindowMs: dayMs });
      otter.isHeld = true;
      for (let n = 0; n < behind; n++) rotate(table, heron);
      say(table, otter, "from another time");
      expect(texts(slate)).toEqual(isRead ? ["from another time"] : []);
      expect(trouble(slate)).toEqual([]);
    }
  });

  test("of no past epoch are read where the policy says 0", () => {
    const { table, slate, heron, otter } = trio({ lateEpochs: 0, lateWindowMs: dayMs });
    otter.isHeld = true;
    rotate(table, heron);
    say(table, otter, "just missed");
    expect(texts(slate)).toEqual([]);
    expect(keptEpochs(slate)).toEqual([]);
  });

  test("are read each in the epoch in which they were said, in whatever order they come", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter", "Egret", "Wren"], {
      ...{ lateEpochs: 3, lateWindowMs: dayMs },
    });
    const [slate, heron, ...left] = nodes as [Node, Node, ...Node[]];
    for (const node of left) {
      node.isHeld = true;
      rotate(table, heron);
    }
    const epochs = left.map(({ channel }) => Number(channel.group.epoch));
    expect(new Set(epochs).size).toBe(3);
    const [otter, egret, wren] = left as [Node, Node, Node];
    for (const node of [wren, otter, egret]) say(table, node, `in ${node.channel.group.epoch}`);
    const heard = notices(slate).filter(({ type }) => type === "message");
    const [first, second, third] = epochs;
    expect(heard).toEqual(
      [third, first, second].map((epoch) => {
        return expect.objectContaining({ epoch, body: `in ${epoch}` });
      }),
    );
    expect(trouble(slate)).toEqual([]);
  });

  test("end with their window, whatever the number of epochs allows", () => {
    const { table, slate, heron, otter } = trio({ lateEpochs: 8, lateWindowMs: hour });
    table.now += hour;
    table.tick(slate, heron, otter);
    expect(keptEpochs(slate)).toEqual([]);
    otter.isHeld = true;
    rotate(table, heron);
    table.now += hour - 1;
    rotate(table, heron);
    expect(keptEpochs(slate)).toEqual([2, 3]);
    expect(nextTickAt(slate.channel, table.now)).toBe(table.now + 1);
    table.now += 1;
    table.tick(slate);
    expect(keptEpochs(slate)).toEqual([3]);
    say(table, otter, "an hour late");
    expect(texts(slate)).toEqual([]);
  });
});

describe("keys that are kept for late messages", () => {
  test("leave the vault and the memory with the number of epochs, and only then", async () => {
    const { table, slate, heron } = trio({ lateEpochs: 2, lateWindowMs: dayMs });
    const { keys } = slate.channel;
    const old = epochSecrets(slate);
    expect(inVault(slate, old)).toContain("sender data");
    rotate(table, heron);
    rotate(table, heron);
    expect(inVault(slate, old)).toEqual(
      expect.arrayContaining(["sender data", "mailbox", "frame key"]),
    );
    expect((await table.reload(slate)).late.map(({ past }) => Number(past.epoch))).toEqual([2, 3]);
    const [late] = slate.channel.late;
    rotate(table, heron);
    expect(inVault(slate, old)).toEqual([]);
    expect([...slate.store.records.keys()].filter((key) => key.includes("/late/2/"))).toEqual([]);
    const wiped = [late?.past.state.senderDataSecret, keys.frameKey, keys.secretKey];
    for (const secret of wiped) expect(secret?.every((octet) => octet === 0)).toBe(true);
    expect((await table.reload(slate)).late.map(({ past }) => Number(past.epoch))).toEqual([3, 4]);
  });

  test("leave it with the window, though no epoch has ended since", () => {
    const { table, slate, heron } = trio({ lateEpochs: 8, lateWindowMs: hour });
    const old = epochSecrets(slate);
    rotate(table, heron);
    table.now += hour - 1;
    table.tick(slate);
    expect(inVault(slate, old)).toContain("frame key");
    table.now += 1;
    table.tick(slate);
    expect(inVault(slate, old)).toEqual([]);
  });

  test("are never kept beyond the commit where the policy says 0", () => {
    const { table, slate, heron } = trio({ lateEpochs: 0 });
    const old = epochSecrets(slate);
    rotate(table, heron);
    expect(inVault(slate, old)).toEqual([]);
    expect([...slate.store.records.keys()].filter((key) => key.includes("/late/"))).toEqual([]);
  });

  test("are of as many epochs as the policy says, however many went by, and of fewer with a smaller number", () => {
    const counts = [0, 1, 4, 8].map((lateEpochs) => {
      const { table, slate, heron } = trio({ lateEpochs, lateWindowMs: dayMs });
      for (let n = 0; n < 10; n++) rotate(table, heron);
      return keptEpochs(slate).length;
    });
    expect(counts).toEqual([0, 1, 4, 8]);
  });

  test("are all gone when the seat is removed", () => {
    const { table, slate, heron, otter } = trio({ lateEpochs: 8, lateWindowMs: dayMs });
    const old = epochSecrets(otter);
    rotate(table, heron);
    rotate(table, heron);
    expect(keptEpochs(otter)).toHaveLength(2);
    const seat = member(slate.channel.group, otter.channel.group.ownLeaf);
    if (seat === null) throw new Error("nobody sits there");
    const change = { op: "remove", seat: seatId(seat) } as const;
    table.do(slate, { type: "move", id: hex(table.random(16)), change });
    table.run();
    expect(otter.channel.session.state).toBe("removed");
    expect(otter.channel.late).toEqual([]);
    expect(inVault(otter, old)).toEqual([]);
  });

  test("survive closing the vault, and open what is late then", async () => {
    const { table, slate, heron, otter } = trio({ lateEpochs: 4, lateWindowMs: dayMs });
    otter.isHeld = true;
    for (let n = 0; n < 3; n++) rotate(table, heron);
    const { link } = slate.channel;
    slate.channel = { ...(await table.reload(slate)), link };
    say(table, otter, "from three epochs ago");
    expect(texts(slate)).toEqual(["from three epochs ago"]);
  });
});

describe("what is said late from a seat that another has taken since", () => {
  function successor() {
    const { table, slate, heron, otter } = trio({ lateEpochs: 4, lateWindowMs: dayMs });
    otter.isHeld = true;
    rotate(table, heron);
    const { ownLeaf } = otter.channel.group;
    const seat = member(slate.channel.group, ownLeaf);
    if (seat === null) throw new Error("nobody sits there");
    const change = { op: "remove", seat: seatId(seat) } as const;
    table.do(slate, { type: "move", id: hex(table.random(16)), change });
    table.run();
    const { keyPackage, secrets } = createKeyPackage({
      suite: xwingSuite,
      identity: encodeIdentity({ label: "Egret", person: table.random(16) }),
      extensionTypes: channelExtensions,
      random: table.random,
    });
    const wish = { kind: "admit", id: "egret", label: "Egret", keyPackage } as const;
    table.do(slate, { type: "wish", wish });
    table.run();
    const grant = slate.channel.plans.grants.find(({ id }) => id === "egret");
    if (grant === undefined) throw new Error("was not let in");
    const { group } = joinGroup({
      ...{ suite: xwingSuite, rules: channelGroupRules, welcome: grant.welcome },
      ...{ keyPackage, secrets },
    });
    expect(group.ownLeaf).toBe(ownLeaf);
    const common = { name: "line", relay: "relay.test", now: table.now };
    newChannel({ ...common, id: hex(table.random(16)), group, previous: grant.previous });
    return { table, slate, heron, otter };
  }

  test("is a gap in nobody's name, and never a word of the successor's", () => {
    const { table, slate, heron, otter } = successor();
    say(table, otter, "in Egret's name?");
    for (const node of [slate, heron]) {
      expect(texts(node)).toEqual([]);
      expect(trouble(node)).toEqual([
        expect.objectContaining({ type: "gap", from: null, detail: "its author had been removed" }),
      ]);
    }
  });
});

test("an old frame that a relay has kept back does not put off what its author's silence tells", () => {
  const { table, slate, heron, otter } = trio({ lateEpochs: 8, lateWindowMs: dayMs });
  otter.isHeld = true;
  rotate(table, heron);
  rotate(table, heron);
  const isSilent = () => {
    return slate.channel.session.silence.some(({ leaf }) => leaf === otter.channel.group.ownLeaf);
  };
  expect(isSilent()).toBe(true);
  say(table, otter, "long ago");
  expect(texts(slate)).toEqual(["long ago"]);
  expect(isSilent()).toBe(true);
});

test("a channel keeps one past epoch for two minutes unless it was opened otherwise", () => {
  const { slate } = trio();
  const { late } = showStatus(slate.channel, 0);
  expect(late).toMatchObject({ epochs: 1, windowMs: limits.lateWindowMsDefault });
});
