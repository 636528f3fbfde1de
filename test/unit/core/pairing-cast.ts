import { encodeApprovals } from "#client/core/approval.ts";
import { checkWords } from "#client/core/check.ts";
import { hearSponsor } from "#client/core/entering.ts";
import { encodeIdentity, personBytes } from "#client/core/identity.ts";
import { type JoinState, newJoin } from "#client/core/newcomer.ts";
import { type Comparison, openComparisons } from "#client/core/newcomer-check.ts";
import type { Bridged } from "#client/core/pairing.ts";
import { defaultPolicy, encodePolicy } from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import {
  hearNewcomer,
  type InvitationState,
  newInvitation,
  type Sponsor,
  sayToNewcomer,
} from "#client/core/sponsor.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  joinGroup,
  member,
  readKeyPackage,
} from "#client/mls/group.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";

/** Sponsors and newcomers as bare states: a test carries every message between them, or changes it. */

const suite = xwingSuite;
const rules = channelGroupRules;
const extensionTypes = channelExtensions;
export const random = seededRandom(19);
export const means = { random, suite: xwingSuite };

/** An identity, also one that only a dishonest client writes. */
export function identityOf(label: unknown): Uint8Array {
  return encodeCbor({ label, person: random(personBytes) });
}

export interface FalseGroup {
  /** As its founder holds it. */
  readonly group: Group;
  /** As each of the others holds it. */
  readonly others: readonly Group[];
}

/** A group whose founder, Slate, checks nothing, with these others in it. */
export function groupWith(others: readonly Uint8Array[]): FalseGroup {
  const founded = createGroup({
    suite,
    rules,
    groupId: random(32),
    identity: encodeIdentity({ label: "Slate", person: random(personBytes) }),
    extensions: encodePolicy({ ...defaultPolicy, approvals: 1 }),
    random,
  });
  if (others.length === 0) return { group: founded, others: [] };
  const made = others.map((identity) => {
    return createKeyPackage({ suite, identity, extensionTypes, random });
  });
  const add = made.map(({ keyPackage }) => keyPackage);
  const committed = commit(founded, { add, authenticatedData: encodeApprovals([]), random });
  const { group } = adoptCommit(committed.group, committed.pending);
  const welcome = committed.welcome as Uint8Array;
  const enter = ({ keyPackage, secrets }: (typeof made)[number]): Group => {
    return joinGroup({ suite, rules, welcome, keyPackage, secrets }).group;
  };
  // Entering a large group again and again is slow, and only a few tests need the others' side.
  return { group, others: made.length > 4 ? [] : made.map(enter) };
}

/** What the seat of a group tells a newcomer; the dishonest one says what it likes. */
export function vouch(group: Group, told: Partial<Sponsor> = {}): Sponsor {
  const signatureKey = member(group, group.ownLeaf)?.signatureKey as Uint8Array;
  const { groupId } = group;
  return { group: groupId, signatureKey, persons: 2, needed: 2, check: "words", ...told };
}

export const code = { nameplate: "482913", secret: "cradle-banjo-tulip" };
export const otherCode = { nameplate: "100200", secret: "acid-comet-zebra" };

export function invitation(about: { person?: Uint8Array } = {}, given = code): InvitationState {
  const label = "Otter";
  const fresh = newInvitation({ id: "i", channelId: "c", label, expiresAt: 9e5, random, ...about });
  return { ...fresh, ...given };
}

export function freshJoin(options: { codes?: (typeof code)[]; sponsors?: 1 | 2 } = {}): JoinState {
  const { codes = [code], sponsors = 2 } = options;
  return newJoin({
    codes,
    sponsors,
    declaration: { archives: false },
    name: "line",
    relay: "relay.test",
    channelId: "c",
    random,
  });
}

export interface Pair {
  sponsor: InvitationState;
  newcomer: JoinState;
}

/** Carries the messages of one code until both sides have nothing more to say. */
export function carry(pair: Pair, told: Sponsor, at = 0): Pair {
  let { sponsor, newcomer } = pair;
  for (;;) {
    const received = newcomer.pairings[at]?.received as number;
    const post = sponsor.posts[received];
    const reply = newcomer.pairings[at]?.posts[sponsor.received];
    if (post !== undefined) newcomer = hearSponsor(newcomer, at, post, means).state;
    else if (reply !== undefined) sponsor = hearNewcomer(sponsor, reply, told, means);
    else return { sponsor, newcomer };
  }
}

/** A pair that has come as far as the KeyPackage. */
export function paired(told: Sponsor, sponsors: 1 | 2 = 2): Pair {
  return carry({ sponsor: invitation(), newcomer: freshJoin({ sponsors }) }, told);
}

/** One more message of the sponsor, whatever it is; what the newcomer makes of it. */
export function say(pair: Pair, body: Bridged) {
  const sponsor = sayToNewcomer(pair.sponsor, body, random);
  const post = sponsor.posts.at(-1) as Uint8Array;
  const { state, entered } = hearSponsor(pair.newcomer, 0, post, means);
  return { pair: { sponsor, newcomer: state }, entered };
}

/** A seat of the group lets the newcomer in and signs its Welcome. */
export function welcomeBy(group: Group, { sponsor }: Pair): Bridged & { kind: "welcome" } {
  const add = [sponsor.keyPackage as Uint8Array];
  const made = commit(group, { add, authenticatedData: encodeApprovals([]), random });
  return { v: 1, kind: "welcome", welcome: made.welcome as Uint8Array, previous: null };
}

export function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "entered";
}

/** The first sponsor tells of a check. */
export const begin = (sponsor: Uint8Array, label = "Heron"): Bridged => {
  return { v: 1, kind: "check", sponsor, label };
};

/** A check as far as the words, with the words that an honest sponsor has. */
export function compared(pair: Pair, told: ReturnType<typeof vouch>, key: Uint8Array) {
  const begun = say(pair, begin(key)).pair;
  const nonce = random(32);
  const answered = say(begun, { v: 1, kind: "nonce", sponsor: key, nonce }).pair;
  const [check] = answered.newcomer.checks.slice(-1);
  const keyPackage = answered.sponsor.keyPackage as Uint8Array;
  const { ref } = readKeyPackage(xwingSuite, keyPackage, channelGroupRules);
  const subject = { group: told.group, keyPackage: ref, sponsorKey: key };
  const newcomer = check?.nonce as Uint8Array;
  const words = checkWords(subject, { newcomer, sponsor: nonce });
  const comparison = openComparisons(xwingSuite, answered.newcomer).at(-1) as Comparison;
  return { pair: answered, words, comparison, subject, nonce: newcomer };
}
