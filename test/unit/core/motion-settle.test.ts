import { describe, expect, test } from "vitest";
import { encodeIdentity } from "#client/core/identity.ts";
import type { Motion } from "#client/core/motion-schema.ts";
import { settleMotions } from "#client/core/motion-settle.ts";
import type { Channel } from "#client/core/state.ts";
import { withSession } from "#client/core/turn.ts";
import type { Member } from "#client/mls/group.ts";
import {
  admit,
  bytesOf,
  check,
  ended,
  granted,
  known,
  motionOf,
  newTurn,
  noticesOf,
  person,
  personOf,
  policyOf,
  random,
  remove,
  renew,
  saidIn,
  seatOf,
  viewOf,
  withOnly,
} from "./motion-cast.ts";

type Settled = Parameters<typeof settleMotions>[2];

const newcomer = (label: string, whose: Uint8Array, leaf = 4): Member => ({
  ...seatOf(1),
  leaf,
  identity: encodeIdentity({ label, person: whose }),
});

/** What a new epoch makes of some motions at a seat. */
function settle(channel: Channel, motions: readonly Motion[], settled: Partial<Settled> = {}) {
  const turn = newTurn();
  const before = withOnly(channel, ...motions);
  const next = settleMotions(turn, before, {
    committer: 1,
    joined: [],
    isMine: false,
    welcome: null,
    vouchers: () => [],
    ...settled,
  });
  const told = noticesOf(turn).map((notice) => (notice.type === "motion" ? notice.state : ""));
  return { turn, before, next, told, said: saidIn(next).slice(channel.contents.size) };
}

const egret = viewOf(3);
const epoch = Number(egret.group.epoch);

describe("a commit carries out", () => {
  test("the admission of whoever has joined by that label and person", () => {
    const motion = motionOf(admit);
    const other = newcomer("Finch", random(16), 5);
    const { turn, next, told } = settle(egret, [motion], {
      joined: [other, newcomer("Wren", person)],
    });
    expect(known(next, motion)).toEqual({ ...motion, granted: { epoch, committer: 1 } });
    expect(told).toEqual(["granted"]);
    expect(turn.effects.filter(({ type }) => type === "done")).toEqual([
      {
        type: "done",
        id: motion.id,
        result: { id: motion.id, epoch, seq: egret.session.log.chain.position },
      },
    ]);
  });

  test("no admission of anybody else, by label or by person", () => {
    for (const joined of [
      [],
      [newcomer("Finch", person)],
      [newcomer("Wren", random(16))],
      [newcomer("Finch", person), newcomer("Wren", random(16), 5)],
    ]) {
      const { before, next, told } = settle(egret, [motionOf(admit)], { joined });
      expect(next).toBe(before);
      expect(told).toEqual([]);
    }
  });

  test("an admission that had ended here: it has come about all the same", () => {
    const motion = motionOf(admit, { ended });
    const { next } = settle(egret, [motion], { joined: [newcomer("Wren", person)] });
    expect(known(next, motion)).toMatchObject({ ended: null, granted: { epoch } });
  });

  test("the removal of a seat that has gone, unless that had ended", () => {
    const gone = { op: "remove", seat: random(32) } as const;
    const [motion, over] = [motionOf(gone), motionOf(gone, { ended })];
    const { next, told } = settle(egret, [motionOf(remove(2)), motion, over]);
    expect(next.plans.motions.map((one) => one.granted)).toEqual([
      null,
      { epoch, committer: 1 },
      null,
    ]);
    expect(told).toEqual(["granted"]);
  });

  test("the policy that now holds, unless that motion had ended", () => {
    const view = viewOf(3, { approvals: 3 });
    const motions = [
      motionOf(policyOf(3)),
      motionOf(policyOf(3), { ended }),
      motionOf(policyOf(2)),
      motionOf(policyOf(3, "two-codes")),
    ];
    const { next } = settle(view, motions);
    expect(next.plans.motions.map((one) => one.granted !== null)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("no renewal", () => {
    const seats = [motionOf(renew(2)), motionOf({ op: "renew", seat: random(32) })];
    const { before, next } = settle(egret, seats);
    expect(next).toBe(before);
  });

  test("nothing twice", () => {
    const { before, next } = settle(egret, [motionOf(admit, { granted })], {
      joined: [newcomer("Wren", person)],
    });
    expect(next).toBe(before);
  });
});

test("what was promised for a motion is free once it is carried out", () => {
  const motion = motionOf(admit);
  const channel = { ...egret, plans: { ...egret.plans, holds: ["i", motion.id] } };
  const { next } = settle(channel, [motion], { joined: [newcomer("Wren", person)] });
  expect(next.plans.holds).toEqual(["i"]);
});

test("the motions that go on have their checks revised", () => {
  const motion = motionOf(admit, { checks: [check, { ...check, leaf: 40 }] });
  const { next } = settle(egret, [motion]);
  expect(known(next, motion).checks).toEqual([check]);
});

describe("the Welcome of an admission", () => {
  const welcome = random(2_000);
  const previous = random(32);
  const bySlate = [{ label: "Slate", check: "code" }] as const;
  const settled: Partial<Settled> = {
    joined: [newcomer("Otter", personOf(2), 2)],
    isMine: true,
    welcome,
    // Otter sits at leaf 2 in the new epoch.
    vouchers: (leaf) => (leaf === 2 ? bySlate : []),
  };
  const change = { op: "admit", label: "Otter", person: personOf(2), keyPackage: null } as const;
  const kept = { welcome, previous, admittedBy: [...bySlate] };
  const of = (leaf: 0 | 1) => withSession(viewOf(leaf), { previous });

  test("is kept by its committer and said for the first sponsor, who has the line to the newcomer", () => {
    const motion = motionOf(change);
    const { next, said } = settle(of(1), [motion], settled);
    expect(known(next, motion).welcome).toEqual(kept);
    expect(said).toEqual([{ kind: "welcome", id: bytesOf(motion), ...kept }]);
  });

  test("is said to nobody when the first sponsor is the committer", () => {
    const motion = motionOf(change);
    const { next, said } = settle(of(0), [motion], { ...settled, committer: 0 });
    expect(known(next, motion).welcome).toEqual(kept);
    expect(said).toEqual([]);
  });

  test("names nobody who vouched if the newcomer is not found", () => {
    const motion = motionOf(admit);
    const joined = [newcomer("Wren", person)];
    const { next } = settle(of(1), [motion], { ...settled, joined });
    expect(known(next, motion).welcome).toEqual({ welcome, previous, admittedBy: [] });
  });

  test("is nobody else's, and of nothing else", () => {
    const motion = motionOf(change);
    for (const more of [{ isMine: false }, { welcome: null }]) {
      const { next, said } = settle(of(1), [motion], { ...settled, ...more });
      expect(known(next, motion)).toMatchObject({ welcome: null, granted: { committer: 1 } });
      expect(said).toEqual([]);
    }
    const removal = motionOf({ op: "remove", seat: random(32) });
    const { next, said } = settle(of(1), [removal], settled);
    expect(known(next, removal)).toMatchObject({ welcome: null, granted: { committer: 1 } });
    expect(said).toEqual([]);
  });
});
