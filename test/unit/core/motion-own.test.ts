import { describe, expect, test } from "vitest";
import { decodeApproval } from "#client/core/approval.ts";
import { commitTo } from "#client/core/check.ts";
import { withMotion } from "#client/core/motion.ts";
import { goOn, takeMotionEvent } from "#client/core/motion-own.ts";
import type { Motion, MotionCheck } from "#client/core/motion-schema.ts";
import type { Channel } from "#client/core/state.ts";
import { withSession } from "#client/core/turn.ts";
import { unhex } from "#shared/bytes.ts";
import {
  admit,
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
  refusalOf,
  remove,
  renew,
  saidIn,
  seatOf,
  viewOf,
  withOnly,
  wren,
} from "./motion-cast.ts";

type Asked = Parameters<typeof takeMotionEvent>[2];

function take(channel: Channel, event: Asked) {
  const turn = newTurn();
  const next = takeMotionEvent(turn, channel, event);
  const told = noticesOf(turn).map((notice) => (notice.type === "motion" ? notice.state : ""));
  return { turn, next, told, said: saidIn(next).slice(channel.contents.size) };
}

const slate = viewOf(0);
const heron = viewOf(1);
const id = "00112233445566778899aabbccddeeff";
const _idBytes = unhex(id) as Uint8Array;
const early = { ...admit, keyPackage: null };

describe("a motion that this person moves", () => {
  test("is known and approved at once, and not yet said", () => {
    const { next, told, said } = take(slate, { type: "move", id, change: remove(2) });
    const [motion] = next.plans.motions as [Motion];
    expect(motion).toMatchObject({ id, author: 0, by: "Slate", consent: "none", isSaid: false });
    expect(motion.approvals.map(decodeApproval)).toMatchObject([{ signer: 0, check: "none" }]);
    expect(told).toEqual(["moved"]);
    expect(said).toEqual([]);
  });

  test("is approved by its code if it is an admission, once the newcomer is there", () => {
    const { next } = take(slate, { type: "move", id, change: admit });
    const [motion] = next.plans.motions as [Motion];
    expect(motion.consent).toBe("code");
    expect(motion.approvals.map(decodeApproval)).toMatchObject([{ signer: 0, check: "code" }]);
    const waiting = take(slate, { type: "move", id, change: early }).next;
    expect(waiting.plans.motions).toMatchObject([{ consent: null, approvals: [] }]);
  });

  test("is moved once", () => {
    const { next } = take(slate, { type: "move", id, change: remove(2) });
    expect(take(next, { type: "move", id, change: remove(1) }).next).toBe(next);
  });

  test("takes the newcomer's KeyPackage when it comes, once, and is said again", () => {
    const moved = take(slate, { type: "move", id, change: early }).next;
    const saying = withMotion(moved, { ...known(moved, { id }), isSaid: true });
    const fill = { type: "fill", id, keyPackage: wren.keyPackage } as const;
    const { next } = take(saying, fill);
    const motion = known(next, { id });
    expect(motion).toMatchObject({ change: admit, consent: "code", isSaid: false });
    expect(motion.approvals.map(decodeApproval)).toMatchObject([{ signer: 0, check: "code" }]);
    expect(take(next, fill).next).toBe(next);
  });

  test("takes no KeyPackage when it is over, is no admission or is not known", () => {
    const fill = { type: "fill", id, keyPackage: wren.keyPackage } as const;
    for (const motion of [
      motionOf(early, { id, ended }),
      motionOf(early, { id, granted }),
      motionOf(policyOf(3), { id }),
      motionOf(admit, { id }),
    ]) {
      const channel = withOnly(slate, motion);
      expect(take(channel, fill).next).toBe(channel);
    }
    expect(refusalOf(() => take(slate, fill))).toBe("not-found: nothing of that id is pending");
  });
});

test("nothing is taken in a channel that has stopped", () => {
  const halted = withSession(slate, { state: "halted" });
  expect(refusalOf(() => take(halted, { type: "freeze", on: true }))).toMatch(/^halted/);
});

test("a freeze holds here at once and is said", () => {
  const { next, said } = take(slate, { type: "freeze", on: true });
  expect(next.session.freeze).toMatchObject({ by: "Slate", at: now });
  expect(said).toEqual([{ kind: "freeze", on: true }]);
});

describe("this person's consent", () => {
  const give = (channel: Channel, motion: Motion, how: "code" | "words" | "none") =>
    take(withOnly(channel, motion), { type: "consent", id: motion.id, check: how });

  test("is noted with the approval that it gives", () => {
    const motion = motionOf(remove(2));
    const { next } = give(heron, motion, "none");
    expect(known(next, motion).consent).toBe("none");
    expect(known(next, motion).approvals.map(decodeApproval)).toMatchObject([{ signer: 1 }]);
  });

  test("is noted without an approval while there is nobody to approve", () => {
    const motion = motionOf(early);
    const { next } = give(heron, motion, "code");
    expect(known(next, motion)).toMatchObject({ consent: "code", approvals: [] });
  });

  test("is given once, and to nothing that is over", () => {
    for (const motion of [
      motionOf(remove(2), { consent: "none" }),
      motionOf(remove(2), { ended }),
      motionOf(remove(2), { granted }),
    ]) {
      const channel = withOnly(heron, motion);
      expect(take(channel, { type: "consent", id: motion.id, check: "none" }).next).toBe(channel);
    }
  });

  test("names a check for an admission, and for nothing else", () => {
    const usage = "usage: an admission is approved after a check, and nothing else is";
    expect(refusalOf(() => give(heron, motionOf(admit), "none"))).toBe(usage);
    expect(refusalOf(() => give(heron, motionOf(remove(2)), "code"))).toBe(usage);
    expect(refusalOf(() => give(heron, motionOf(policyOf(3)), "words"))).toBe(usage);
  });

  test("by words needs words: a check of its own whose commitment is opened", () => {
    const pending = "pending: the words of this check are not there yet";
    const nonce = random(32);
    const { groupId: group } = heron.group;
    const sponsorKey = seatOf(1).signatureKey;
    const commitment = commitTo({ group, keyPackage: wren.ref, sponsorKey }, nonce);
    const sound: MotionCheck = { ...check, commitment, nonce: random(32), reveal: nonce };
    const of = (...checks: MotionCheck[]) => motionOf(admit, { checks });
    expect(refusalOf(() => give(heron, of(), "words"))).toBe(pending);
    expect(refusalOf(() => give(heron, of({ ...sound, leaf: 2 }), "words"))).toBe(pending);
    expect(refusalOf(() => give(heron, of({ ...sound, reveal: null }), "words"))).toBe(pending);
    expect(refusalOf(() => give(heron, of({ ...sound, reveal: random(32) }), "words"))).toBe(
      pending,
    );
    const motion = of({ ...sound, leaf: 2, reveal: null }, sound);
    expect(known(give(heron, motion, "words").next, motion).consent).toBe("words");
    const byCode = of();
    expect(known(give(heron, byCode, "code").next, byCode).consent).toBe("code");
  });

  test("to what nobody knows is refused", () => {
    expect(refusalOf(() => take(heron, { type: "consent", id, check: "none" }))).toBe(
      "not-found: nothing of that id is pending",
    );
  });
});

describe("this person's no", () => {
  const no = (channel: Channel, motion: Motion) =>
    take(withOnly(channel, motion), { type: "end", id: motion.id, reason: "denied" });

  test("ends the own motion, and is said if the motion was", () => {
    const motion = motionOf(remove(2), { isSaid: true });
    const { next, said } = no(slate, motion);
    expect(known(next, motion).ended).toEqual({ reason: "denied", by: "Slate" });
    expect(said).toEqual([{ kind: "deny", id: bytesOf(motion), reason: "denied" }]);
    const unsaid = no(slate, motionOf(remove(2)));
    expect(unsaid.told).toEqual(["ended"]);
    expect(unsaid.said).toEqual([]);
  });

  test("to somebody else's is said in any case", () => {
    const { next, said } = no(heron, motionOf(remove(2)));
    expect(next.plans.motions).toMatchObject([{ ended: null, against: ["Heron"] }]);
    expect(said).toHaveLength(1);
  });

  test("to what is over says nothing", () => {
    for (const over of [{ ended }, { granted }]) {
      const motion = motionOf(remove(2), { isSaid: true, ...over });
      const channel = withOnly(slate, motion);
      expect(take(channel, { type: "end", id: motion.id, reason: "denied" }).next).toBe(channel);
    }
  });
});

describe("a step of a check that this seat says", () => {
  const ask = (channel: Channel, motion: Motion, step: (Asked & { type: "check" })["step"]) =>
    take(withOnly(channel, motion), { type: "check", id: motion.id, step });

  test("that opens one beside another's holds the key still from then on", () => {
    const others = { ...check, leaf: 2 };
    const motion = motionOf(admit, { checks: [others] });
    const held = { ...heron, plans: { ...heron.plans, holds: ["i", motion.id] } };
    for (const channel of [heron, held]) {
      const { next, said } = ask(channel, motion, { name: "open" });
      expect(known(next, motion).checks).toEqual([others, check]);
      expect(said).toEqual([{ kind: "check", id: bytesOf(motion), step: { name: "open" } }]);
      expect(next.plans.holds).toEqual([...new Set([...channel.plans.holds, motion.id])]);
    }
  });

  const steps = [
    [{ name: "commit", to: 1, commitment: random(32) }, 0, check, { commitment: random(32) }],
    [
      { name: "reveal", to: 1, nonce: random(32) },
      0,
      { ...check, commitment: random(32), nonce: random(32) },
      { reveal: random(32) },
    ],
    [
      { name: "nonce", nonce: random(32) },
      1,
      { ...check, commitment: random(32) },
      { nonce: random(32) },
    ],
    [{ name: "agreed", to: 1 }, 0, { ...check, reveal: random(32) }, { agreed: true }],
  ] as const;
  test.each(steps)("%o is said once and holds nothing", (step, leaf, before, taken) => {
    const channel = viewOf(leaf);
    const motion = motionOf(admit, { checks: [before] });
    const { next, said } = ask(channel, motion, step);
    expect(said).toEqual([{ kind: "check", id: bytesOf(motion), step }]);
    expect(known(next, motion).checks).not.toEqual([before]);
    expect(next.plans.holds).toEqual([]);
    const done = motionOf(admit, { checks: [{ ...before, ...taken }] });
    const again = withOnly(channel, done);
    expect(take(again, { type: "check", id: done.id, step }).next).toBe(again);
  });

  test("is not said when it is out of place, or when the motion is over", () => {
    const motion = motionOf(admit, { checks: [check] });
    const step = { name: "nonce", nonce: random(32) } as const;
    expect(refusalOf(() => ask(heron, motion, step))).toBe("refused: check: nonce is out of place");
    for (const over of [{ ended }, { granted }]) {
      const channel = withOnly(heron, motionOf(admit, { id: motion.id, ...over }));
      const event = { type: "check", id: motion.id, step: { name: "open" } } as const;
      expect(take(channel, event).next).toBe(channel);
    }
    const opened = withOnly(heron, motion);
    const event = { type: "check", id: motion.id, step: { name: "open" } } as const;
    expect(take(opened, event).next).toBe(opened);
  });
});

describe("what the state of the motions asks for", () => {
  const go = (channel: Channel, ...motions: Motion[]) => {
    const turn = newTurn();
    const before = withOnly(channel, ...motions);
    const next = goOn(turn, before);
    return { turn, before, next, said: saidIn(next).slice(channel.contents.size) };
  };
  const consent = "none";

  test("an own motion is said with its approval, once", () => {
    const motion = approvedBy(motionOf(remove(2), { consent }), [0]);
    const { next, said } = go(slate, motion);
    expect(said).toEqual([
      { kind: "motion", id: bytesOf(motion), change: motion.change, approval: motion.approvals[0] },
    ]);
    expect(known(next, motion)).toEqual({ ...motion, isSaid: true });
    expect(goOn(newTurn(), next)).toBe(next);
  });

  test("an own motion without a newcomer is said without an approval", () => {
    const { said } = go(slate, motionOf(early));
    expect(said).toMatchObject([{ kind: "motion", change: early, approval: null }]);
  });

  test("an own approval that does not complete the count is said, and counts here at once", () => {
    const motion = motionOf(remove(3), { consent });
    const { next, said } = go(heron, motion);
    expect(said).toMatchObject([{ kind: "second", id: bytesOf(motion) }]);
    const approval = (said[0] as { readonly approval: Uint8Array }).approval;
    expect(decodeApproval(approval)).toMatchObject({ signer: 1 });
    expect(known(next, motion)).toMatchObject({ isSaid: true, approvals: [approval] });
  });

  test("whoever completes the count says it by the commit and not before", () => {
    const motion = approvedBy(motionOf(remove(3), { consent }), [0]);
    const { next, before } = go(heron, motion);
    expect(next).toBe(before);
    // The author too, when its own approval is the last.
    const own = approvedBy(motionOf(remove(3), { consent }), [0, 1]);
    const author = go(slate, own);
    expect(author.next).toBe(author.before);
  });

  test("a renewal has no commit: it is said, and holds with the last approval", () => {
    const motion = approvedBy(motionOf(renew(3), { consent }), [0]);
    const { next, said } = go(heron, motion);
    expect(said).toMatchObject([{ kind: "second" }]);
    expect(known(next, motion).granted).toEqual({ epoch: Number(heron.group.epoch), committer: 0 });
  });

  test("an own admission is said when its newcomer will not take this seat's commit", () => {
    const motion = approvedBy(motionOf(admit, { consent: "code" }), [0, 1]);
    expect(go(slate, motion).said).toMatchObject([{ kind: "motion" }]);
  });

  test("somebody else's motion is nothing to say before this person has approved it", () => {
    for (const motion of [motionOf(remove(3)), approvedBy(motionOf(remove(3)), [0, 2])]) {
      const { next, before } = go(heron, motion);
      expect(next).toBe(before);
    }
    const waiting = motionOf(early, { consent: "code" });
    const { next, before } = go(heron, waiting);
    expect(next).toBe(before);
  });

  test("the moment at which others have completed the count is noted, once", () => {
    const motion = approvedBy(motionOf(remove(3), { consent, isSaid: true }), [0, 1]);
    const { next, said } = go(heron, motion);
    expect(known(next, motion)).toEqual({ ...motion, completeAt: now });
    expect(said).toEqual([]);
    const later = goOn(newTurn(now + 9), next);
    expect(later).toBe(next);
    const alone = motionOf(remove(3), { consent, isSaid: true });
    expect(known(go(heron, alone).next, alone).completeAt).toBeNull();
    const unsaid = approvedBy(motionOf(remove(3)), [0, 2]);
    expect(known(go(heron, unsaid).next, unsaid).completeAt).toBeNull();
  });

  test("what is over is left alone", () => {
    const { next, before } = go(
      slate,
      motionOf(remove(2), { consent, ended }),
      motionOf(remove(2), { consent, granted }),
    );
    expect(next).toBe(before);
  });

  test("a commitment in an own check is answered with a fresh nonce, once", () => {
    const bound = { ...check, commitment: random(32) };
    const motion = motionOf(admit, { checks: [{ ...bound, leaf: 2 }, bound] });
    const { next, said } = go(heron, motion);
    const { nonce } = known(next, motion).checks[1] as MotionCheck;
    expect(nonce).toHaveLength(32);
    expect(said).toEqual([{ kind: "check", id: bytesOf(motion), step: { name: "nonce", nonce } }]);
    expect(known(next, motion).checks[0]?.nonce).toBeNull();
    expect(goOn(newTurn(), next)).toBe(next);
    const opened = go(heron, motionOf(admit, { checks: [check] }));
    expect(opened.next).toBe(opened.before);
    const others = go(viewOf(3), motion);
    expect(others.next).toBe(others.before);
  });

  test("an own check whose commitment does not open ends the admission; a sound one goes on", () => {
    const nonce = random(32);
    const { groupId: group } = heron.group;
    const sponsorKey = seatOf(1).signatureKey;
    const commitment = commitTo({ group, keyPackage: wren.ref, sponsorKey }, nonce);
    const revealed = { ...check, commitment, nonce: random(32), reveal: nonce };
    const sound = go(heron, motionOf(admit, { checks: [revealed] }));
    expect(sound.next).toBe(sound.before);
    const forged = motionOf(admit, {
      checks: [{ ...revealed, reveal: random(32) }],
      consent: "words",
    });
    const { next, said } = go(heron, forged);
    expect(known(next, forged).ended).toEqual({ reason: "words", by: "Heron" });
    expect(said).toEqual([{ kind: "deny", id: bytesOf(forged), reason: "words" }]);
  });
});
