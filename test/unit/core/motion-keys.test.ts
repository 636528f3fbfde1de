import { describe, expect, test } from "vitest";
import { decodeApproval, encodeApproval } from "#client/core/approval.ts";
import { isStanding } from "#client/core/motion.ts";
import {
  forgetMotions,
  motionDueAt,
  renewApprovals,
  reviseChecks,
} from "#client/core/motion-own.ts";
import type { Motion } from "#client/core/motion-schema.ts";
import { enqueue } from "#client/core/outbox.ts";
import type { Channel } from "#client/core/state.ts";
import { limits } from "#shared/limits.ts";
import {
  admit,
  approvalOf,
  approvedBy,
  bytesOf,
  check,
  ended,
  granted,
  known,
  motionOf,
  newTurn,
  noticesOf,
  now,
  policyOf,
  random,
  remove,
  renew,
  saidIn,
  seatOf,
  viewOf,
  withOnly,
} from "./motion-cast.ts";

const heron = viewOf(1);
const consent = "none";

/** An approval of Heron's that no longer holds, as after a rotation of its key. */
function outdated(motion: Motion): Motion {
  const old = { ...approvalOf(heron, motion), signature: new Uint8Array(64) };
  return { ...motion, approvals: [encodeApproval(old)] };
}

describe("after a rotation of the own key", () => {
  const renewed = (channel: Channel) => {
    const next = renewApprovals(newTurn(), channel);
    return { next, said: saidIn(next).slice(channel.contents.size) };
  };

  test("what this person has approved and said is signed anew and said again", () => {
    const motion = outdated(motionOf(remove(3), { consent, isSaid: true }));
    const { next, said } = renewed(withOnly(heron, motion));
    const [bytes] = known(next, motion).approvals as [Uint8Array];
    const approval = decodeApproval(bytes);
    expect(isStanding(heron, motion, approval)).toBe(true);
    expect(approval.untilEpoch).toBe(Number(heron.group.epoch) + 5);
    expect(said).toEqual([{ kind: "second", id: bytesOf(motion), approval: bytes }]);
  });

  test("what was not yet said is signed anew and waits", () => {
    const motion = outdated(motionOf(remove(3), { consent }));
    const { next, said } = renewed(withOnly(heron, motion));
    const [bytes] = known(next, motion).approvals as [Uint8Array];
    expect(isStanding(heron, motion, decodeApproval(bytes))).toBe(true);
    expect(said).toEqual([]);
  });

  test("what this person has not approved, or is over, stays as it is", () => {
    const channel = withOnly(
      heron,
      outdated(motionOf(remove(3))),
      outdated(motionOf(remove(3), { consent, ended, isSaid: true })),
      outdated(motionOf(remove(3), { consent, granted, isSaid: true })),
      motionOf({ ...admit, keyPackage: null }, { consent: "code", isSaid: true }),
    );
    expect(renewApprovals(newTurn(), channel)).toBe(channel);
  });

  test("what still waits in the outbox goes out with the new approval, and nothing besides", () => {
    const motion = outdated(motionOf(remove(3), { consent, isSaid: true }));
    const other = outdated(motionOf(policyOf(3), { consent, isSaid: true }));
    const approval = motion.approvals[0] as Uint8Array;
    for (const kind of ["motion", "second"] as const) {
      const id = bytesOf(motion);
      const waiting =
        kind === "motion"
          ? { kind, id, change: motion.change, approval }
          : ({ kind, id, approval } as const);
      let channel = withOnly(heron, other, motion);
      const unrelated = [
        { kind: "text", text: "hello" },
        { kind: "deny", id, reason: "denied" },
        { kind: "motion", id, change: motion.change, approval: null },
        { kind: "second", id: bytesOf(motionOf(remove(2))), approval },
      ] as const;
      for (const content of [...unrelated, waiting]) channel = enqueue(newTurn(), channel, content);
      const { next } = renewed(channel);
      const bytes = known(next, motion).approvals[0] as Uint8Array;
      const contents = saidIn(next).slice(heron.contents.size);
      expect(contents.slice(0, 5)).toEqual([...unrelated, { ...waiting, approval: bytes }]);
      expect(isStanding(heron, motion, decodeApproval(bytes))).toBe(true);
      // The other motion's is said by itself, for nothing of it waits.
      expect(contents.slice(5)).toEqual([
        { kind: "second", id: bytesOf(other), approval: known(next, other).approvals[0] },
      ]);
    }
  });
});

describe("a new epoch", () => {
  const revised = (motion: Motion) => {
    const turn = newTurn();
    const before = withOnly(heron, motion);
    const next = reviseChecks(turn, before);
    return { turn, before, next, checks: known(next, motion).checks };
  };
  const key = random(32);

  test("changes no check whose sponsor keeps its key", () => {
    const checks = [
      check,
      { ...check, leaf: 2, key: seatOf(2).signatureKey, commitment: random(32) },
    ];
    const { before, next } = revised(motionOf(admit, { checks }));
    expect(next).toBe(before);
  });

  test("voids a check that has bound the newcomer to a key that is gone", () => {
    const bound = { ...check, key, commitment: random(32) };
    const kept = { ...check, leaf: 2, key: seatOf(2).signatureKey };
    expect(revised(motionOf(admit, { checks: [bound, kept] })).checks).toEqual([kept]);
  });

  test("gives a check that has bound nobody the key that its sponsor has now", () => {
    expect(revised(motionOf(admit, { checks: [{ ...check, key }] })).checks).toEqual([check]);
  });

  test("voids the check of a seat that has gone", () => {
    const gone = { ...check, leaf: 40 };
    for (const checks of [
      [gone, check],
      [check, gone],
    ]) {
      expect(revised(motionOf(admit, { checks })).checks).toEqual([check]);
    }
    expect(revised(motionOf(admit, { checks: [gone] })).checks).toEqual([]);
  });

  test("leaves what is over as it is", () => {
    const checks = [{ ...check, leaf: 40 }];
    for (const over of [{ ended }, { granted }]) {
      const { before, next } = revised(motionOf(admit, { checks, ...over }));
      expect(next).toBe(before);
    }
  });

  test("ends an admission whose first sponsor has gone, and no other motion of it", () => {
    const gone = (motion: Motion) => ({ ...motion, author: 40, by: "Wigeon" });
    const { turn, next } = revised(gone(motionOf(admit)));
    expect(next.plans.motions).toMatchObject([{ ended: { reason: "withdrawn", by: "Wigeon" } }]);
    expect(noticesOf(turn)).toMatchObject([{ type: "motion", state: "ended" }]);
    const other = revised(gone(motionOf(remove(3))));
    expect(other.next).toBe(other.before);
  });
});

describe("motions that are old", () => {
  const maxMs = limits.motionMsMax;

  test("are forgotten to the millisecond, and what was promised for them is free", () => {
    const old = motionOf(remove(3), { seenAt: 1 });
    const fresh = motionOf(remove(2), { seenAt: 2 });
    const over = motionOf(remove(2), { seenAt: 0, ended });
    const channel = withOnly(heron, old, fresh, over);
    const held = { ...channel, plans: { ...channel.plans, holds: [old.id, "i"] } };
    const turn = newTurn(1 + maxMs);
    const next = forgetMotions(turn, held, maxMs);
    expect(next.plans.motions).toEqual([fresh]);
    expect(next.plans.holds).toEqual(["i"]);
    // Only the one that was open is told: it has ended by its age.
    expect(noticesOf(turn)).toMatchObject([
      { type: "motion", id: old.id, state: "ended", ended: "expired", endedBy: "Slate" },
    ]);
  });

  test("are looked for in vain without a change", () => {
    const channel = withOnly(heron, motionOf(remove(3)));
    expect(forgetMotions(newTurn(), channel, maxMs)).toBe(channel);
  });
});

describe("the commit of a motion is due", () => {
  const complete = approvedBy(motionOf(remove(3), { consent }), [0]);

  test("at once for whoever completes the count", () => {
    expect(motionDueAt(heron, complete)).toBe(0);
  });

  test("never before the count is complete, for what is over, or for who may not make it", () => {
    expect(motionDueAt(heron, motionOf(remove(3), { consent }))).toBeNull();
    expect(motionDueAt(heron, { ...complete, ended })).toBeNull();
    expect(motionDueAt(heron, { ...complete, granted })).toBeNull();
    expect(motionDueAt(heron, { ...complete, consent: null })).toBeNull();
    const renewal = approvedBy(motionOf(renew(3), { consent }), [0]);
    expect(motionDueAt(heron, renewal)).toBeNull();
  });

  test("in turn for those who had spoken before: three seconds for each seat before it", () => {
    const said = { ...approvedBy(motionOf(remove(3), { consent, isSaid: true }), [0, 1]) };
    expect(motionDueAt(heron, said)).toBeNull();
    expect(motionDueAt(heron, { ...said, completeAt: now })).toBe(now + 6_000);
    expect(motionDueAt(viewOf(0), { ...said, completeAt: now })).toBe(now + 3_000);
  });
});
