import { describe, expect, test } from "vitest";
import type { z } from "zod";
import {
  changeSchema,
  endSchema,
  motionId,
  motionSchema,
  provenanceSchema,
  stepSchema,
  welcomeFields,
} from "#client/core/motion-schema.ts";
import { limits } from "#shared/limits.ts";

const bytes = (count: number) => new Uint8Array(count);
const takes = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

const admit = { op: "admit", label: "Wren", person: bytes(16), keyPackage: bytes(90) };
const check = {
  leaf: 1,
  key: bytes(32),
  commitment: bytes(32),
  nonce: bytes(32),
  reveal: bytes(32),
  agreed: true,
};
const welcome = {
  welcome: bytes(90),
  previous: bytes(32),
  admittedBy: [{ label: "Slate", check: "code" }],
};
const motion = {
  id: "00112233445566778899aabbccddeeff",
  author: 0,
  person: bytes(16),
  by: "Slate",
  change: admit,
  approvals: [bytes(256)],
  seenAt: 5,
  consent: "code",
  isSaid: true,
  checks: [check],
  completeAt: 6,
  ended: { reason: "denied", by: "Otter" },
  against: ["Otter"],
  granted: { epoch: 7, committer: 1 },
  welcome,
};

/** A good value, and what makes it another one that is not. */
function refuses(schema: z.ZodType, good: Record<string, unknown>, bad: Record<string, unknown[]>) {
  expect(takes(schema, good), "the good one").toBe(true);
  expect(takes(schema, { ...good, more: 1 }), "a member more").toBe(false);
  for (const name of Object.keys(good)) {
    const { [name]: _gone, ...rest } = good;
    expect(takes(schema, rest), `without ${name}`).toBe(false);
  }
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      expect(takes(schema, { ...good, [name]: value }), `${name}: ${String(value)}`).toBe(false);
    }
  }
}

const labels = ["x".repeat(257), 5, null];

describe("a change", () => {
  test("that admits has a label, a person and a KeyPackage, or none yet", () => {
    refuses(changeSchema, admit, {
      op: ["crown", null],
      label: labels,
      person: [bytes(15), bytes(17), "x"],
      keyPackage: [bytes((1 << 16) + 1), "x"],
    });
    expect(takes(changeSchema, { ...admit, keyPackage: null })).toBe(true);
    expect(takes(changeSchema, { ...admit, keyPackage: bytes(1 << 16) })).toBe(true);
    expect(takes(changeSchema, { ...admit, label: "x".repeat(256) })).toBe(true);
  });

  test.each(["remove", "renew"])("that is to %s has a seat", (op) => {
    refuses(changeSchema, { op, seat: bytes(32) }, { seat: [bytes(31), bytes(33), null] });
  });

  test("of the policy has persons and a check", () => {
    const policy = { op: "policy", approvals: 1, check: "words", archivers: "refused" };
    refuses(changeSchema, policy, {
      approvals: [0, limits.seatsMax + 1, 1.5, null],
      check: ["none", null],
      archivers: ["allowed", null],
    });
    const most = {
      op: "policy",
      approvals: limits.seatsMax,
      check: "two-codes",
      archivers: "shown",
    };
    expect(takes(changeSchema, most)).toBe(true);
  });
});

describe("a step of a check", () => {
  const to = [-1, 2 * limits.seatsMax + 1, null];
  test("opens, commits, answers, reveals or agrees, each with what it needs", () => {
    refuses(stepSchema, { name: "open" }, { name: ["shut", null] });
    const commitment = [bytes(31), bytes(33), null];
    refuses(stepSchema, { name: "commit", to: 1, commitment: bytes(32) }, { to, commitment });
    refuses(stepSchema, { name: "nonce", nonce: bytes(32) }, { nonce: commitment });
    refuses(stepSchema, { name: "reveal", to: 1, nonce: bytes(32) }, { to, nonce: commitment });
    refuses(stepSchema, { name: "agreed", to: 1 }, { to });
  });
});

test("a motion ends for one of five reasons", () => {
  for (const reason of ["denied", "words", "expired", "withdrawn", "code"]) {
    expect(takes(endSchema, reason)).toBe(true);
  }
  expect(takes(endSchema, "whim")).toBe(false);
  expect(takes(endSchema, "")).toBe(false);
});

test("whoever vouched did so by a code or by words", () => {
  refuses(provenanceSchema, { label: "Slate", check: "code" }, { label: labels, check: ["none"] });
  expect(takes(provenanceSchema, { label: "Slate", check: "words" })).toBe(true);
});

test("an id has 16 octets", () => {
  expect([15, 16, 17].map((count) => takes(motionId, bytes(count)))).toEqual([false, true, false]);
});

test("a Welcome is no longer than a frame and has no more vouchers than there are seats", () => {
  const { welcome: part, admittedBy } = welcomeFields;
  expect(takes(part, bytes(limits.frameBytesMax))).toBe(true);
  expect(takes(part, bytes(limits.frameBytesMax + 1))).toBe(false);
  const voucher = { label: "Slate", check: "code" };
  expect(takes(admittedBy, Array(limits.seatsMax).fill(voucher))).toBe(true);
  expect(takes(admittedBy, Array(limits.seatsMax + 1).fill(voucher))).toBe(false);
});

describe("a motion as it is kept", () => {
  test("has every member, each within its bounds", () => {
    const beyond = <T>(value: T, count: number) => [Array(count + 1).fill(value), null];
    refuses(motionSchema, motion, {
      id: [motion.id.slice(1), `${motion.id}0`, null],
      author: [-1, 2 * limits.seatsMax + 1],
      person: [bytes(15), null],
      by: labels,
      change: [null, { op: "crown" }],
      approvals: [...beyond(bytes(1), limits.seatsMax), [bytes(257)]],
      seenAt: [-1, 1.5, null],
      consent: ["smile"],
      isSaid: [1, null],
      checks: beyond(check, limits.checksMax),
      completeAt: [-1],
      ended: [{ reason: "whim", by: "Otter" }, { reason: "denied" }],
      against: [...beyond("Otter", limits.seatsMax), ["x".repeat(257)]],
      granted: [{ epoch: -1, committer: 1 }, { epoch: 7 }],
      welcome: [{ ...welcome, previous: bytes(31) }],
    });
  });

  test("has nothing where nothing is yet, and what is there to its limits", () => {
    const fresh = {
      ...motion,
      approvals: [],
      consent: null,
      checks: [],
      completeAt: null,
      ended: null,
      against: [],
      granted: null,
      welcome: null,
    };
    expect(motionSchema.parse(fresh)).toEqual(fresh);
    for (const consent of ["code", "words", "none"]) {
      expect(takes(motionSchema, { ...fresh, consent })).toBe(true);
    }
    const full = {
      ...motion,
      approvals: Array(limits.seatsMax).fill(bytes(1)),
      checks: Array(limits.checksMax).fill(check),
      against: Array(limits.seatsMax).fill("Otter"),
    };
    expect(motionSchema.parse(full)).toEqual(full);
  });

  test("has whole checks, ends and grants in it", () => {
    const within = (name: string, good: Record<string, unknown>, wrap = (one: unknown) => one) => {
      expect(takes(motionSchema, { ...motion, [name]: wrap(good) })).toBe(true);
      const spoiled: unknown[] = [{ ...good, more: 1 }];
      for (const member of Object.keys(good)) {
        const { [member]: _gone, ...rest } = good;
        spoiled.push(rest, { ...good, [member]: {} });
      }
      for (const one of spoiled) {
        expect(takes(motionSchema, { ...motion, [name]: wrap(one) }), JSON.stringify(one)).toBe(
          false,
        );
      }
    };
    within("checks", check, (one) => [one]);
    const waiting = { ...check, commitment: null, nonce: null, reveal: null, agreed: false };
    expect(takes(motionSchema, { ...motion, checks: [waiting] })).toBe(true);
    within("ended", motion.ended);
    within("granted", motion.granted);
    within("welcome", welcome);
    expect(takes(motionSchema, { ...motion, welcome: { ...welcome, previous: null } })).toBe(true);
  });
});
