import { describe, expect, test } from "vitest";
import {
  type Approval,
  approve,
  encodeApproval,
  encodeApprovals,
  seatId,
} from "#client/core/approval.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { idBytes } from "#client/core/motion.ts";
import { amendPolicy, decodePolicy, encodePolicy, policyId } from "#client/core/policy.ts";
import { channelExtensions } from "#client/core/rules.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  type CommitRequest,
  commit,
  createKeyPackage,
  type Group,
  member,
} from "#client/mls/group.ts";
import { channelName as channel, codeOf, createWorld, type Seat, soon } from "./cast.ts";
import { alarmsOf, say, statusOf, wordsOf } from "./hostile-stage.ts";
import { type Insider, masked, stateOf, takeApart } from "./insider.ts";
import { quiet, seededRandom } from "./kit.ts";

const random = seededRandom(616);

/** A channel in which two persons must agree: Slate, Heron, Egret, and Otter, who is dishonest. */
async function infiltrate() {
  const world = await createWorld();
  const [slate, heron] = (await world.gather(["Slate", "Heron"], { approvals: 2 })) as [Seat, Seat];
  const [egret, otter] = [await world.seat(), await world.seat()];
  await world.admitByTwo(slate, heron, egret, "Egret");
  await world.settle(slate, heron, egret);
  await world.admitByTwo(slate, heron, otter, "Otter");
  await world.settle(slate, heron, egret, otter);
  return { world, slate, heron, egret, otter, honest: [slate, heron, egret] as const };
}

function seatAt(group: Group, leaf: number): Uint8Array {
  const seat = member(group, leaf);
  if (seat === null) throw new Error("nobody sits there");
  return seatId(seat);
}

const labelsOf = (seat: Seat) => seat.client.who(channel).map(({ label }) => label);
const everybody = ["Slate", "Heron", "Egret", "Otter"];

function newcomer(label: string, person = random(16)) {
  const identity = encodeIdentity({ label, person });
  const extensionTypes = channelExtensions;
  return createKeyPackage({ suite: xwingSuite, identity, extensionTypes, random });
}

function approvalOf(
  group: Group,
  operation: Approval["operation"],
  target: Uint8Array,
  check: Approval["check"] = "none",
): Approval {
  return approve(group, { operation, target, check, untilEpoch: Number(group.epoch) + 5 });
}

/** Commits what no honest client would, carrying these approvals. */
function commitAlone(
  { channel: { group } }: Insider,
  request: Partial<CommitRequest>,
  approvals: readonly Approval[],
) {
  const authenticatedData = encodeApprovals(approvals);
  return commit(group, { ...request, authenticatedData, random });
}

/** Whatever was tried came to nothing at all of them, for this reason, and they talk on. */
async function expectUnmoved(honest: readonly Seat[], epoch: number, reason: string) {
  await say(honest[0] as Seat, "we go on");
  for (const seat of honest) {
    expect(labelsOf(seat)).toEqual(everybody);
    expect(statusOf(seat)).toMatchObject({ state: "open", epoch });
    expect(
      statusOf(seat)
        .gaps.map(({ detail }) => detail)
        .join(),
    ).toContain(reason);
    expect(await seat.texts()).toEqual(["we go on"]);
  }
  expect(new Set(honest.map(wordsOf)).size).toBe(1);
}

describe("an insider at the door", () => {
  test("who adds alone, by a client that asks nobody, is ignored and the channel goes on", async () => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const epoch = Number(group.epoch);
    const { keyPackage, ref } = newcomer("Stoat");
    await insider.post(commitAlone(insider, { add: [keyPackage] }, []).message);
    const own = approvalOf(group, "admit", ref, "code");
    await insider.post(commitAlone(insider, { add: [keyPackage] }, [own]).message);
    await expectUnmoved(honest, epoch, "an admission with 1 of 2 approvals");
  });

  test.each([
    ["in another's name under his own key", (own: Group) => masked(own, { leaf: 0 })],
    ["of a leaf where nobody sits", (own: Group) => masked(own, { leaf: 9 })],
  ])("who carries an approval %s is ignored", async (_what, as) => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const { keyPackage, ref } = newcomer("Stoat");
    const approvals = [
      approvalOf(group, "admit", ref, "code"),
      approvalOf(as(group), "admit", ref, "words"),
    ];
    await insider.post(commitAlone(insider, { add: [keyPackage] }, approvals).message);
    await expectUnmoved(honest, Number(group.epoch), "approval:");
  });

  test("who approves twice from two seats of one person has one voice", async () => {
    const { world, slate, heron, otter, honest } = await infiltrate();
    // Otter's person gets a second seat, by the rule; its approval is a second signature, no second voice.
    const second = await world.seat();
    const [{ person } = { person: "" }] = slate.client
      .who(channel)
      .filter(({ label }) => label === "Otter");
    await world.admitBy([slate, heron], second, "Otter's telephone", "Otter");
    await world.settle(...honest, otter, second);
    const seats = slate.client.who(channel).filter((seat) => seat.person === person);
    expect(seats).toHaveLength(2);
    const twin = await stateOf(second);
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const { keyPackage, ref } = newcomer("Stoat");
    const approvals = [
      approvalOf(group, "admit", ref, "code"),
      approvalOf(twin.group, "admit", ref, "words"),
    ];
    await insider.post(commitAlone(insider, { add: [keyPackage] }, approvals).message);
    await quiet(24);
    for (const seat of honest) {
      expect(labelsOf(seat)).not.toContain("Stoat");
      const details = statusOf(seat).gaps.map(({ detail }) => detail);
      expect(details.join()).toContain("an admission with 1 of 2 approvals");
    }
  });

  test("who uses an approval of one thing for another is ignored", async () => {
    const { world, heron, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const { keyPackage, ref } = newcomer("Stoat");
    // Heron has approved of somebody else, and the signature is over whom.
    const { ref: other } = newcomer("Marten");
    const given = approvalOf((await stateOf(heron)).group, "admit", other, "words");
    const approvals = [approvalOf(group, "admit", ref, "code"), { ...given, target: ref }];
    await insider.post(commitAlone(insider, { add: [keyPackage] }, approvals).message);
    await expectUnmoved(honest, Number(group.epoch), "the signature does not hold");
  });

  test("cannot have another approve by rotating: a rotation says again only what was said by hand", async () => {
    const { world, slate, heron, egret, otter, honest } = await infiltrate();
    const { id } = await soon(otter.client.remove({ channel, label: "Egret" }));
    for (const seat of [heron, slate, egret, heron]) {
      await soon(seat.client.rotate({ channel }));
      await world.settle(...honest, otter);
    }
    for (const seat of honest) {
      const motion = seat.client.pending(channel).find((one) => one.id === id);
      expect(motion).toMatchObject({ given: ["Otter"], needed: 2, ended: null });
      expect(labelsOf(seat)).toEqual(everybody);
    }
    // By hand it counts, and goes on to count after a rotation.
    await soon(heron.client.approve({ channel, id }));
    await world.settle(...honest, otter);
    expect(labelsOf(slate)).toEqual(["Slate", "Heron", "Otter"]);
  });

  test("cannot move more than a few things at a time, and is named for trying", async () => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    for (let at = 0; at < 8; at++) {
      const change = {
        op: "policy",
        approvals: 3 + at,
        check: "words",
        archivers: "shown",
      } as const;
      await insider.say({ content: { kind: "motion", id: random(16), change, approval: null } });
    }
    for (const seat of honest) {
      const own = seat.client.pending(channel).filter(({ by }) => by === "Otter");
      expect(own).toHaveLength(4);
      expect(statusOf(seat).gaps.every(({ from }) => from === "Otter")).toBe(true);
      expect(statusOf(seat).gaps.length).toBeGreaterThan(0);
    }
  });
});

describe("an insider who is to be removed", () => {
  test("cannot end the motion, and committing first does not void it", async () => {
    const { world, slate, heron, otter, honest } = await infiltrate();
    const { id } = await soon(slate.client.remove({ channel, label: "Otter" }));
    await soon(otter.client.deny({ channel, id }));
    for (let at = 0; at < 3; at++) {
      await soon(otter.client.rotate({ channel }));
      await world.settle(...honest, otter);
    }
    for (const seat of honest) {
      const motion = seat.client.pending(channel).find((one) => one.id === id);
      expect(motion).toMatchObject({
        given: ["Slate"],
        needed: 2,
        ended: null,
        against: ["Otter"],
      });
    }
    await soon(heron.client.approve({ channel, id }));
    await world.clock.advance(5_000);
    for (const seat of honest) expect(labelsOf(seat)).toEqual(["Slate", "Heron", "Egret"]);
    expect(statusOf(otter).state).toBe("removed");
  });

  test("cannot remove another alone instead", async () => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const own = approvalOf(group, "remove", seatAt(group, 0));
    await insider.post(commitAlone(insider, { remove: [0] }, [own]).message);
    await expectUnmoved(honest, Number(group.epoch), "a removal with 1 of 2 approvals");
  });
});

describe("an insider and the policy", () => {
  test.each([
    ["with his own approval", 0, "a change of policy with 1 of 4 approvals"],
    ["with all approvals but one", 2, "a change of policy with 3 of 4 approvals"],
  ])("cannot lower it %s", async (_what, others, reason) => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const policy = amendPolicy(decodePolicy(group.extensions), { approvals: 1 });
    const states = await Promise.all(honest.slice(0, others).map(stateOf));
    const groups = [group, ...states.map((state) => state.group)];
    const approvals = groups.map((one) => approvalOf(one, "policy", policyId(policy)));
    const extensions = encodePolicy(policy);
    await insider.post(commitAlone(insider, { extensions }, approvals).message);
    await expectUnmoved(honest, Number(group.epoch), reason);
    for (const seat of honest) expect(statusOf(seat).approvals).toBe(2);
  });

  test("cannot open the late window or the mailbox's bounds, whoever approves", async () => {
    const { world, otter, honest } = await infiltrate();
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const policy = { ...decodePolicy(group.extensions), lateWindowMs: 3_600_000 };
    const states = await Promise.all(honest.map(stateOf));
    const groups = [group, ...states.map((state) => state.group)];
    const approvals = groups.map((one) => approvalOf(one, "policy", policyId(policy)));
    const extensions = encodePolicy(policy);
    await insider.post(commitAlone(insider, { extensions }, approvals).message);
    await expectUnmoved(honest, Number(group.epoch), "where nobody may");
  });
});

describe("an insider who freezes", () => {
  test("does it once and for a bounded time, and a second freeze is named and changes nothing", async () => {
    const { world, slate, heron, otter, honest } = await infiltrate();
    await soon(otter.client.freeze({ channel, on: true }));
    for (const seat of honest) {
      expect(await codeOf(seat.client.send({ channel, text: "?" }))).toBe("frozen");
    }
    // Keys, motions and removals go on meanwhile.
    await soon(slate.client.rotate({ channel }));
    const { id } = await soon(slate.client.remove({ channel, label: "Otter" }));
    await world.clock.advance(3_600_001);
    await say(slate, "thawed");
    const insider = await takeApart(world, otter);
    await insider.say({ content: { kind: "freeze", on: true } });
    await say(heron, "still thawed");
    for (const seat of honest) {
      expect(alarmsOf(seat)).toEqual(["freeze-refused Otter"]);
      expect(await seat.texts()).toEqual(["thawed", "still thawed"]);
    }
    await soon(heron.client.approve({ channel, id }));
    for (const seat of honest) expect(labelsOf(seat)).not.toContain("Otter");
  });

  test("is removed while the freeze lasts, and the freeze with him", async () => {
    const { world, slate, heron, otter, honest } = await infiltrate();
    await soon(otter.client.freeze({ channel, on: true }));
    const { id } = await soon(slate.client.remove({ channel, label: "Otter" }));
    await soon(heron.client.approve({ channel, id }));
    await world.settle(...honest);
    await say(heron, "free");
    for (const seat of honest) {
      expect(labelsOf(seat)).not.toContain("Otter");
      expect(await seat.texts()).toEqual(["free"]);
    }
  });

  test("cannot renew the right alone, nor from the voice of one other", async () => {
    const { world, otter, slate, honest } = await infiltrate();
    await soon(otter.client.freeze({ channel, on: true }));
    await soon(otter.client.freeze({ channel, on: false }));
    const { id } = await soon(otter.client.renewFreeze({ channel, label: "Otter" }));
    await soon(slate.client.approve({ channel, id }));
    const insider = await takeApart(world, otter);
    const { group } = insider.channel;
    const own = encodeApproval(approvalOf(group, "renew", seatAt(group, group.ownLeaf)));
    await insider.say({ content: { kind: "second", id: idBytes(id), approval: own } });
    await insider.say({ content: { kind: "freeze", on: true } });
    await say(slate, "not frozen");
    for (const seat of honest) {
      expect(await seat.texts()).toEqual(["not frozen"]);
      expect(alarmsOf(seat)).toEqual(["freeze-refused Otter"]);
    }
  });
});
