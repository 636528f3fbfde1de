import { beforeAll, describe, expect, test } from "vitest";
import { approve, encodeApprovals, seatId } from "#client/core/approval.ts";
import { authorise } from "#client/core/authority.ts";
import { decodeIdentity, encodeIdentity, personBytes } from "#client/core/identity.ts";
import { defaultPolicy, encodePolicy } from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { makeLeave } from "#client/core/wish.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  joinGroup,
  member,
  members,
} from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { seededRandom } from "#test/simulation/kit.ts";
import { type Node, notices, seatAll } from "./steps.ts";

beforeAll(ready);

const random = seededRandom(77);
const suite = xwingSuite;

function keyPackageOf(label: string, person: Uint8Array) {
  const identity = encodeIdentity({ label, person });
  return createKeyPackage({ suite, identity, extensionTypes: channelExtensions, random });
}

function seatAt(group: Group, leaf: number) {
  const seat = member(group, leaf);
  if (seat === null) throw new Error("no such seat");
  return seat;
}

function removal(group: Group, leaf: number, untilEpoch = Number(group.epoch)) {
  const target = seatId(seatAt(group, leaf));
  return approve(group, { operation: "remove", target, check: "none", untilEpoch });
}

function refusalOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

describe("an insider who removes a seat and adds his own KeyPackage in its place", () => {
  test.each([
    ["label and person", true, true],
    ["label alone", true, false],
    ["person alone", false, true],
  ])("with its %s commits nothing, for anybody", (_what, sameLabel, samePerson) => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const { group } = otter.channel;
    const target = seatAt(group, 1);
    const { label, person } = decodeIdentity(target.identity);
    const { keyPackage, ref } = keyPackageOf(
      sameLabel ? label : "Egret",
      samePerson ? person : random(personBytes),
    );
    const untilEpoch = Number(group.epoch);
    const admission = approve(group, {
      operation: "admit",
      target: ref,
      check: "code",
      untilEpoch,
    });
    const authenticatedData = encodeApprovals([admission, removal(group, 1)]);
    const made = commit(group, { remove: [1], add: [keyPackage], authenticatedData, random });
    otter.isHeld = true;
    table.post(otter, made.message);
    table.run();
    for (const node of [slate, heron]) {
      expect(node.channel.session.state).toBe("open");
      expect(node.channel.reports.gaps[0]?.detail).toContain("adds anew whom it removes");
      expect(seatAt(node.channel.group, 1).signatureKey).toEqual(target.signatureKey);
    }
  });

  test("with another label and person is seen doing both", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, , otter] = nodes as [Node, Node, Node];
    const { group } = otter.channel;
    const { keyPackage, ref } = keyPackageOf("Egret", random(personBytes));
    const untilEpoch = Number(group.epoch);
    const admission = approve(group, {
      operation: "admit",
      target: ref,
      check: "code",
      untilEpoch,
    });
    const authenticatedData = encodeApprovals([admission, removal(group, 1)]);
    const made = commit(group, { remove: [1], add: [keyPackage], authenticatedData, random });
    otter.isHeld = true;
    table.post(otter, made.message);
    table.run();
    expect(notices(slate).filter(({ type }) => type === "epoch")).toMatchObject([
      { joined: [{ label: "Egret" }], removed: ["Heron"], committer: "Otter" },
    ]);
  });
});

/** Views of seats given as label and person; who approves what is not judged on the way. */
function group(seats: readonly (readonly [string, Uint8Array])[], approvals: number): Group[] {
  const [[label, person], ...others] = seats as [[string, Uint8Array], ...[string, Uint8Array][]];
  let views = [
    createGroup({
      suite,
      rules: channelGroupRules,
      groupId: random(32),
      identity: encodeIdentity({ label, person }),
      extensions: encodePolicy({ ...defaultPolicy, approvals }),
      random,
    }),
  ];
  for (const [name, whose] of others) {
    const { keyPackage, secrets } = keyPackageOf(name, whose);
    const [founder, ...rest] = views as [Group, ...Group[]];
    const authenticatedData = encodeApprovals([]);
    const made = commit(founder, { add: [keyPackage], authenticatedData, random });
    const welcome = made.welcome as Uint8Array;
    const joined = joinGroup({ suite, rules: channelGroupRules, welcome, keyPackage, secrets });
    views = [
      adoptCommit(made.group, made.pending).group,
      ...rest.map((view) => applyCommit(view, checkCommit(view, made.message)).group),
      joined.group,
    ];
  }
  return views;
}

describe("a person with two seats", () => {
  const person = random(personBytes);
  const other = random(personBytes);
  const third = random(personBytes);
  const judge = (views: readonly Group[], approvers: readonly number[], leaf: number) => {
    const [own, judging] = [views[0] as Group, views[1] as Group];
    const authenticatedData = encodeApprovals(
      approvers.map((at) => removal(views[at] as Group, leaf)),
    );
    const made = commit(own, { remove: [leaf], authenticatedData, random });
    return refusalOf(() => authorise(judging, checkCommit(judging, made.message)));
  };

  test("has no voice in the removal of one of them from the other", () => {
    const views = group(
      [
        ["Slate", other],
        ["Otter", third],
        ["Heron", person],
        ["Heron 2", person],
      ],
      2,
    );
    expect(judge(views, [0, 3], 2)).toContain("a removal with 1 of 2 approvals");
    expect(judge(views, [0, 1], 2)).toBe(null);
  });

  test("is not counted among those who must agree", () => {
    const views = group(
      [
        ["Slate", other],
        ["Heron", person],
        ["Heron 2", person],
      ],
      2,
    );
    expect(judge(views, [0], 1)).toBe(null);
  });

  test("who is alone in the channel may remove the other one", () => {
    const views = group(
      [
        ["Heron", person],
        ["Heron 2", person],
      ],
      2,
    );
    expect(judge(views, [0], 1)).toBe(null);
  });
});

describe("an approval", () => {
  const judge = (views: readonly Group[], untilEpoch: number) => {
    const [own, judging] = views as [Group, Group];
    const authenticatedData = encodeApprovals([removal(own, 2, untilEpoch)]);
    const made = commit(own, { remove: [2], authenticatedData, random });
    return refusalOf(() => authorise(judging, checkCommit(judging, made.message)));
  };

  test("holds for so many epochs ahead, and not for ever", () => {
    const people = ["Slate", "Heron", "Otter"].map(
      (label) => [label, random(personBytes)] as const,
    );
    const views = group(people, 1);
    const last = Number(views[0]?.epoch) + limits.approvalEpochsMax;
    expect(judge(views, last)).toBe(null);
    for (const untilEpoch of [last + 1, Number.MAX_SAFE_INTEGER]) {
      expect(judge(views, untilEpoch)).toContain("too far away");
    }
  });

  test("of a removal outlives the target's rotation", () => {
    const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node];
    const early = removal(slate.channel.group, 1, Number(slate.channel.group.epoch) + 5);
    const before = seatAt(slate.channel.group, 1).signatureKey;
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "r" } });
    table.run();
    const { group: later } = slate.channel;
    expect(equalBytes(seatAt(later, 1).signatureKey, before)).toBe(false);
    const authenticatedData = encodeApprovals([early]);
    const made = commit(later, { remove: [1], authenticatedData, random });
    expect(refusalOf(() => authorise(later, checkCommit(later, made.message)))).toBe(null);
  });

  test("that an honest leave carries is within the bound", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    expect(makeLeave(heron.channel).kind).toBe("leave");
    table.do(heron, { type: "leave", id: random(16) });
    table.run();
    expect(members(slate.channel.group)).toHaveLength(1);
    expect(slate.channel.reports.gaps).toEqual([]);
  });
});

test("a leave that cannot be carried out throws at no event, is named, and is given up", () => {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  otter.isHeld = true;
  heron.isHeld = true;
  // Heron's leave is heard while no commit can be made at all: one leaf's KEM key is of no use.
  const { group: whole } = slate.channel;
  const deriveKeyPair = () => {
    throw new Failure("integrity", "no key can be derived");
  };
  const kem = { ...whole.suite.kem, deriveKeyPair };
  slate.channel = { ...slate.channel, group: { ...whole, suite: { ...whole.suite, kem } } };
  const leave = makeLeave(heron.channel);
  table.say(heron, { content: leave });
  expect(() => table.run()).not.toThrow();
  expect(slate.channel.plans.leaves).toEqual([]);
  expect(slate.channel.reports.gaps).toMatchObject([
    { from: "Heron", detail: "its leave cannot be carried out here: no key can be derived" },
  ]);
  // Whatever happens next is taken in as ever.
  table.say(otter, { content: { kind: "text", text: "still heard" } });
  expect(() => table.run()).not.toThrow();
  expect(notices(slate).some(({ type }) => type === "message")).toBe(true);
});
