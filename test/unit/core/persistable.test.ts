import { beforeAll, describe, expect, test } from "vitest";
import { approve, encodeApprovals } from "#client/core/approval.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { changesBetween } from "#client/core/persist.ts";
import { decodePolicy, defaultPolicy, encodePolicy } from "#client/core/policy.ts";
import { channelExtensions } from "#client/core/rules.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { commit, createKeyPackage, protect } from "#client/mls/group.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type Node, notices, seatAll, type Table } from "./steps.ts";

beforeAll(ready);

function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Failure ? error.code : `no Failure: ${error}`;
  }
}

async function expectLoads(table: Table, ...nodes: Node[]): Promise<void> {
  for (const node of nodes) {
    const loaded = await table.reload(node);
    expect(loaded.session).toEqual(node.channel.session);
    expect(loaded.plans).toEqual(node.channel.plans);
  }
}

const gaps = (node: Node) => node.channel.reports.gaps.map(({ detail }) => detail);

describe("what a member can send leaves a vault that loads:", () => {
  test("a counter beyond what can be counted on is a malformed body", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    // An honest composer refuses it; the insider encodes the body by hand.
    const { session, group } = otter.channel;
    const { position, head } = session.log.chain;
    const body = {
      v: 1,
      id: table.random(16),
      counter: Number.MAX_SAFE_INTEGER,
      seen: { position, head },
      previous: session.previous,
      content: { kind: "presence" },
    };
    const made = protect(group, encodeCbor(body), new Uint8Array(0), table.random);
    otter.isHeld = true;
    table.post(otter, made.message);
    table.run();
    expect(gaps(slate)).toEqual(["message body: bad counter"]);
    await expectLoads(table, slate, heron);
  });

  test("the greatest counter of all is counted, and the vault still loads", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    otter.isHeld = true;
    table.say(otter, { counter: limits.countMax });
    table.run();
    expect(gaps(slate)[0]).toContain("have not arrived");
    await expectLoads(table, slate, heron);
  });

  test("a commit with one approval 65 times counts for nobody", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const { group } = otter.channel;
    const { keyPackage, ref } = createKeyPackage({
      suite: xwingSuite,
      identity: encodeIdentity({ label: "Egret", person: table.random(16) }),
      extensionTypes: channelExtensions,
      random: table.random,
    });
    const untilEpoch = Number(group.epoch);
    const approval = approve(group, { operation: "admit", target: ref, check: "code", untilEpoch });
    const authenticatedData = encodeApprovals(new Array(65).fill(approval));
    const made = commit(group, { add: [keyPackage], authenticatedData, random: table.random });
    otter.isHeld = true;
    table.post(otter, made.message);
    table.run();
    expect(gaps(slate)[0]).toContain("a signer approves the same twice");
    expect(slate.channel.group.epoch).toBe(group.epoch);
    await expectLoads(table, slate, heron);
  });

  test.each([
    ["timerMs", limits.spanMsMax],
    ["updateAfterMs", limits.spanMsMax],
    ["sunsetAt", limits.sunsetAtMax],
  ] as const)("a policy whose %s is out of bounds is none", (field, max) => {
    const [extension] = encodePolicy({ ...defaultPolicy, [field]: max });
    expect(decodePolicy([extension!])[field]).toBe(max);
    expect(codeOf(() => encodePolicy({ ...defaultPolicy, [field]: max + 1 }))).toBe("usage");
    const whole = decodeCbor(extension!.data, "policy") as object;
    for (const value of [max + 1, Number.MAX_SAFE_INTEGER]) {
      const data = encodeCbor({ ...whole, [field]: value });
      const read = () => decodePolicy([{ type: extension!.type, data }]);
      expect(codeOf(read)).toBe("malformed");
    }
  });
});

describe("what the own host asks for leaves a vault that loads:", () => {
  test("a timer out of bounds is refused at the door, the longest one is set", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    const wish = (timerMs: number) => {
      table.do(slate, { type: "wish", wish: { kind: "timer", id: `t${timerMs}`, timerMs } });
    };
    expect(codeOf(() => wish(Number.MAX_SAFE_INTEGER))).toBe("usage");
    wish(limits.spanMsMax);
    table.run();
    const content = { kind: "text", text: "kept for ten years" } as const;
    table.do(slate, { type: "say", id: table.random(16), content });
    table.run();
    expect(notices(heron).some(({ type }) => type === "message")).toBe(true);
    await expectLoads(table, slate, heron);
  });

  test("changes beyond their bound", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate] = nodes as [Node, Node];
    table.do(slate, { type: "down" });
    const wish = (id: string) => {
      table.do(slate, { type: "wish", wish: { kind: "rotate", id } });
    };
    for (let at = 0; at < limits.wishesMax; at++) wish(`r${at}`);
    expect(codeOf(() => wish("one more"))).toBe("too-many");
    expect(codeOf(() => wish("r0"))).toBe(null);
    await expectLoads(table, slate);
  });

  test("admissions beyond their bound", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate] = nodes as [Node, Node];
    table.do(slate, { type: "down" });
    const admit = (id: string) => {
      const keyPackage = new Uint8Array(1);
      table.do(slate, { type: "wish", wish: { kind: "admit", id, label: id, keyPackage } });
    };
    for (let at = 0; at < limits.grantsMax; at++) admit(`a${at}`);
    expect(codeOf(() => admit("one more"))).toBe("too-many");
    await expectLoads(table, slate);
  });

  test("promised keys beyond their bound, of which each can be given back", async () => {
    const { table, nodes } = seatAll(["Slate"]);
    const [slate] = nodes as [Node];
    const hold = (invite: string, on: boolean) => table.do(slate, { type: "hold", invite, on });
    for (let at = 0; at < limits.holdsMax; at++) hold(`h${at}`, true);
    expect(codeOf(() => hold("one more", true))).toBe("too-many");
    await expectLoads(table, slate);
    hold("h0", false);
    expect(codeOf(() => hold("one more", true))).toBe(null);
    await expectLoads(table, slate);
  });
});

test("a state that would not load again is not saved, and says where it is wrong", () => {
  const { nodes } = seatAll(["Slate"]);
  const { channel } = nodes[0] as Node;
  const { session, plans } = channel;
  const changed = { ...channel, session: { ...session, counter: 2 ** 53 } };
  expect(() => changesBetween(channel, changed)).toThrow("record session: bad counter");
  const holds = new Array(limits.holdsMax + 1).fill("h");
  const held = { ...channel, plans: { ...plans, holds } };
  expect(() => changesBetween(channel, held)).toThrow("record plans: bad holds");
  const segments = new Map([[0, { v: 1 as const, messages: [] }]]);
  expect(() => changesBetween(channel, { ...channel, segments })).toThrow("record messages");
});
