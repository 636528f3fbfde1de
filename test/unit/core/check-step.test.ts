import { describe, expect, test } from "vitest";
import { commitTo } from "#client/core/check.ts";
import { isCheckSound, takeStep } from "#client/core/check-step.ts";
import type { CheckStep, Motion, MotionCheck } from "#client/core/motion-schema.ts";
import { limits } from "#shared/limits.ts";
import {
  admit,
  check,
  known,
  motionOf,
  newTurn,
  noticesOf,
  policyOf,
  random,
  refusalOf,
  remove,
  seatOf,
  viewOf,
  withOnly,
  wren,
} from "./motion-cast.ts";

const egret = viewOf(3);
const commitment = random(32);
const nonce = random(32);
const reveal = random(32);

function take(motion: Motion, sender: number, step: CheckStep) {
  const turn = newTurn();
  const next = takeStep(turn, withOnly(egret, motion), sender, motion, step);
  return { next, checks: known(next, motion).checks, told: noticesOf(turn) };
}

const refused = (motion: Motion, sender: number, step: CheckStep) =>
  refusalOf(() => take(motion, sender, step));

const of = (...checks: MotionCheck[]) => motionOf(admit, { checks });

describe("a check is begun", () => {
  const notHere = "refused: check: not for this seat to begin";

  test("by a second sponsor, with the key that it has now, and nobody need be told", () => {
    const other = { ...check, leaf: 2 };
    const { checks, told } = take(of(other), 1, { name: "open" });
    expect(checks).toEqual([other, check]);
    expect(told).toEqual([]);
  });

  test("not by the first sponsor, by nobody's seat or for anything but an admission", () => {
    expect(refused(of(), 0, { name: "open" })).toBe(notHere);
    expect(refused(of(), 40, { name: "open" })).toBe(notHere);
    expect(refused(motionOf(policyOf(3)), 1, { name: "open" })).toBe(notHere);
    expect(refused(motionOf(remove(2)), 1, { name: "open" })).toBe(notHere);
  });

  test("once by each seat, and by so many", () => {
    expect(refused(of({ ...check, leaf: 2 }, check), 1, { name: "open" })).toBe(
      "refused: check: this seat has begun it before",
    );
    const crowd = (count: number) =>
      of(...Array.from({ length: count }, (_, at) => ({ ...check, leaf: 50 + at })));
    expect(take(crowd(limits.checksMax - 1), 1, { name: "open" }).checks).toHaveLength(
      limits.checksMax,
    );
    expect(refused(crowd(limits.checksMax), 1, { name: "open" })).toBe(
      "refused: check: so many have begun it already",
    );
  });
});

describe("each step is taken in its order and once:", () => {
  const bound = { ...check, commitment };
  const answered = { ...bound, nonce };
  const revealed = { ...answered, reveal };
  const agreed = { ...revealed, agreed: true };
  const order = [check, bound, answered, revealed, agreed];
  const steps: [string, number, CheckStep, MotionCheck][] = [
    ["commit", 0, { name: "commit", to: 1, commitment }, check],
    ["nonce", 1, { name: "nonce", nonce }, bound],
    ["reveal", 0, { name: "reveal", to: 1, nonce: reveal }, answered],
    ["agreed", 0, { name: "agreed", to: 1 }, revealed],
  ];

  test.each(steps)("%s", (name, sender, step, before) => {
    const untouched = { ...check, leaf: 2 };
    const { checks, told } = take(of(untouched, before), sender, step);
    const after = order[order.indexOf(before) + 1];
    expect(checks).toEqual([untouched, after]);
    expect(told).toMatchObject(name === "agreed" ? [{ type: "motion", state: "checked" }] : []);
    for (const other of order.filter((one) => one !== before)) {
      expect(refused(of(other), sender, step)).toBe(`refused: check: ${name} is out of place`);
    }
  });

  test("the newcomer's steps come from the first sponsor alone", () => {
    for (const [name, , step, before] of steps.filter(([name]) => name !== "nonce")) {
      expect(refused(of(before), 1, step), name).toBe(
        "refused: check: only the first sponsor speaks for the newcomer",
      );
    }
  });

  test("no step is taken of a check that nobody has begun", () => {
    const nobody = "refused: check: nobody has begun it";
    expect(refused(of(), 0, { name: "commit", to: 1, commitment })).toBe(nobody);
    expect(refused(of(bound), 0, { name: "commit", to: 2, commitment })).toBe(nobody);
    // The nonce is of the seat that says it.
    expect(refused(of(bound), 2, { name: "nonce", nonce })).toBe(nobody);
    expect(refused(of({ ...bound, leaf: 0 }), 1, { name: "nonce", nonce })).toBe(nobody);
  });
});

describe("a check is sound", () => {
  const { groupId: group } = egret.group;
  const sponsorKey = seatOf(1).signatureKey;
  const good = commitTo({ group, keyPackage: wren.ref, sponsorKey }, reveal);
  const sound = { ...check, commitment: good, nonce, reveal };
  const isSound = (change: Partial<MotionCheck>, motion = of()) =>
    isCheckSound(egret, motion, { ...sound, ...change });

  test("when what is revealed opens the commitment to this group, KeyPackage and key", () => {
    expect(isSound({})).toBe(true);
    expect(isSound({ reveal: random(32) })).toBe(false);
    expect(isSound({ commitment: random(32) })).toBe(false);
    expect(isSound({ key: random(32) })).toBe(false);
    expect(
      isSound({
        commitment: commitTo({ group: random(32), keyPackage: wren.ref, sponsorKey }, reveal),
      }),
    ).toBe(false);
    expect(
      isSound({ commitment: commitTo({ group, keyPackage: random(32), sponsorKey }, reveal) }),
    ).toBe(false);
  });

  test("not while anything of it is missing", () => {
    expect(isSound({ commitment: null })).toBe(false);
    expect(isSound({ reveal: null })).toBe(false);
    expect(isSound({}, motionOf({ ...admit, keyPackage: null }))).toBe(false);
  });
});
