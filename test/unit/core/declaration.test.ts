import { beforeAll, describe, expect, test } from "vitest";
import { approve, encodeApprovals } from "#client/core/approval.ts";
import { authorise } from "#client/core/authority.ts";
import {
  declarationExtension,
  decodeDeclaration,
  encodeDeclaration,
} from "#client/core/declaration.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import {
  amendPolicy,
  comparePolicies,
  defaultPolicy,
  encodePolicy,
  type Policy,
  policyExtension,
  policyId,
} from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Extension,
  type Group,
  joinGroup,
  members,
  readKeyPackage,
} from "#client/mls/group.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(3_417);
const copies = encodeDeclaration({ archives: true });
const [declared] = copies as [Extension];

/** The code of the Failure, or null. */
function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe("a declaration", () => {
  test.each([true, false])("comes out as it went in: archives %s", (archives) => {
    expect(decodeDeclaration(encodeDeclaration({ archives }))).toEqual({ archives });
  });

  test("says nothing where there is nothing to say", () => {
    expect(encodeDeclaration({ archives: false })).toEqual([]);
  });

  test.each<readonly [string, readonly Extension[], string]>([
    ["twice", [declared, declared], "refused"],
    ["beside another extension", [declared, { ...declared, type: 0x0a0a }], "refused"],
    ["of the policy's type", [{ ...declared, type: policyExtension }], "refused"],
    ["that says no", [bytesOf({ v: 1, archives: false })], "malformed"],
    ["of another version", [bytesOf({ v: 2, archives: true })], "malformed"],
    ["with more in it", [bytesOf({ v: 1, archives: true, until: 0 })], "malformed"],
    ["that is no CBOR", [{ ...declared, data: Uint8Array.of(0xff) }], "malformed"],
  ])("%s is refused", (_, extensions, code) => {
    expect(codeOf(() => decodeDeclaration(extensions))).toBe(code);
  });
});

function bytesOf(value: object): Extension {
  return { type: declarationExtension, data: encodeCbor(value) };
}

function newcomer(label: string, leafExtensions: readonly Extension[] = [], grease: number[] = []) {
  const identity = encodeIdentity({ label, person: random(16) });
  const extensionTypes = [...channelExtensions, ...grease];
  return createKeyPackage({ suite, identity, extensionTypes, leafExtensions, random });
}

/** A founder's group and what a second member, who declares or not, sees of it. */
function pair(policy: Partial<Policy>, heron: readonly Extension[] = []): [Group, Group] {
  const own = newcomer("Heron", heron);
  const slate = createGroup({
    suite,
    rules: channelGroupRules,
    groupId: random(32),
    identity: encodeIdentity({ label: "Slate", person: random(16) }),
    extensions: encodePolicy({ ...defaultPolicy, approvals: 1, ...policy }),
    random,
  });
  const made = commit(slate, { add: [own.keyPackage], random });
  const joined = joinGroup({
    suite,
    rules: channelGroupRules,
    welcome: made.welcome as Uint8Array,
    keyPackage: own.keyPackage,
    secrets: own.secrets,
  });
  return [adoptCommit(made.group, made.pending).group, joined.group];
}

/** How another member judges a commit: "valid", or the Failure's code and text. */
function judge(from: Group, to: Group, request: Partial<Parameters<typeof commit>[1]>): string {
  const made = commit(from, { authenticatedData: encodeApprovals([]), ...request, random });
  try {
    authorise(to, checkCommit(to, made.message));
    return "valid";
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function adding(from: Group, leafExtensions: readonly Extension[], grease: number[] = []) {
  const { keyPackage, ref: target } = newcomer("Otter", leafExtensions, grease);
  const untilEpoch = Number(from.epoch);
  const approval = approve(from, { operation: "admit", target, check: "code", untilEpoch });
  return { add: [keyPackage], authenticatedData: encodeApprovals([approval]) };
}

describe("a channel that shows archivers", () => {
  test("lets one in, and every member sees it in its leaf", () => {
    const [slate, heron] = pair({ archivers: "shown" }, copies);
    expect(judge(slate, heron, adding(slate, copies))).toBe("valid");
    const seen = members(slate).map(({ extensions }) => decodeDeclaration(extensions).archives);
    expect(seen).toEqual([false, true]);
  });

  test("lets a member begin and end", () => {
    const [slate, heron] = pair({ archivers: "shown" });
    expect(judge(heron, slate, { leafExtensions: copies })).toBe("valid");
    const [before, archivist] = pair({ archivers: "shown" }, copies);
    expect(judge(archivist, before, { leafExtensions: [] })).toBe("valid");
  });

  test("keeps what a member says through its other commits", () => {
    const [, heron] = pair({ archivers: "shown" }, copies);
    const { pending } = commit(heron, { newSignatureKey: true, random });
    expect(members(pending)[1]?.extensions).toEqual(copies);
  });
});

describe("a channel that refuses archivers", () => {
  test("lets in who declares nothing, whatever its capabilities name besides", () => {
    const [slate, heron] = pair({ archivers: "refused" });
    // GREASE (RFC 9420 section 13.5): values that nobody knows are among the capabilities.
    expect(judge(slate, heron, adding(slate, [], [0x0a0a, 0xfafa]))).toBe("valid");
  });

  test("refuses by name an Add that declares it, approved or not", () => {
    const [slate, heron] = pair({ archivers: "refused" });
    const verdict = judge(slate, heron, adding(slate, copies));
    expect(verdict).toBe("archiver: Otter: its client keeps copies, and this channel refuses that");
  });

  test("refuses by name an update that declares it", () => {
    const [slate, heron] = pair({ archivers: "refused" });
    expect(judge(heron, slate, { leafExtensions: copies })).toContain("archiver: Heron");
  });

  test("refuses what is no declaration, in an Add and in an update", () => {
    const [slate, heron] = pair({ archivers: "refused" });
    const no = [bytesOf({ v: 1, archives: false })];
    expect(judge(slate, heron, adding(slate, no))).toContain("malformed");
    expect(judge(heron, slate, { leafExtensions: no })).toContain("malformed");
    const unknown = [{ type: 0x0a0a, data: new Uint8Array(0) }];
    expect(judge(heron, slate, { leafExtensions: unknown })).toContain("refused");
  });

  test("does not begin while an archiver sits in it", () => {
    const raise = (heron: readonly Extension[]) => {
      const [own, other] = pair({ archivers: "shown" }, heron);
      const now = { ...defaultPolicy, approvals: 1 };
      const next = amendPolicy(now, { archivers: "refused" });
      const untilEpoch = Number(own.epoch);
      const target = policyId(next);
      const approval = approve(own, { operation: "policy", target, check: "none", untilEpoch });
      const authenticatedData = encodeApprovals([approval]);
      return judge(own, other, { extensions: encodePolicy(next), authenticatedData });
    };
    expect(raise([])).toBe("valid");
    expect(raise(copies)).toContain("archiver: Heron");
  });

  test("is a stricter policy: only all can go back, and never without a new revision", () => {
    const refused = amendPolicy(defaultPolicy, { archivers: "refused" });
    expect(comparePolicies(defaultPolicy, refused)).toBe("raised");
    expect(comparePolicies(refused, amendPolicy(refused, { archivers: "shown" }))).toBe("lowered");
    const unnumbered: Policy = { ...defaultPolicy, archivers: "refused" };
    expect(comparePolicies(defaultPolicy, unnumbered)).toBe("forbidden");
  });
});

test("nobody can take a declaration out of a KeyPackage, or put one in", () => {
  const { keyPackage } = newcomer("Otter", copies);
  const at = keyPackage.findIndex((_, index) => {
    return declared.data.every((octet, offset) => keyPackage[index + offset] === octet);
  });
  expect(at).toBeGreaterThan(0);
  const changed = keyPackage.slice();
  changed[at + 1] = (changed[at + 1] as number) ^ 1;
  expect(codeOf(() => readKeyPackage(suite, changed, channelGroupRules))).toBe("integrity");
});
