import { describe, expect, test } from "vitest";
import { decodeApproval, seatId } from "#client/core/approval.ts";
import { isOpen } from "#client/core/motion.ts";
import { endMotion, failureOfEnd, type MotionContent } from "#client/core/motion-hear.ts";
import type { EndReason, Motion } from "#client/core/motion-schema.ts";
import type { Channel } from "#client/core/state.ts";
import { member } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  admit,
  approvalOf,
  approvedBy,
  bytesOf,
  check,
  deny,
  egret,
  ended,
  granted,
  hear,
  known,
  motionOf,
  moved,
  newTurn,
  noticesOf,
  now,
  personOf,
  random,
  remove,
  renew,
  second,
  viewOf,
  withOnly,
} from "./motion-cast.ts";
import { type Node, seatAll } from "./steps.ts";

describe("a second", () => {
  test("adds its signer's approval, in the place of an older one, and is told", () => {
    const motion = approvedBy(motionOf(remove(2)), [0]);
    const given = approvalOf(viewOf(1), motion);
    const { next, told } = hear(withOnly(egret, motion), 1, second(motion, given));
    expect(known(next, motion).approvals.map(decodeApproval).at(-1)).toEqual(given);
    expect(told).toEqual(["seconded"]);
    const later = approvalOf(viewOf(1), motion, "none", given.untilEpoch + 1);
    const again = hear(next, 1, second(motion, later)).next;
    expect(known(again, motion).approvals).toHaveLength(2);
    expect(known(again, motion).approvals.map(decodeApproval).at(-1)).toEqual(later);
  });

  test("of somebody else's approval, or of one that does not hold, adds nothing", () => {
    const motion = approvedBy(motionOf(remove(2)), [0]);
    const given = approvalOf(viewOf(1), motion);
    const forged = { ...given, signature: new Uint8Array(64) };
    for (const [sender, approval] of [
      [0, given],
      [1, forged],
    ] as const) {
      const { next } = hear(withOnly(egret, motion), sender, second(motion, approval));
      expect(next.plans.motions).toEqual([motion]);
    }
  });

  test("of what is not known, or is over, is passed over", () => {
    const motion = motionOf(remove(2));
    const given = approvalOf(viewOf(1), motion);
    expect(hear(egret, 1, second(motion, given)).next).toBe(egret);
    for (const over of [
      { ...motion, ended },
      { ...motion, granted },
    ]) {
      const channel = withOnly(egret, over);
      const { next, told } = hear(channel, 1, second(motion, given));
      expect(next).toBe(channel);
      expect(told).toEqual([]);
    }
  });

  test("that is no approval at all is a gap", () => {
    const motion = motionOf(remove(2));
    const content = { kind: "second", id: bytesOf(motion), approval: random(20) } as const;
    const { next, told } = hear(withOnly(egret, motion), 1, content);
    expect(next.plans.motions).toEqual([motion]);
    expect(told).toHaveLength(1);
    expect(next.reports.gaps).toMatchObject([{ from: "Heron", missing: 0 }]);
  });
});

describe("a renewal", () => {
  const frozen = (channel: Channel): Channel => ({
    ...channel,
    session: { ...channel.session, frozenBy: [personOf(1), personOf(2)] },
  });

  test("holds from the approval on that completes it, and gives back that person's right alone", () => {
    const motion = approvedBy(motionOf(renew(1)), [0]);
    const channel = frozen(withOnly(egret, motion));
    const { turn, next, told } = hear(channel, 2, second(motion, approvalOf(viewOf(2), motion)));
    expect(told).toEqual(["seconded", "granted"]);
    expect(next.session.frozenBy).toEqual([personOf(2)]);
    const epoch = Number(egret.group.epoch);
    expect(known(next, motion).granted).toEqual({ epoch, committer: 0 });
    expect(turn.effects.filter(({ type }) => type === "done")).toEqual([
      {
        type: "done",
        id: motion.id,
        result: { id: motion.id, epoch, seq: egret.session.log.chain.position },
      },
    ]);
  });

  test("is not completed by its target, nor by one person twice", () => {
    const motion = approvedBy(motionOf(renew(1)), [0]);
    const channel = frozen(withOnly(egret, motion));
    for (const leaf of [0, 1] as const) {
      const { next, told } = hear(channel, leaf, second(motion, approvalOf(viewOf(leaf), motion)));
      expect(told).toEqual(["seconded"]);
      expect(isOpen(known(next, motion))).toBe(true);
      expect(next.session.frozenBy).toHaveLength(2);
    }
  });

  test("for a seat that has gone gives nothing", () => {
    const motion = { ...motionOf(renew(1)), change: { op: "renew", seat: random(32) } as const };
    const channel = frozen(withOnly(egret, motion));
    const { next } = hear(channel, 2, second(motion, approvalOf(viewOf(2), motion)));
    expect(isOpen(known(next, motion))).toBe(true);
    expect(next.session.frozenBy).toHaveLength(2);
  });

  test("does not come by itself to a person who is alone", () => {
    const { channel } = seatAll(["Slate"]).nodes[0] as Node;
    const seat = seatId(member(channel.group, 0)!);
    const motion = motionOf({ op: "renew", seat });
    const { next } = hear(frozen(channel), 0, moved(motion));
    expect(isOpen(known(next, motion))).toBe(true);
    expect(next.session.frozenBy).toHaveLength(2);
  });

  test("is what no other motion is: those wait for their commit", () => {
    const motion = approvedBy(motionOf(remove(2)), [0]);
    const { next } = hear(
      withOnly(egret, motion),
      1,
      second(motion, approvalOf(viewOf(1), motion)),
    );
    expect(isOpen(known(next, motion))).toBe(true);
  });
});

describe("a no", () => {
  test("of the author ends the motion, for the reason that it gives", () => {
    const motion = motionOf(remove(2));
    const { turn, next, told } = hear(withOnly(egret, motion), 0, deny(motion, "withdrawn"));
    expect(known(next, motion).ended).toEqual({ reason: "withdrawn", by: "Slate" });
    expect(told).toEqual(["ended"]);
    expect(turn.effects).toContainEqual({
      type: "failed",
      id: motion.id,
      failure: new Failure("denied", "Slate took it back"),
    });
  });

  test("of a sponsor whose check has begun ends the admission", () => {
    const motion = motionOf(admit, { checks: [{ ...check, leaf: 2 }, check] });
    const { next } = hear(withOnly(egret, motion), 1, deny(motion, "words"));
    expect(known(next, motion).ended).toEqual({ reason: "words", by: "Heron" });
  });

  test("of anybody else is shown once and ends nothing", () => {
    const motion = motionOf(admit, { checks: [check] });
    const { next, told } = hear(withOnly(egret, motion), 2, deny(motion, "words"));
    expect(known(next, motion)).toEqual({ ...motion, against: ["Otter"] });
    expect(told).toEqual(["opposed"]);
    const again = hear(next, 2, deny(motion));
    expect(again.next).toBe(next);
    expect(again.told).toEqual([]);
    expect(known(hear(next, 3, deny(motion)).next, motion).against).toEqual(["Otter", "Egret"]);
  });

  test("of a seat that nobody has any more is passed over", () => {
    const channel = withOnly(egret, motionOf(admit));
    expect(hear(channel, 40, deny(known(channel, channel.plans.motions[0]!))).next).toBe(channel);
  });

  test("of a removal's target ends nothing, whatever checks are written down", () => {
    const motion = motionOf(remove(1), { checks: [check] });
    const { next } = hear(withOnly(egret, motion), 1, deny(motion));
    expect(known(next, motion)).toMatchObject({ ended: null, against: ["Heron"] });
  });

  test("is kept of the last ones only, as many as there are seats", () => {
    const against = Array.from({ length: limits.seatsMax }, (_, at) => `Gone ${at}`);
    const motion = motionOf(remove(1), { against });
    const { next } = hear(withOnly(egret, motion), 2, deny(motion));
    expect(known(next, motion).against).toEqual([...against.slice(1), "Otter"]);
  });

  test("to what is over changes nothing", () => {
    for (const over of [motionOf(remove(2), { ended }), motionOf(remove(2), { granted })]) {
      const channel = withOnly(egret, over);
      expect(hear(channel, 0, deny(over)).next).toBe(channel);
      expect(hear(channel, 1, deny(over)).next).toBe(channel);
    }
  });
});

describe("the end of a motion", () => {
  test("frees what was promised for it and nothing else, and says so to whoever waits", () => {
    const motion = motionOf(admit);
    const known = withOnly(egret, motion);
    const channel = { ...known, plans: { ...known.plans, holds: ["i", motion.id] } };
    const turn = newTurn();
    const next = endMotion(turn, channel, motion, { reason: "expired", by: "Slate" });
    expect(next.plans.holds).toEqual(["i"]);
    expect(noticesOf(turn)).toMatchObject([{ type: "motion", state: "ended", ended: "expired" }]);
  });

  test.each<[EndReason, string, string]>([
    ["denied", "denied", "Otter said no"],
    ["words", "auth", "the words differ: nobody was let in"],
    ["code", "auth", "a code was missed: nobody was let in"],
    ["expired", "pending", "nobody approved it in time"],
    ["withdrawn", "denied", "Otter took it back"],
  ])("as %s is the failure %s: %s", (reason, code, message) => {
    expect(failureOfEnd({ reason, by: "Otter" })).toMatchObject({ code, message });
  });
});

describe("a step of a check", () => {
  const open = (motion: Motion): MotionContent => ({
    kind: "check",
    id: bytesOf(motion),
    step: { name: "open" },
  });

  test("is taken while the motion is open, and passed over after", () => {
    const motion = motionOf(admit);
    const { next } = hear(withOnly(egret, motion), 1, open(motion));
    expect(known(next, motion).checks).toEqual([check]);
    for (const over of [
      { ...motion, ended },
      { ...motion, granted },
    ]) {
      const channel = withOnly(egret, over);
      expect(hear(channel, 1, open(motion)).next).toBe(channel);
    }
  });
});

describe("a Welcome in the channel", () => {
  const welcome = { welcome: random(2_000), previous: random(32), admittedBy: [] };
  const said = (motion: Motion): MotionContent => ({
    kind: "welcome",
    id: bytesOf(motion),
    ...welcome,
  });
  const slate = viewOf(0);
  const motion = motionOf(admit, { granted });

  test("is kept by the first sponsor, whose newcomer it is for", () => {
    const { next } = hear(withOnly(slate, motion), 1, said(motion));
    expect(known(next, motion).welcome).toEqual(welcome);
  });

  test.each<[string, Channel, number, Motion]>([
    ["at anybody else", egret, 1, motion],
    ["by anybody but the committer", slate, 2, motion],
    ["before the commit", slate, 1, { ...motion, granted: null }],
    ["a second time", slate, 1, { ...motion, welcome: { ...welcome, previous: null } }],
  ])("is passed over %s", (_name, view, sender, one) => {
    const channel = withOnly(view, one);
    expect(hear(channel, sender, said(one)).next).toBe(channel);
  });
});

test("a freeze is taken in as one of the seat that says it", () => {
  const { next, told } = hear(egret, 1, { kind: "freeze", on: true });
  expect(next.session.freeze).toEqual({ person: personOf(1), by: "Heron", at: now });
  expect(told).toEqual(["freeze"]);
  expect(hear(next, 1, { kind: "freeze", on: false }).next.session.freeze).toBeNull();
  expect(hex(next.session.frozenBy[0] as Uint8Array)).toBe(hex(personOf(1)));
});
