import { beforeAll, describe, expect, test } from "vitest";
import { encodeApprovals } from "#client/core/approval.ts";
import { encodeIdentity, personBytes } from "#client/core/identity.ts";
import { hearSponsor, newJoin } from "#client/core/newcomer.ts";
import { defaultPolicy, encodePolicy } from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import {
  deliverWelcome,
  hearNewcomer,
  type InvitationState,
  newInvitation,
} from "#client/core/sponsor.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  member,
} from "#client/mls/group.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(19);
const suite = xwingSuite;
const unshowable = "Heron\u001b[2J";

/** An identity as only a dishonest client writes it. */
function identityOf(label: unknown): Uint8Array {
  return encodeCbor({ label, person: random(personBytes) });
}

/** A group of a sponsor who checks nothing, with these others in it. */
function groupWith(others: readonly Uint8Array[], extensions = encodePolicy(defaultPolicy)): Group {
  const founded = createGroup({
    suite,
    rules: channelGroupRules,
    groupId: random(32),
    identity: encodeIdentity({ label: "Slate", person: random(personBytes) }),
    extensions,
    random,
  });
  if (others.length === 0) return founded;
  const extensionTypes = channelExtensions;
  const add = others.map((identity) => {
    return createKeyPackage({ suite, identity, extensionTypes, random }).keyPackage;
  });
  const made = commit(founded, { add, authenticatedData: encodeApprovals([]), random });
  return adoptCommit(made.group, made.pending).group;
}

/** Plays a whole join, message by message; what the newcomer makes of it in the end. */
function join(group: Group, admittedBy: readonly string[] = ["Slate"]) {
  const code = { nameplate: "482913", secret: "cradle-banjo-tulip" };
  const fresh = newInvitation({ id: "i", channelId: "c", label: "Otter", expiresAt: 9e5, random });
  let sponsor: InvitationState = { ...fresh, ...code };
  let newcomer = newJoin({ code, name: "line", relay: "relay.test", channelId: "c", random });
  const signatureKey = member(group, 0)?.signatureKey as Uint8Array;
  const vouching = { group: group.groupId, signatureKey };
  for (let round = 0; round < 3; round++) {
    newcomer = hearSponsor(newcomer, sponsor.posts[round] as Uint8Array, random).state;
    const body = newcomer.posts[round] as Uint8Array;
    sponsor = hearNewcomer(sponsor, body, vouching, random);
  }
  const add = [sponsor.keyPackage as Uint8Array];
  const made = commit(group, { add, authenticatedData: encodeApprovals([]), random });
  const grant = { id: "i", epoch: 1, previous: null, welcome: made.welcome as Uint8Array };
  const done = deliverWelcome(sponsor, grant, admittedBy, random);
  return hearSponsor(newcomer, done.posts[3] as Uint8Array, random).entered;
}

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "entered";
}

describe("a newcomer", () => {
  test("enters a group whose seats can all be shown", () => {
    const entered = join(groupWith([identityOf("Heron")]), ["Slate", "Heron"]);
    expect(entered).toMatchObject({ admittedBy: ["Slate", "Heron"] });
    expect(entered?.group.epoch).toBe(2n);
  });

  test.each([
    ["has a control character in a label", identityOf(unshowable), "refused: label: has a control"],
    ["turns the direction of a label", identityOf("He\u202eron"), "refused: label: has a control"],
    ["has an empty label", identityOf(""), "refused: label: 1 to 64 octets"],
    ["has an overlong label", identityOf("x".repeat(65)), "refused: label: 1 to 64 octets"],
    ["has a label that is no text", identityOf(7), "malformed: identity"],
    ["has no identity at all", new Uint8Array([1, 2, 3]), "malformed: identity"],
    ["has one label twice", identityOf("Slate"), "refused: group: two seats under one label"],
  ])("refuses a group that %s", (_what, identity, refusal) => {
    expect(refusalOf(() => join(groupWith([identity])))).toContain(refusal);
  });

  test("refuses a group of more seats than a channel has", () => {
    const crowd = Array.from({ length: 64 }, (_, at) => identityOf(`Seat ${at}`));
    expect(refusalOf(() => join(groupWith(crowd)))).toBe("refused: group: more than 64 seats");
    expect(refusalOf(() => join(groupWith(crowd.slice(2))))).toBe("entered");
  });

  test.each([unshowable, "", "x".repeat(65), "a\nb"])("refuses to be admitted by %j", (label) => {
    expect(refusalOf(() => join(groupWith([]), ["Slate", label]))).toContain("refused: label:");
  });
});
