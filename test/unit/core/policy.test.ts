import { beforeAll, describe, expect, test } from "vitest";
import {
  amendPolicy,
  comparePolicies,
  decodePolicy,
  defaultPolicy,
  encodePolicy,
  type Policy,
  policyExtension,
  policyId,
} from "#client/core/policy.ts";
import { sha256 } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { limits } from "#shared/limits.ts";

beforeAll(ready);

const dayMs = 24 * 3_600_000;
const failure = (code: string, message: string) => expect.objectContaining({ code, message });
const extension = (value: unknown) => [{ type: policyExtension, data: encodeCbor(value) }];

describe("a policy", () => {
  test("comes back from its extension as it was", () => {
    const policy: Policy = {
      ...defaultPolicy,
      approvals: 3,
      check: "two-codes",
      timerMs: 60_000,
      sunsetAt: 1_800_000_000_000,
      updateAfterMessages: null,
      updateAfterMs: null,
    };
    expect(decodePolicy(encodePolicy(policy))).toEqual(policy);
    expect(decodePolicy(encodePolicy(defaultPolicy))).toEqual(defaultPolicy);
  });

  test("asks for two persons and for words if nobody says otherwise", () => {
    expect(defaultPolicy).toMatchObject({ approvals: 2, check: "words", timerMs: null });
  });

  const bounds: [string, Partial<Policy>, Partial<Policy>][] = [
    ["approvals", { approvals: 1 }, { approvals: 0 }],
    ["approvals", { approvals: limits.seatsMax }, { approvals: limits.seatsMax + 1 }],
    ["timerMs", { timerMs: 1 }, { timerMs: 0 }],
    ["timerMs", { timerMs: limits.spanMsMax }, { timerMs: limits.spanMsMax + 1 }],
    ["sunsetAt", { sunsetAt: limits.sunsetAtMax }, { sunsetAt: limits.sunsetAtMax + 1 }],
    ["lateEpochs", { lateEpochs: 0 }, { lateEpochs: -1 }],
    ["lateEpochs", { lateEpochs: 8 }, { lateEpochs: 9 }],
    ["lateWindowMs", { lateWindowMs: 0 }, { lateWindowMs: -1 }],
    ["lateWindowMs", { lateWindowMs: dayMs }, { lateWindowMs: dayMs + 1 }],
    ["updateAfterMessages", { updateAfterMessages: 1 }, { updateAfterMessages: 0 }],
    ["updateAfterMs", { updateAfterMs: 1 }, { updateAfterMs: 0 }],
    ["updateAfterMs", { updateAfterMs: limits.spanMsMax }, { updateAfterMs: limits.spanMsMax + 1 }],
    ["mailboxFrames", { mailboxFrames: 1 }, { mailboxFrames: 0 }],
    [
      "mailboxFrames",
      { mailboxFrames: limits.mailboxFramesMax },
      { mailboxFrames: limits.mailboxFramesMax + 1 },
    ],
    [
      "mailboxBytes",
      { mailboxBytes: limits.frameBytesMax },
      { mailboxBytes: limits.frameBytesMax - 1 },
    ],
    [
      "mailboxBytes",
      { mailboxBytes: limits.mailboxBytesMax },
      { mailboxBytes: limits.mailboxBytesMax + 1 },
    ],
  ];
  test.each(bounds)("is bounded in %s: %o, and no further: %o", (field, within, beyond) => {
    const good = { ...defaultPolicy, ...within };
    expect(decodePolicy(encodePolicy(good))).toEqual(good);
    const bad = { ...defaultPolicy, ...beyond };
    expect(() => encodePolicy(bad)).toThrow(failure("usage", `policy: ${field} is out of bounds`));
    expect(() => decodePolicy(extension(bad))).toThrow(
      failure("malformed", `policy: bad ${field}`),
    );
  });

  test.each<[string, unknown]>([
    ["another version", { ...defaultPolicy, v: 2 }],
    ["another kind of check", { ...defaultPolicy, check: "none" }],
    ["a member nobody knows", { ...defaultPolicy, more: 1 }],
    ["a member missing", { v: 1, approvals: 2 }],
    ["no map at all", "two"],
    ["nothing", null],
  ])("is refused with %s", (_name, value) => {
    expect(() => decodePolicy(extension(value))).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });

  test("that is no CBOR is called by its name", () => {
    const [broken] = extension("x");
    const data = Uint8Array.of(0xff);
    expect(() => decodePolicy([{ ...broken!, data }])).toThrow(/^policy: not CBOR/);
  });

  test("that is no map at all names no field, and does not fail otherwise", () => {
    expect(() => decodePolicy(extension("two"))).toThrow(failure("malformed", "policy: bad "));
    const none = "two" as unknown as Policy;
    expect(() => encodePolicy(none)).toThrow(failure("usage", "policy:  is out of bounds"));
  });

  test("stands alone among a channel's extensions", () => {
    const [own] = encodePolicy(defaultPolicy);
    const refused = failure("refused", "policy: a channel has exactly one extension, its policy");
    expect(() => decodePolicy([])).toThrow(refused);
    expect(() => decodePolicy([own!, own!])).toThrow(refused);
    expect(() => decodePolicy([own!, { type: 1, data: own!.data }])).toThrow(refused);
    expect(() => decodePolicy([{ type: 1, data: own!.data }])).toThrow(refused);
  });

  test("is named in approvals by a hash under a label of its own", () => {
    const [own] = encodePolicy(defaultPolicy);
    const expected = sha256(concat(utf8("Backchannel v1 policy\0"), own!.data));
    expect(hex(policyId(defaultPolicy))).toBe(hex(expected));
    expect(hex(policyId({ ...defaultPolicy, approvals: 3 }))).not.toBe(hex(expected));
    expect(hex(policyId({ ...defaultPolicy, revision: 1 }))).not.toBe(hex(expected));
    expect(hex(policyId({ ...defaultPolicy, timerMs: 5 }))).toBe(hex(expected));
  });
});

describe("a change of policy", () => {
  const compare = (first: Partial<Policy>, second: Partial<Policy>) => {
    const now = { ...defaultPolicy, ...first };
    const { approvals, check, ...rest } = { ...defaultPolicy, ...second };
    const { revision } = amendPolicy(now, { approvals, check });
    return comparePolicies(now, { ...rest, approvals, check, revision });
  };

  test("of the timer, or of nothing, asks for nobody", () => {
    expect(compare({}, {})).toBe("none");
    expect(compare({}, { timerMs: 5 })).toBe("none");
  });

  test.each([
    ["as it was", 7],
    ["two ahead", 9],
    ["back", 6],
  ])("leaves no revision out and counts none twice: %s", (_what, revision) => {
    const now = { ...defaultPolicy, revision: 7 };
    expect(comparePolicies(now, { ...now, approvals: 1, revision })).toBe("forbidden");
    expect(comparePolicies(now, { ...now, approvals: 3, revision })).toBe("forbidden");
    const isSame = revision === now.revision;
    expect(comparePolicies(now, { ...now, revision })).toBe(isSame ? "none" : "forbidden");
  });

  test("moves on by one revision, and no change by none", () => {
    const now = { ...defaultPolicy, revision: 7 };
    expect(amendPolicy(now, { approvals: 3 })).toEqual({ ...now, approvals: 3, revision: 8 });
    expect(amendPolicy(now, { check: "two-codes" }).revision).toBe(8);
    expect(amendPolicy(now, { approvals: 2, check: "words" })).toBe(now);
    expect(amendPolicy(now, {})).toBe(now);
  });

  test("that asks for more persons or for two codes is a rise", () => {
    expect(compare({}, { approvals: 3 })).toBe("raised");
    expect(compare({}, { check: "two-codes" })).toBe("raised");
    expect(compare({}, { check: "two-codes", approvals: 3, timerMs: 5 })).toBe("raised");
    expect(compare({ check: "two-codes" }, { check: "two-codes", approvals: 3 })).toBe("raised");
  });

  test("that gives up anything is a fall, whatever it adds", () => {
    expect(compare({}, { approvals: 1 })).toBe("lowered");
    expect(compare({ check: "two-codes" }, {})).toBe("lowered");
    expect(compare({ check: "two-codes" }, { approvals: 3 })).toBe("lowered");
    expect(compare({}, { check: "two-codes", approvals: 1 })).toBe("lowered");
  });

  test.each<Partial<Policy>>([
    { sunsetAt: 5 },
    { lateWindowMs: 5 },
    { lateEpochs: 8 },
    { updateAfterMessages: 5 },
    { updateAfterMs: 5 },
    { mailboxFrames: 5 },
    { mailboxBytes: limits.frameBytesMax },
  ])("of anything else is nobody's to make: %o", (change) => {
    expect(compare({}, change)).toBe("forbidden");
    expect(compare({}, { ...change, approvals: 3 })).toBe("forbidden");
    expect(compare({}, { ...change, approvals: 1 })).toBe("forbidden");
  });
});
