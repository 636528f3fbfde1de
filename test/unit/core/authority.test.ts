import { beforeAll, describe, expect, test } from "vitest";
import {
  type Approval,
  approvalLabel,
  approve,
  encodeApprovals,
  seatId,
} from "#client/core/approval.ts";
import { authorise } from "#client/core/authority.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import {
  amendPolicy,
  decodePolicy,
  defaultPolicy,
  encodePolicy,
  type Policy,
  policyId,
} from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  joinGroup,
  type Member,
  members,
  verifyAs,
} from "#client/mls/group.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(11);
const extensionTypes = [...channelExtensions];

function newcomer(label: string, person = random(16)) {
  const identity = encodeIdentity({ label, person });
  return createKeyPackage({ suite, identity, extensionTypes, random });
}

/** A group of so many persons, each seat's view; approvals are checked by the caller only. */
function group(labels: readonly string[], policy: Partial<Policy> = {}): Group[] {
  const [first = "", ...others] = labels;
  let views: Group[] = [
    createGroup({
      suite,
      rules: channelGroupRules,
      groupId: random(32),
      identity: encodeIdentity({ label: first, person: random(16) }),
      extensions: encodePolicy({ ...defaultPolicy, ...policy }),
      random,
    }),
  ];
  for (const label of others) {
    const { keyPackage, secrets } = newcomer(label);
    const [founder, ...rest] = views as [Group, ...Group[]];
    const authenticatedData = encodeApprovals([]);
    const made = commit(founder, { add: [keyPackage], authenticatedData, random });
    const welcome = made.welcome as Uint8Array;
    const joined = joinGroup({ suite, rules: channelGroupRules, welcome, keyPackage, secrets });
    views = [
      adoptCommit(made.group, made.pending).group,
      ...rest.map((view) => applyCommit(view, checkCommit(view, made.message)).group),
      joined.group,
    ];
  }
  return views;
}

/** How another member judges a commit of the first one. */
function judge(
  views: readonly Group[],
  changes: Parameters<typeof commit>[1] extends infer Request
    ? Omit<Request & object, "random" | "authenticatedData">
    : never,
  approvals: readonly Approval[],
): string {
  const [own, other = own] = views as [Group, Group?];
  const authenticatedData = encodeApprovals(approvals);
  const made = commit(own, { ...changes, authenticatedData, random });
  try {
    authorise(other, checkCommit(other, made.message));
    return "valid";
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const admit = (view: Group, target: Uint8Array, untilEpoch = Number(view.epoch)) =>
  approve(view, { operation: "admit", target, check: "code", untilEpoch });
const removal = (view: Group, leaf: number, operation: "remove" | "leave" = "remove") => {
  const seat = members(view).find((one) => one.leaf === leaf);
  if (seat === undefined) throw new Error("no such seat");
  return approve(view, {
    operation,
    target: seatId(seat),
    check: "none",
    untilEpoch: Number(view.epoch),
  });
};

describe("an admission", () => {
  test("needs one approval where the policy says one", () => {
    const views = group(["Slate", "Heron"], { approvals: 1 });
    const { keyPackage, ref } = newcomer("Otter");
    const add = [keyPackage];
    expect(judge(views, { add }, [])).toContain("an admission with 0 of 1 approvals");
    expect(judge(views, { add }, [admit(views[0]!, ref)])).toBe("valid");
  });

  test("that was undone counts again with its old approvals, until their signers have new keys", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2 });
    const { keyPackage, ref } = newcomer("Wren");
    const given = [0, 1].map((at) => admit(views[at] as Group, ref, Number(views[0]?.epoch) + 9));
    const [first, ...rest] = views as [Group, ...Group[]];
    const step = (request: Partial<Parameters<typeof commit>[1]>, own: Group, others: Group[]) => {
      const authenticatedData = encodeApprovals([]);
      const made = commit(own, { ...request, authenticatedData, random });
      const applied = others.map(
        (view) => applyCommit(view, checkCommit(view, made.message)).group,
      );
      return [adoptCommit(made.group, made.pending).group, ...applied] as [Group, ...Group[]];
    };
    const [slate, ...others] = step({ add: [keyPackage] }, first, rest);
    const wren = members(slate).find(({ leaf }) => leaf === 3) as Member;
    const back = step({ remove: [wren.leaf] }, slate, others);
    expect(judge(back, { add: [keyPackage] }, given)).toBe("valid");
    const renewed = step({ newSignatureKey: true }, back[0], back.slice(1));
    expect(judge(renewed, { add: [keyPackage] }, given)).toContain("the signature does not hold");
  });

  test("needs two distinct persons where the policy says two", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2 });
    const { keyPackage, ref } = newcomer("Egret");
    const add = [keyPackage];
    const first = admit(views[0]!, ref);
    expect(judge(views, { add }, [first])).toContain("1 of 2 approvals");
    const again = admit(views[0]!, ref, 2 + Number(views[0]!.epoch));
    expect(judge(views, { add }, [first, again])).toContain("approves the same twice");
    expect(judge(views, { add }, [first, admit(views[1]!, ref)])).toBe("valid");
  });

  test("of the second person needs the founder alone, whatever the policy says", () => {
    const views = group(["Slate"], { approvals: 2 });
    const { keyPackage, ref } = newcomer("Heron");
    expect(judge(views, { add: [keyPackage] }, [admit(views[0]!, ref)])).toBe("valid");
  });

  test("is not approved by an approval of another KeyPackage, operation, epoch or group", () => {
    const views = group(["Slate", "Heron"], { approvals: 1 });
    const own = views[0]!;
    const { keyPackage, ref } = newcomer("Otter");
    const add = [keyPackage];
    expect(judge(views, { add }, [admit(own, newcomer("Otter").ref)])).toContain("0 of 1");
    const wrong = approve(own, { operation: "remove", target: ref, check: "none", untilEpoch: 9 });
    expect(judge(views, { add }, [wrong])).toContain("0 of 1");
    expect(judge(views, { add }, [admit(own, ref, 0)])).toContain("its last epoch has passed");
    const stranger = group(["Slate", "Heron"])[0]!;
    expect(judge(views, { add }, [admit(stranger, ref)])).toContain("the signature does not hold");
    const forged = { ...admit(own, ref), signer: 1 };
    expect(judge(views, { add }, [forged])).toContain("the signature does not hold");
    const nobody = { ...admit(own, ref), signer: 7 };
    expect(judge(views, { add }, [nobody])).toContain("its signer is no member");
  });

  test("under a label that is taken, or that cannot be shown, does not count", () => {
    const views = group(["Slate", "Heron"]);
    for (const [label, detail] of [
      ["Heron", "two seats under one label"],
      ["", "label: 1 to 64 octets"],
      ["a\u202eb", "invisible character"],
      [" Otter", "begins or ends with a space"],
      ["x".repeat(65), "not 65"],
    ] as const) {
      const { keyPackage, ref } = newcomer(label);
      const verdict = judge(views, { add: [keyPackage] }, [admit(views[0]!, ref)]);
      expect(verdict).toContain(detail);
    }
  });
});

describe("the check of an admission", () => {
  const byCheck = (check: "code" | "words" | "none", policyCheck: "words" | "two-codes") => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2, check: policyCheck });
    const { keyPackage, ref } = newcomer("Egret");
    const second = views[1] as Group;
    const untilEpoch = Number(second.epoch);
    const given = approve(second, { operation: "admit", target: ref, check, untilEpoch });
    return judge(views, { add: [keyPackage] }, [admit(views[0] as Group, ref), given]);
  };

  test("may be words where the policy says so", () => {
    expect(byCheck("words", "words")).toBe("valid");
    expect(byCheck("code", "words")).toBe("valid");
  });

  test("counts only as a code where the policy asks for two codes", () => {
    expect(byCheck("words", "two-codes")).toContain("1 of 2 approvals");
    expect(byCheck("code", "two-codes")).toBe("valid");
  });

  test("is named, and named by nothing else", () => {
    expect(byCheck("none", "words")).toContain("an admission names its check");
    const views = group(["Slate", "Heron", "Otter"], { approvals: 1 });
    const view = views[0] as Group;
    const target = seatId(members(view)[1] as Member);
    const untilEpoch = Number(view.epoch);
    const odd = approve(view, { operation: "remove", target, check: "words", untilEpoch });
    expect(judge(views, { remove: [1] }, [odd])).toContain("an admission names its check");
  });

  test("is signed: it cannot be made a better one", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2, check: "two-codes" });
    const { keyPackage, ref } = newcomer("Egret");
    const second = views[1] as Group;
    const untilEpoch = Number(second.epoch);
    const words = approve(second, { operation: "admit", target: ref, check: "words", untilEpoch });
    const verdict = judge(views, { add: [keyPackage] }, [
      admit(views[0] as Group, ref),
      { ...words, check: "code" },
    ]);
    expect(verdict).toContain("the signature does not hold");
  });
});

describe("a removal", () => {
  test("needs approvals of others than its target", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2 });
    const own = removal(views[0]!, 1);
    expect(judge(views, { remove: [1] }, [own])).toContain("a removal with 1 of 2 approvals");
    expect(judge(views, { remove: [1] }, [own, removal(views[1]!, 1)])).toContain("1 of 2");
    expect(judge(views, { remove: [1] }, [own, removal(views[2]!, 1)])).toBe("valid");
  });

  test("in a channel of two needs the other one alone", () => {
    const views = group(["Slate", "Heron"], { approvals: 2 });
    expect(judge(views, { remove: [1] }, [removal(views[0]!, 1)])).toBe("valid");
  });

  test("by the target's own signed leave needs nobody's approval", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 3 });
    expect(judge(views, { remove: [1] }, [removal(views[1]!, 1, "leave")])).toBe("valid");
  });

  test("by somebody else's leave does not count", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 3 });
    const verdict = judge(views, { remove: [1] }, [removal(views[2]!, 1, "leave")]);
    expect(verdict).toContain("0 of 2 approvals");
  });
});

describe("the policy", () => {
  const changedBy = (
    views: readonly Group[],
    change: Partial<Policy>,
    signers: readonly number[] = [],
  ) => {
    const now = decodePolicy(views[0]!.extensions);
    const { approvals: wanted = now.approvals, check = now.check, ...rest } = change;
    const next = { ...amendPolicy(now, { approvals: wanted, check }), ...rest };
    const approvals = signers.map((at) => {
      const view = views[at] as Group;
      const untilEpoch = Number(view.epoch);
      const target = policyId(next);
      return approve(view, { operation: "policy", target, check: "none", untilEpoch });
    });
    return judge(views, { extensions: encodePolicy(next) }, approvals);
  };

  test("has a timer that anybody may set, and bounds that nobody may move", () => {
    const views = group(["Slate", "Heron"], { approvals: 2 });
    expect(changedBy(views, { timerMs: 60_000 })).toBe("valid");
    for (const change of [{ lateWindowMs: 1 }, { sunsetAt: 1 }, { mailboxFrames: 1 }]) {
      const verdict = changedBy(views, change, [0, 1]);
      expect(verdict).toContain("changes the policy where nobody may");
    }
  });

  test("is lowered only by every person", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2 });
    const lower = { approvals: 1 };
    expect(changedBy(views, lower)).toContain("a change of policy with 0 of 3 approvals");
    expect(changedBy(views, lower, [0, 1])).toContain("2 of 3 approvals");
    expect(changedBy(views, lower, [0, 1, 2])).toBe("valid");
  });

  test("is lowered, too, when two codes become words", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2, check: "two-codes" });
    expect(changedBy(views, { check: "words", approvals: 3 }, [0, 1])).toContain("2 of 3");
    expect(changedBy(views, { check: "words" }, [0, 1, 2])).toBe("valid");
  });

  test("is raised by as many persons as it asks for", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2 });
    expect(changedBy(views, { approvals: 3 }, [0])).toContain("1 of 2 approvals");
    expect(changedBy(views, { approvals: 3 }, [0, 2])).toBe("valid");
    expect(changedBy(views, { check: "two-codes" }, [0, 2])).toBe("valid");
  });

  test("is not changed by approvals of another policy", () => {
    const views = group(["Slate", "Heron", "Otter"], { approvals: 2 });
    const now = decodePolicy(views[0]!.extensions);
    const other = policyId(amendPolicy(now, { approvals: 4 }));
    const given = views.map((view) => {
      const untilEpoch = Number(view.epoch);
      return approve(view, { operation: "policy", target: other, check: "none", untilEpoch });
    });
    const extensions = encodePolicy(amendPolicy(now, { approvals: 3 }));
    expect(judge(views, { extensions }, given)).toContain("0 of 2 approvals");
  });

  test("cannot be taken away, doubled or filled with something else", () => {
    const views = group(["Slate", "Heron"]);
    const [extension] = encodePolicy(defaultPolicy);
    expect(judge(views, { extensions: [] }, [])).toContain("exactly one extension");
    const broken = { type: extension!.type, data: extension!.data.slice(0, -1) };
    expect(judge(views, { extensions: [broken] }, [])).toContain("policy: not CBOR");
  });
});

test("authenticated data that is not approvals makes a commit count for nobody", () => {
  const [own, other] = group(["Slate", "Heron"]);
  const made = commit(own!, { authenticatedData: new Uint8Array([1]), random });
  expect(() => authorise(other!, checkCommit(other!, made.message))).toThrow("approvals: not");
});

describe("an approval", () => {
  test("proves to an outsider who gave it, for as long as the key is known as his", () => {
    const views = group(["Slate", "Heron"]);
    const heron = views[1] as Group;
    const given = admit(heron, newcomer("Otter").ref);
    // Nothing but what any member could hand out: the leaf's public key, and the approval itself.
    const { signatureKey } = members(views[0] as Group)[1] as Member;
    const { signature, signer: _signer, ...said } = given;
    const content = encodeCbor({ v: 1, group: heron.groupId, ...said });
    expect(verifyAs(suite, signatureKey, approvalLabel, content, signature)).toBe(true);
    const other = encodeCbor({ v: 1, group: heron.groupId, ...said, check: "words" });
    expect(verifyAs(suite, signatureKey, approvalLabel, other, signature)).toBe(false);
  });
});
