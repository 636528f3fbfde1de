import { describe, expect, test } from "vitest";
import { approve, decodeApproval, encodeApproval } from "#client/core/approval.ts";
import {
  findMotion,
  idBytes,
  isCompleteWithOwn,
  isOpen,
  isStanding,
  labelOfMotion,
  mayCommit,
  nextPolicy,
  ownApproval,
  ownPerson,
  refOf,
  seatOfMotion,
  tally,
  targetOf,
  withApproval,
  withMotion,
} from "#client/core/motion.ts";
import type { Motion } from "#client/core/motion-schema.ts";
import { showMotion, showMotions, tellMotion, twinOf } from "#client/core/motion-show.ts";
import { decodePolicy, policyId } from "#client/core/policy.ts";
import type { Channel } from "#client/core/state.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  admit,
  approvalOf,
  approvedBy,
  check,
  ended,
  granted,
  motionOf,
  newTurn,
  noticesOf,
  now,
  packageOf,
  person,
  personOf,
  policyOf,
  random,
  refusalOf,
  remove,
  renew,
  seatIdOf,
  viewOf,
  withOnly,
  wren,
} from "./motion-cast.ts";

describe("a motion", () => {
  test("has an id of 32 hex digits", () => {
    const id = hex(random(16));
    expect(hex(idBytes(id))).toBe(id);
    for (const bad of ["", "xx", id.slice(2), `${id}00`]) {
      expect(refusalOf(() => idBytes(bad))).toBe("usage: an id has 32 hex digits");
    }
  });

  test("is open until it is granted or has ended", () => {
    expect(isOpen(motionOf(remove(1)))).toBe(true);
    expect(isOpen(motionOf(remove(1), { ended }))).toBe(false);
    expect(isOpen(motionOf(remove(1), { granted }))).toBe(false);
  });

  test("takes the place of the one with its id and no other's", () => {
    const [one, other] = [motionOf(remove(1)), motionOf(remove(2))];
    const channel = withMotion(withOnly(viewOf(0), one), other);
    expect(channel.plans.motions).toEqual([one, other]);
    const changed = { ...one, isSaid: true };
    expect(withMotion(channel, changed).plans.motions).toEqual([changed, other]);
    expect(findMotion(channel, other.id)).toBe(other);
    expect(findMotion(channel, hex(random(16)))).toBeNull();
    expect(channel.plans.holds).toEqual(viewOf(0).plans.holds);
  });

  test("is about a seat only if it removes or renews, and while somebody has that seat", () => {
    const channel = viewOf(0);
    expect(seatOfMotion(channel, motionOf(remove(2)))?.leaf).toBe(2);
    expect(seatOfMotion(channel, motionOf(renew(3)))?.leaf).toBe(3);
    const nobody = { op: "remove", seat: random(32) } as const;
    expect(seatOfMotion(channel, { change: nobody })).toBeNull();
    expect(seatOfMotion(channel, { change: policyOf(3) })).toBeNull();
    expect(seatOfMotion(channel, { change: admit })).toBeNull();
  });

  test("is shown under the label that it is about", () => {
    const channel = viewOf(0);
    expect(labelOfMotion(channel, motionOf(admit))).toBe("Wren");
    expect(labelOfMotion(channel, motionOf(remove(2)))).toBe("Otter");
    expect(labelOfMotion(channel, motionOf(renew(3)))).toBe("Egret");
    expect(labelOfMotion(channel, motionOf(policyOf(3)))).toBe("");
    expect(labelOfMotion(channel, motionOf({ op: "remove", seat: random(32) }))).toBe("");
  });

  test("is approved by its KeyPackage, its seat or its whole policy", () => {
    const channel = viewOf(0);
    expect(targetOf(channel, { change: admit })).toEqual(wren.ref);
    expect(refOf(xwingSuite, { change: admit })).toEqual(wren.ref);
    expect(targetOf(channel, { change: { ...admit, keyPackage: null } })).toBeNull();
    expect(refOf(xwingSuite, { change: { ...admit, keyPackage: null } })).toBeNull();
    expect(refOf(xwingSuite, { change: remove(2) })).toBeNull();
    expect(targetOf(channel, { change: remove(2) })).toEqual(seatIdOf(2));
    expect(targetOf(channel, { change: renew(2) })).toEqual(seatIdOf(2));
    const now = decodePolicy(channel.group.extensions);
    const wanted = { ...now, revision: now.revision + 1, approvals: 3, check: "two-codes" };
    expect(nextPolicy(channel, policyOf(3, "two-codes"))).toEqual(wanted);
    expect(targetOf(channel, { change: policyOf(3, "two-codes") })).toEqual(
      policyId(nextPolicy(channel, policyOf(3, "two-codes"))),
    );
  });
});

describe("the count of a motion", () => {
  const count = (channel: Channel, motion: Motion) => {
    const { needed, given } = tally(channel, motion);
    return `${given} of ${needed}`;
  };

  test("needs as many as the policy says, and no more than there are", () => {
    expect(count(viewOf(0), motionOf(admit))).toBe("0 of 2");
    expect(count(viewOf(0, { approvals: 3 }), motionOf(admit))).toBe("0 of 3");
    expect(count(viewOf(0, { approvals: 9 }), motionOf(admit))).toBe("0 of 4");
    expect(count(viewOf(0, { approvals: 9 }), motionOf(remove(1)))).toBe("0 of 3");
    expect(count(viewOf(0), motionOf(policyOf(3)))).toBe("0 of 2");
    expect(count(viewOf(0), motionOf(policyOf(1)))).toBe("0 of 4");
    expect(count(viewOf(0, { approvals: 9 }), motionOf(renew(1)))).toBe("0 of 2");
  });

  test("counts each person once, and the target of a removal not at all", () => {
    expect(count(viewOf(0), approvedBy(motionOf(admit), [0, 1]))).toBe("2 of 2");
    expect(count(viewOf(0), approvedBy(motionOf(admit), [1, 1]))).toBe("1 of 2");
    expect(count(viewOf(0), approvedBy(motionOf(remove(1)), [0, 1]))).toBe("1 of 2");
    expect(count(viewOf(0), approvedBy(motionOf(renew(1)), [1, 2, 3]))).toBe("2 of 2");
  });

  test("counts only codes for an admission by two codes, and anything elsewhere", () => {
    const policy = { check: "two-codes" } as const;
    const view = viewOf(0, policy);
    const words = approvedBy(motionOf(admit), [1], policy, "words");
    expect(count(view, words)).toBe("0 of 2");
    expect(tally(view, words).approvals).toHaveLength(1);
    expect(count(view, approvedBy(words, [2], policy, "code"))).toBe("1 of 2");
    expect(count(viewOf(0), words)).toBe("1 of 2");
    expect(count(view, approvedBy(motionOf(remove(3)), [1, 2], policy))).toBe("2 of 2");
  });

  test("takes an approval besides in the place of the same signer's older one", () => {
    const motion = approvedBy(motionOf(remove(3)), [0, 1]);
    const extra = approvalOf(viewOf(1), motion, "none", Number(viewOf(1).group.epoch) + 7);
    const { approvals, signers, given } = tally(viewOf(0), motion, [extra]);
    expect(approvals.map(({ signer }) => signer)).toEqual([0, 1]);
    expect(approvals[1]).toEqual(extra);
    expect(signers.map(({ leaf }) => leaf)).toEqual([0, 1]);
    expect(given).toBe(2);
    const third = approvalOf(viewOf(2), motion);
    expect(tally(viewOf(0), motion, [third]).given).toBe(3);
  });

  test("leaves out what does not hold", () => {
    const motion = motionOf(remove(3));
    const good = approvalOf(viewOf(1), motion);
    for (const bad of [
      { ...good, signer: 2 },
      { ...good, untilEpoch: good.untilEpoch + 1 },
      { ...good, operation: "leave" as const },
      { ...good, target: seatIdOf(2) },
    ]) {
      expect(isStanding(viewOf(0), motion, bad)).toBe(false);
      const kept = { ...motion, approvals: [encodeApproval(bad)] };
      expect(tally(viewOf(0), kept)).toMatchObject({ approvals: [], given: 0 });
    }
    expect(isStanding(viewOf(0), motion, good)).toBe(true);
    // Well signed, and about something else.
    const { untilEpoch } = good;
    const leave = { operation: "leave", target: seatIdOf(3), check: "none", untilEpoch } as const;
    expect(isStanding(viewOf(0), motion, approve(viewOf(1).group, leave))).toBe(false);
    const other = approvalOf(viewOf(1), motionOf(remove(2)));
    expect(isStanding(viewOf(0), motion, other)).toBe(false);
    const waiting = motionOf({ ...admit, keyPackage: null });
    const early = { ...good, operation: "admit" as const };
    expect(isStanding(viewOf(0), waiting, early)).toBe(false);
  });

  test("does not take a fault of this program for an approval that does not hold", () => {
    const motion = motionOf(remove(3));
    const good = approvalOf(viewOf(1), motion);
    const broken = (error: Error): Channel => {
      const view = viewOf(0);
      const verify = (): never => {
        throw error;
      };
      const suite = { ...view.group.suite };
      suite.signature = { ...suite.signature, verify };
      return { ...view, group: { ...view.group, suite } };
    };
    const fault = new TypeError("undefined is not a function");
    expect(() => isStanding(broken(fault), motion, good)).toThrow(fault);
    const invariant = new Failure("internal", "broken");
    expect(() => isStanding(broken(invariant), motion, good)).toThrow(invariant);
    expect(isStanding(broken(new Failure("refused", "bent")), motion, good)).toBe(false);
  });
});

describe("the own approval", () => {
  const channel = viewOf(1);
  const epoch = Number(channel.group.epoch);

  test("is given for what this person approved by hand, for a bounded time, and for nothing else", () => {
    expect(ownApproval(channel, motionOf(remove(3)))).toBeNull();
    const waiting = motionOf({ ...admit, keyPackage: null }, { consent: "code" });
    expect(ownApproval(channel, waiting)).toBeNull();
    const motion = motionOf(admit, { consent: "words" });
    const own = ownApproval(channel, motion)!;
    expect(own).toMatchObject({
      operation: "admit",
      target: wren.ref,
      check: "words",
      untilEpoch: epoch + limits.approvalEpochsMax,
      signer: 1,
    });
    expect(isStanding(viewOf(0), motion, own)).toBe(true);
  });

  test("is the one already given while that holds", () => {
    const motion = approvedBy(motionOf(remove(3), { consent: "none" }), [0, 1]);
    expect(ownApproval(channel, motion)).toEqual(decodeApproval(motion.approvals[1]!));
  });

  test("is signed anew, with the same last epoch, when it no longer holds", () => {
    const motion = motionOf(remove(3), { consent: "none" });
    const old = { ...approvalOf(channel, motion), signature: new Uint8Array(64) };
    const kept = { ...motion, approvals: [encodeApproval(old)] };
    const own = ownApproval(channel, kept)!;
    expect(own.untilEpoch).toBe(epoch + 5);
    expect(isStanding(viewOf(0), kept, own)).toBe(true);
  });

  test("is kept, like anybody's, as the newest of its signer", () => {
    const motion = approvedBy(motionOf(remove(3)), [0, 1]);
    const newer = approvalOf(channel, motion, "none", epoch + 9);
    const signers = (of: Motion) => of.approvals.map((one) => decodeApproval(one).signer);
    const renewed = withApproval(motion, newer);
    expect(signers(renewed)).toEqual([0, 1]);
    expect(decodeApproval(renewed.approvals[1]!)).toEqual(newer);
    const many = Array.from({ length: limits.seatsMax }, (_, at) => ({ ...newer, signer: 2 + at }));
    const full = many.reduce(withApproval, motionOf(remove(3)));
    expect(full.approvals).toHaveLength(limits.seatsMax);
    expect(signers(withApproval(full, newer))).toEqual([...signers(full).slice(1), 1]);
  });

  test("completes the count or does not", () => {
    const consent = "none";
    expect(isCompleteWithOwn(channel, motionOf(remove(3), { consent }))).toBe(false);
    const seconded = approvedBy(motionOf(remove(3)), [0]);
    expect(isCompleteWithOwn(channel, { ...seconded, consent })).toBe(true);
    expect(isCompleteWithOwn(channel, seconded)).toBe(false);
    expect(isCompleteWithOwn(channel, approvedBy(motionOf(remove(3)), [0, 1, 2]))).toBe(false);
    const two = approvedBy(motionOf(remove(3), { consent }), [0, 2]);
    expect(isCompleteWithOwn(channel, two)).toBe(true);
  });
});

describe("the commit of a motion is this seat's to make", () => {
  const checked = { ...check, agreed: true };

  test("if its person has approved, and never for a renewal", () => {
    expect(mayCommit(viewOf(1), motionOf(remove(3)))).toBe(false);
    expect(mayCommit(viewOf(1), motionOf(remove(3), { consent: "none" }))).toBe(true);
    expect(mayCommit(viewOf(1), motionOf(policyOf(3), { consent: "none" }))).toBe(true);
    expect(mayCommit(viewOf(1), motionOf(renew(3), { consent: "none" }))).toBe(false);
    expect(mayCommit(viewOf(1), motionOf(admit, { checks: [checked] }))).toBe(false);
  });

  test("for an admission by words, once the newcomer has agreed to its own check", () => {
    const may = (more: Partial<Motion>) => mayCommit(viewOf(1), motionOf(admit, more));
    expect(may({ consent: "words", checks: [checked] })).toBe(true);
    expect(may({ consent: "words", checks: [check] })).toBe(false);
    expect(may({ consent: "words", checks: [] })).toBe(false);
    expect(may({ consent: "words", checks: [{ ...checked, leaf: 2 }, check] })).toBe(false);
    expect(may({ consent: "words", checks: [{ ...check, leaf: 2 }, checked] })).toBe(true);
    expect(may({ consent: "code", checks: [checked] })).toBe(false);
  });

  test("for an admission by two codes, if its own was the second one", () => {
    const may = (leaf: 0 | 1, consent: "code" | "words") =>
      mayCommit(viewOf(leaf, { check: "two-codes" }), motionOf(admit, { consent }));
    expect(may(1, "code")).toBe(true);
    expect(may(1, "words")).toBe(false);
    expect(may(0, "code")).toBe(false);
    const moved = motionOf(remove(3), { consent: "none" });
    expect(mayCommit(viewOf(0, { check: "two-codes" }), moved)).toBe(true);
  });
});

describe("what people see of a motion", () => {
  test("is all of it", () => {
    const motion = approvedBy(motionOf(remove(2), { against: ["Otter"] }), [0, 3]);
    expect(showMotion(viewOf(1), motion)).toEqual({
      id: motion.id,
      op: "remove",
      label: "Otter",
      by: "Slate",
      given: ["Slate", "Egret"],
      needed: 2,
      seenAt: now,
      ended: null,
      endedBy: null,
      against: ["Otter"],
      granted: null,
      lookAlike: null,
      change: null,
      otherSeats: [],
      archives: false,
      mine: false,
      approved: false,
    });
  });

  test("shows its author and whoever has approved that they have", () => {
    const motion = motionOf(policyOf(3, "two-codes"), { consent: "none" });
    expect(showMotion(viewOf(0), motion)).toMatchObject({
      op: "policy",
      given: ["Slate"],
      mine: true,
      approved: true,
      change: { approvals: 3, check: "two-codes", archivers: "shown" },
    });
    // Once it is said, what counts is the approval that is known.
    expect(showMotion(viewOf(0), { ...motion, isSaid: true }).given).toEqual([]);
    expect(showMotion(viewOf(1), { ...motion, consent: null })).toMatchObject({
      given: [],
      mine: false,
      approved: false,
    });
  });

  test("says how it came to its end", () => {
    expect(showMotion(viewOf(1), motionOf(remove(2), { ended }))).toMatchObject({
      ended: "denied",
      endedBy: "Otter",
      granted: null,
    });
    expect(showMotion(viewOf(1), motionOf(remove(2), { granted }))).toMatchObject({
      ended: null,
      endedBy: null,
      granted: 9,
    });
  });

  test("warns of a newcomer who could be mistaken for a member, while it is not granted", () => {
    const asked = (label: string, more: Partial<Motion> = {}) => {
      const { keyPackage } = packageOf(label, person);
      return twinOf(viewOf(0), motionOf({ ...admit, label, keyPackage }, more));
    };
    expect(asked("Heron")).toBe("Heron");
    expect(asked("Her0n")).toBe("Heron");
    expect(asked("Wren")).toBeNull();
    expect(asked("Heron", { granted })).toBeNull();
    expect(asked("Heron", { ended })).toBe("Heron");
    expect(twinOf(viewOf(0), motionOf(remove(1)))).toBeNull();
    const { keyPackage } = packageOf("0tter", person);
    const motion = motionOf({ ...admit, label: "0tter", keyPackage });
    expect(showMotion(viewOf(0), motion).lookAlike).toBe("Otter");
  });

  test("is told with its state, and listed oldest first", () => {
    const motions = [motionOf(remove(2)), motionOf(policyOf(3))];
    const channel = withOnly(viewOf(1), ...motions);
    expect(showMotions(channel).map(({ id }) => id)).toEqual(motions.map(({ id }) => id));
    const turn = newTurn();
    expect(tellMotion(turn, channel, motions[0]!, "moved")).toBe(channel);
    expect(noticesOf(turn)).toEqual([
      { type: "motion", channel: "line", state: "moved", ...showMotion(channel, motions[0]!) },
    ]);
  });
});

test("the own person is that of the own seat, and a channel without one is broken", () => {
  expect(ownPerson(viewOf(2))).toEqual(personOf(2));
  const { group, ...rest } = viewOf(0);
  const lost = { ...rest, group: { ...group, ownLeaf: 40 } };
  expect(() => ownPerson(lost)).toThrow("a channel in good standing has its own seat");
});
