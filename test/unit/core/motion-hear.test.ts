import { describe, expect, test } from "vitest";
import { encodeApproval } from "#client/core/approval.ts";
import { applyMotion, takeMotion } from "#client/core/motion-hear.ts";
import type { Motion } from "#client/core/motion-schema.ts";
import type { Channel } from "#client/core/state.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  admit,
  approvalOf,
  egret,
  ended,
  granted,
  hear,
  known,
  motionOf,
  moved,
  newTurn,
  packageOf,
  person,
  personOf,
  policyOf,
  random,
  refusalOf,
  remove,
  viewOf,
  withOnly,
} from "./motion-cast.ts";

describe("a motion that is moved", () => {
  test("is known with its author, its change and its author's approval, and told", () => {
    const motion = motionOf(remove(2));
    const approval = approvalOf(viewOf(0), motion);
    const { next, told } = hear(egret, 0, moved(motion, approval));
    expect(next.plans.motions).toEqual([{ ...motion, approvals: [encodeApproval(approval)] }]);
    expect(told).toEqual(["moved"]);
    expect(next.reports.gaps).toEqual([]);
  });

  test("is known without an approval that is missing, somebody else's or for something else", () => {
    const motion = motionOf(remove(2));
    const other = approvalOf(viewOf(0), motionOf(remove(1)));
    for (const approval of [null, approvalOf(viewOf(1), motion), other]) {
      const { next, told } = hear(egret, 0, moved(motion, approval));
      expect(next.plans.motions).toEqual([motion]);
      expect(told).toEqual(["moved"]);
    }
  });

  test("by a seat that nobody has is passed over", () => {
    const { next, told } = hear(egret, 40, moved(motionOf(remove(2))));
    expect(next).toBe(egret);
    expect(told).toEqual([]);
  });

  test("is told under its mover's own label and person", () => {
    const { next } = hear(egret, 1, moved(motionOf(remove(2))));
    expect(next.plans.motions).toMatchObject([{ author: 1, by: "Heron", person: personOf(1) }]);
  });

  test("warns of a newcomer who could be mistaken for a member", () => {
    const { keyPackage } = packageOf("0tter", person);
    const { next, told } = hear(
      egret,
      0,
      moved(motionOf({ ...admit, label: "0tter", keyPackage })),
    );
    expect(told).toEqual(["alarm", "moved"]);
    expect(next.reports.alarms).toEqual([
      {
        code: "look-alike",
        epoch: Number(egret.group.epoch),
        from: "0tter",
        detail: "Slate wants to admit who can be mistaken for Otter",
      },
    ]);
    expect(hear(egret, 0, moved(motionOf(admit))).told).toEqual(["moved"]);
  });

  const stranger = packageOf("Finch", person).keyPackage;
  const otherPerson = packageOf("Wren", random(16)).keyPackage;
  test.each<[string, Motion["change"]]>([
    ["motion: nobody has that seat", { op: "remove", seat: random(32) }],
    ["motion: nobody has that seat", { op: "renew", seat: random(32) }],
    ["motion: its KeyPackage is of somebody else", { ...admit, keyPackage: stranger }],
    ["motion: its KeyPackage is of somebody else", { ...admit, keyPackage: otherPerson }],
    ["label: begins or ends with a space", { ...admit, label: " Wren" }],
  ])("is a gap of its mover's, and not known: %s", (detail, change) => {
    const { next, told } = hear(egret, 1, moved(motionOf(change)));
    expect(next.plans.motions).toEqual([]);
    expect(told).toEqual([detail]);
    expect(next.reports.gaps).toEqual([
      { from: "Heron", epoch: Number(egret.group.epoch), seq: null, missing: 0, detail },
    ]);
    const own = () => applyMotion(newTurn(), egret, 3, moved(motionOf(change)));
    expect(refusalOf(own)).toBe(`refused: ${detail}`);
  });

  test("may be about a label and person alone while the newcomer has not come", () => {
    const early = motionOf({ ...admit, keyPackage: null });
    expect(hear(egret, 0, moved(early)).next.plans.motions).toEqual([early]);
    const policy = motionOf(policyOf(3));
    expect(hear(egret, 0, moved(policy)).next.plans.motions).toEqual([policy]);
  });

  test("whose KeyPackage is no KeyPackage at all is a gap too", () => {
    const { next, told } = hear(egret, 0, moved(motionOf({ ...admit, keyPackage: random(90) })));
    expect(next.plans.motions).toEqual([]);
    expect(told).toHaveLength(1);
  });

  test("hides no fault of this program: that stops the step", () => {
    const fault = new TypeError("undefined is not a function");
    const verify = (error: Error) => (): never => {
      throw error;
    };
    const broken = (error: Error): Channel => {
      const { suite } = egret.group;
      const signature = { ...suite.signature, verify: verify(error) };
      return { ...egret, group: { ...egret.group, suite: { ...suite, signature } } };
    };
    const motion = motionOf(remove(2));
    const content = moved(motion, approvalOf(viewOf(0), motion));
    expect(() => takeMotion(newTurn(), broken(fault), 0, content)).toThrow(fault);
    const invariant = new Failure("internal", "broken");
    expect(() => takeMotion(newTurn(), broken(invariant), 0, content)).toThrow(invariant);
  });
});

describe("a motion that is moved again under its id", () => {
  const early = motionOf({ ...admit, keyPackage: null });
  const channel = withOnly(egret, early);
  const filled = { ...early, change: admit };
  const another = "motion: there is another one under its id";

  test("brings the newcomer's KeyPackage and its author's approval, once", () => {
    const approval = approvalOf(viewOf(0), filled);
    const { next, told } = hear(channel, 0, moved(filled, approval));
    expect(known(next, early)).toEqual({ ...filled, approvals: [encodeApproval(approval)] });
    expect(told).toEqual(["moved"]);
    const again = hear(next, 0, moved(filled, approval));
    expect(again.told).toEqual([another]);
    expect(again.next.plans).toEqual(next.plans);
  });

  test.each<[string, number, Motion["change"]]>([
    ["by somebody else", 1, admit],
    ["for another person", 0, { ...admit, person: random(16), keyPackage: null }],
    ["for another label", 0, { ...admit, label: "Finch", keyPackage: null }],
    ["for another change", 0, policyOf(3)],
  ])("%s is refused", (_name, sender, change) => {
    const { next, told } = hear(channel, sender, moved({ ...early, change }));
    expect(told).toEqual([another]);
    expect(next.plans.motions).toEqual([early]);
    const own = () => applyMotion(newTurn(), channel, sender, moved({ ...early, change }));
    expect(refusalOf(own)).toBe(`refused: ${another}`);
  });

  test("says nothing new if it is no admission, and is refused", () => {
    const policy = motionOf(policyOf(3));
    const { told, next } = hear(withOnly(egret, policy), 0, moved(policy));
    expect(told).toEqual([another]);
    expect(next.plans.motions).toEqual([policy]);
  });

  test("does not make an admission of another motion", () => {
    const other = motionOf(policyOf(3));
    const { told, next } = hear(withOnly(egret, other), 0, moved({ ...other, change: admit }));
    expect(told).toEqual([another]);
    expect(next.plans.motions).toEqual([other]);
  });

  test("is passed over when it is no longer open", () => {
    for (const over of [
      { ...early, ended },
      { ...early, granted },
    ]) {
      const { next, told } = hear(withOnly(egret, over), 0, moved(filled));
      expect(next.plans.motions).toEqual([over]);
      expect(told).toEqual([]);
    }
  });
});

describe("the list of motions", () => {
  const openOf = (leaf: number, count: number, more: Partial<Motion> = {}) =>
    Array.from({ length: count }, () =>
      motionOf(policyOf(3), { author: leaf, person: personOf(leaf), ...more }),
    );
  const so = "motion: so many are open already";

  test("has so many open ones of a person and no more; others are not kept out by them", () => {
    const most = limits.motionsPerPersonMax;
    const almost = withOnly(egret, ...openOf(0, most - 1));
    expect(hear(almost, 0, moved(motionOf(remove(2)))).told).toEqual(["moved"]);
    const full = withOnly(egret, ...openOf(0, most));
    expect(hear(full, 0, moved(motionOf(remove(2)))).told).toEqual([so]);
    const own = () => applyMotion(newTurn(), full, 0, moved(motionOf(remove(2))));
    expect(refusalOf(own)).toBe(`refused: ${so}`);
    expect(hear(full, 1, moved(motionOf(remove(2)))).told).toEqual(["moved"]);
    const over = withOnly(egret, ...openOf(0, most, { ended }));
    expect(hear(over, 0, moved(motionOf(remove(2)))).told).toEqual(["moved"]);
  });

  test("has so many in all: the oldest that has ended goes first, and an open one never", () => {
    const many = Array.from({ length: limits.motionsMax }, (_, at) =>
      motionOf(policyOf(3), { person: random(16), ...(at === 3 || at === 5 ? { ended } : {}) }),
    );
    const motion = motionOf(remove(2));
    const { next } = hear(withOnly(egret, ...many), 1, moved(motion));
    expect(next.plans.motions.map(({ id }) => id)).toEqual(
      [...many.filter((_one, at) => at !== 3), motion].map(({ id }) => id),
    );
    const room = hear(withOnly(egret, ...many.slice(1)), 1, moved(motion)).next;
    expect(room.plans.motions).toHaveLength(limits.motionsMax);
    const open = many.map((one) => ({ ...one, ended: null }));
    const full = hear(withOnly(egret, ...open), 1, moved(motion));
    expect(full.told).toEqual([so]);
    expect(full.next.plans.motions).toEqual(open);
  });
});
