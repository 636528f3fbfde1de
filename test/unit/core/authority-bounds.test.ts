import { beforeAll, describe, expect, test } from "vitest";
import { type Approval, approve, encodeApprovals, seatId } from "#client/core/approval.ts";
import { authorise } from "#client/core/authority.ts";
import { encodeIdentity, personBytes } from "#client/core/identity.ts";
import {
  amendPolicy,
  decodePolicy,
  defaultPolicy,
  encodePolicy,
  policyId,
} from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import {
  type AddedMember,
  adoptCommit,
  type CheckedCommit,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  joinGroup,
  members,
  readKeyPackage,
} from "#client/mls/group.ts";
import { limits } from "#shared/limits.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(37);
const failure = (message: string) => expect.objectContaining({ code: "refused", message });

function packageOf(label: string, person = random(personBytes)) {
  const identity = encodeIdentity({ label, person });
  return createKeyPackage({ suite, identity, extensionTypes: channelExtensions, random });
}

/** A founder and those whom it has let in without asking; each one's view. */
function channel(others: readonly (readonly [string, Uint8Array])[], approvals = 1): Group[] {
  const founded = createGroup({
    suite,
    rules: channelGroupRules,
    groupId: random(32),
    identity: encodeIdentity({ label: "Slate", person: random(personBytes) }),
    extensions: encodePolicy({ ...defaultPolicy, approvals }),
    random,
  });
  const made = others.map(([label, person]) => packageOf(label, person));
  const add = made.map(({ keyPackage }) => keyPackage);
  const committed = commit(founded, { add, authenticatedData: encodeApprovals([]), random });
  const welcome = committed.welcome as Uint8Array;
  return [
    adoptCommit(committed.group, committed.pending).group,
    ...made.map(({ keyPackage, secrets }) => {
      return joinGroup({ suite, rules: channelGroupRules, welcome, keyPackage, secrets }).group;
    }),
  ];
}

const people = (...labels: string[]) =>
  labels.map((label) => [label, random(personBytes)] as const);

const seat = (view: Group, leaf: number) => members(view).find((one) => one.leaf === leaf)!;
const grant = (view: Group, operation: Approval["operation"], target: Uint8Array): Approval => {
  const check = operation === "admit" ? "code" : "none";
  return approve(view, { operation, target, check, untilEpoch: Number(view.epoch) });
};

/** A commit as it would be after the checks of MLS, changed at will. */
function checked(view: Group, change: Partial<CheckedCommit>, approvals: readonly Approval[] = []) {
  const authenticatedData = encodeApprovals(approvals);
  const made = commit(view, { authenticatedData, random });
  return { ...checkCommit(view, made.message), ...change };
}

function added(label: string, leaf: number, person?: Uint8Array): AddedMember {
  const { keyPackage } = packageOf(label, person);
  return { ...readKeyPackage(suite, keyPackage, channelGroupRules), leaf };
}

describe("a channel", () => {
  const crowd = (count: number) =>
    Array.from({ length: count }, (_, at) => added(`Newcomer ${at}`, 2 + at));
  const full = `commit: more than ${limits.seatsMax} seats`;

  test("has so many seats and no more, those who leave making room", () => {
    const [view] = channel(people("Heron")) as [Group];
    const judge = (adds: readonly AddedMember[], removes: readonly number[] = []) => {
      const approvals = adds.map(({ ref }) => grant(view, "admit", ref));
      const removals = removes.map((leaf) => grant(view, "remove", seatId(seat(view, leaf))));
      return authorise(view, checked(view, { adds, removes }, [...approvals, ...removals]));
    };
    const room = limits.seatsMax - 2;
    expect(judge(crowd(room)).admittedBy.size).toBe(room);
    expect(() => judge(crowd(room + 1))).toThrow(failure(full));
    expect(judge(crowd(room + 1), [1]).admittedBy.size).toBe(room + 1);
    expect(() => judge(crowd(room + 2), [1])).toThrow(failure(full));
  });

  test("has no two seats under one label, be they there or both new", () => {
    const [view] = channel(people("Heron")) as [Group];
    const twice = failure("commit: two seats under one label");
    const taken = [added("Heron", 2)];
    expect(() => authorise(view, checked(view, { adds: taken }))).toThrow(twice);
    const both = [added("Otter", 2), added("Otter", 3)];
    expect(() => authorise(view, checked(view, { adds: both }))).toThrow(twice);
  });

  test("may have two seats of one person", () => {
    const person = random(personBytes);
    const [view] = channel([["Heron", person]]) as [Group];
    const second = added("Heron 2", 2, person);
    const approvals = [grant(view, "admit", second.ref)];
    const { admittedBy } = authorise(view, checked(view, { adds: [second] }, approvals));
    expect(admittedBy.get(2)).toEqual([{ leaf: 0, check: "code" }]);
  });

  test("is not left by a seat that nobody has", () => {
    const [view] = channel(people("Heron")) as [Group];
    expect(() => authorise(view, checked(view, { removes: [9] }))).toThrow(
      failure("commit: removes an empty seat"),
    );
  });
});

describe("whoever is removed in a commit", () => {
  const person = random(personBytes);
  const back = (label: string, whose?: Uint8Array) => {
    const [view] = channel([["Heron", person], ...people("Otter")]) as [Group];
    const newcomer = added(label, 1, whose);
    const approvals = [
      grant(view, "admit", newcomer.ref),
      grant(view, "remove", seatId(seat(view, 1))),
    ];
    return () => authorise(view, checked(view, { adds: [newcomer], removes: [1] }, approvals));
  };
  const refused = failure("commit: adds anew whom it removes");

  test("does not come back in it, by label or by person", () => {
    expect(back("Heron", person)).toThrow(refused);
    expect(back("Heron")).toThrow(refused);
    expect(back("Egret", person)).toThrow(refused);
  });

  test("makes room for somebody else", () => {
    expect(back("Egret")().admittedBy.get(1)).toEqual([{ leaf: 0, check: "code" }]);
  });
});

describe("an approval counts for what it names and nothing else:", () => {
  test("a removal of one seat is none of another", () => {
    const [view] = channel(people("Heron", "Otter")) as [Group];
    const other = grant(view, "remove", seatId(seat(view, 2)));
    expect(() => authorise(view, checked(view, { removes: [1] }, [other]))).toThrow(
      failure("commit: a removal with 0 of 1 approvals"),
    );
  });

  test("a leave of one seat is none of another", () => {
    const [view, heron] = channel(people("Heron", "Otter"), 2) as [Group, Group];
    const own = grant(heron, "leave", seatId(seat(view, 2)));
    const wrong = grant(heron, "leave", seatId(seat(view, 1)));
    expect(() => authorise(view, checked(view, { removes: [2] }, [own]))).toThrow("0 of 2");
    expect(() => authorise(view, checked(view, { removes: [2] }, [own, wrong]))).toThrow("0 of 2");
  });

  test("a leave suffices, whatever else is said about the seat", () => {
    const [view, heron] = channel(people("Heron", "Otter", "Egret"), 3) as [Group, Group];
    const target = seatId(seat(view, 1));
    const approvals = [grant(view, "remove", target), grant(heron, "leave", target)];
    expect(authorise(view, checked(view, { removes: [1] }, approvals)).admittedBy.size).toBe(0);
  });

  test("a removal under the id of a policy changes no policy", () => {
    const [view] = channel(people("Heron")) as [Group];
    const next = amendPolicy(decodePolicy(view.extensions), { approvals: 2 });
    const extensions = encodePolicy(next);
    const wrong = grant(view, "remove", policyId(next));
    expect(() => authorise(view, checked(view, { extensions }, [wrong]))).toThrow(
      failure("commit: a change of policy with 0 of 1 approvals"),
    );
    const right = grant(view, "policy", policyId(next));
    expect(authorise(view, checked(view, { extensions }, [right])).policy).toEqual(next);
  });

  test("nobody's approval moves a bound", () => {
    const [view] = channel(people("Heron")) as [Group];
    const next = { ...decodePolicy(view.extensions), lateWindowMs: 1 };
    const given = grant(view, "policy", policyId(next));
    const extensions = encodePolicy(next);
    expect(() => authorise(view, checked(view, { extensions }, [given]))).toThrow(
      failure("commit: changes the policy where nobody may"),
    );
  });
});

test("an authorised commit says which policy holds next and who vouched how", () => {
  const [view, heron] = channel(people("Heron", "Otter"), 2) as [Group, Group];
  const newcomer = added("Egret", 3);
  const untilEpoch = Number(view.epoch);
  const words = { operation: "admit", target: newcomer.ref, check: "words", untilEpoch } as const;
  const approvals = [grant(view, "admit", newcomer.ref), approve(heron, words)];
  const { policy, admittedBy } = authorise(view, checked(view, { adds: [newcomer] }, approvals));
  expect(policy).toEqual(decodePolicy(view.extensions));
  expect([...admittedBy]).toEqual([
    [
      3,
      [
        { leaf: 0, check: "code" },
        { leaf: 1, check: "words" },
      ],
    ],
  ]);
});
