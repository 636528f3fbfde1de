import type { Suite } from "#client/crypto/suite.ts";
import { type Group, joinGroup, members } from "#client/mls/group.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { archiverRefused } from "./authority.ts";
import { decodeDeclaration } from "./declaration.ts";
import { failureOfEnd } from "./ending.ts";
import { decodeIdentity, encodeIdentity } from "./identity.ts";
import { agreedTerms, type JoinState, pairingAt, pairWith, withPairing } from "./newcomer.ts";
import { answerCheck, beginCheck } from "./newcomer-check.ts";
import { newcomerKeyPackage } from "./newcomer-keys.ts";
import { type Bridged, bridgedSchema, openPairing, parsePairing } from "./pairing.ts";
import { decodePolicy } from "./policy.ts";
import type { Means } from "./ports.ts";
import { channelGroupRules } from "./rules.ts";
import type { Provenance } from "./view.ts";

export interface Entered {
  readonly group: Group;
  readonly previous: Uint8Array | null;
  readonly admittedBy: readonly Provenance[];
  readonly spent: readonly Uint8Array[];
}

/** What came of a sponsor's message: the next state, and at the end the group that was entered. */
export interface Heard {
  readonly state: JoinState;
  readonly entered: Entered | null;
}

/** Messages of a sponsor before those that have a `kind`. */
const pairingMessages = 3;

/**
 * Takes in the next message of the sponsor of one code. Failures: `auth` when a code was missed or a
 * sponsor is not who it said it was, `malformed`, `integrity`, `refused`, `denied`, `pending`; each ends
 * the join.
 */
export function hearSponsor(state: JoinState, at: number, body: Uint8Array, means: Means): Heard {
  const { received, keys } = pairingAt(state, at);
  if (received < pairingMessages) {
    return { state: pairWith(state, at, body, means), entered: null };
  }
  if (keys === null) throw new Failure("vault-damaged", "join: keys are missing");
  const opened = openPairing(keys, { role: "sponsor", index: received }, body);
  const said = parsePairing(bridgedSchema, opened);
  const counted = withPairing(state, at, { received: received + 1 });
  if (agreedTerms(counted) === null) {
    throw new Failure("refused", "rendezvous: the sponsor goes on before it has a KeyPackage");
  }
  switch (said.kind) {
    case "check":
      if (at !== 0)
        throw new Failure("refused", "check: comes from another than the first sponsor");
      return { state: beginCheck(counted, said, means), entered: null };
    case "nonce":
      if (at !== 0)
        throw new Failure("refused", "check: comes from another than the first sponsor");
      return { state: answerCheck(counted, said, means.random), entered: null };
    case "end":
      throw failureOfEnd(said.reason);
    case "welcome":
      return { state: counted, entered: enter(means.suite, counted, said) };
  }
}

/** Enters only the group that the codes vouched for, by a Welcome under a key that was checked. */
function enter(
  suite: Suite,
  state: JoinState,
  { welcome, previous }: Extract<Bridged, { kind: "welcome" }>,
) {
  const [terms] = agreedTerms(state) ?? [];
  if (terms === undefined) throw new Failure("vault-damaged", "join: terms are missing");
  const { label, person } = terms;
  const { keyPackage, secrets } = newcomerKeyPackage(
    suite,
    state.seed,
    encodeIdentity({ label, person }),
    state.declaration,
  );
  const { group, spent, signer } = joinGroup({
    suite,
    rules: channelGroupRules,
    welcome,
    keyPackage,
    secrets,
  });
  if (!equalBytes(group.groupId, terms.group)) {
    throw new Failure("auth", "the Welcome is to another group than the code vouched for");
  }
  checkSeats(group);
  checkSigner(state, group, signer.signatureKey);
  return { group, previous, admittedBy: sponsorsIn(state, group), spent };
}

/**
 * Refuses a group that no honest channel comes to: identities that cannot be shown, two seats of one
 * label, more seats or epochs than a channel has, an archiver where none is let in. Failures `refused`,
 * `malformed`, `archiver`.
 */
function checkSeats(group: Group): void {
  if (group.epoch > BigInt(limits.countMax)) {
    throw new Failure("refused", "group: its epoch is out of bounds");
  }
  const seats = members(group);
  if (seats.some(({ leaf }) => leaf >= limits.seatsMax)) {
    throw new Failure("refused", `group: more than ${limits.seatsMax} seats`);
  }
  const labels = new Set(seats.map(({ identity }) => decodeIdentity(identity).label));
  if (labels.size < seats.length) throw new Failure("refused", "group: two seats under one label");
  const { archivers } = decodePolicy(group.extensions);
  for (const { identity, extensions } of seats) {
    const { archives } = decodeDeclaration(extensions);
    if (archives && archivers === "refused") throw archiverRefused(identity);
  }
}

interface Checked extends Provenance {
  readonly key: Uint8Array;
  /** What the sponsor was called during the check; null where only its code vouches. */
  readonly claimed: string | null;
}

/** Keys that the newcomer has authenticated besides the first sponsor's. */
function checkedKeys(state: JoinState): readonly Omit<Checked, "label">[] {
  const [, ...others] = agreedTerms(state) ?? [];
  const byWords = state.checks.filter(({ agreed }) => agreed);
  return [
    ...others.map(({ signatureKey }) => ({
      key: signatureKey,
      check: "code" as const,
      claimed: null,
    })),
    ...byWords.map(({ sponsor, label }) => ({
      key: sponsor,
      check: "words" as const,
      claimed: label,
    })),
  ];
}

/**
 * A first sponsor alone could have filled the group with seats of its own making. So its signature
 * suffices only where there is nobody else, or where the newcomer was told to expect one sponsor.
 */
function checkSigner(state: JoinState, group: Group, signerKey: Uint8Array): void {
  if (checkedKeys(state).some(({ key }) => equalBytes(key, signerKey))) return;
  const [terms] = agreedTerms(state) ?? [];
  if (terms === undefined || !equalBytes(terms.signatureKey, signerKey)) {
    throw new Failure("auth", "the Welcome is signed by a key that nobody has vouched for");
  }
  if (state.sponsors === 1) return;
  const others = members(group).filter(({ leaf }) => leaf !== group.ownLeaf);
  const persons = new Set(others.map(({ identity }) => hex(decodeIdentity(identity).person)));
  if (persons.size > 1) {
    throw new Failure("auth", "the first sponsor alone lets us in among several persons");
  }
}

/** Who has vouched, by the labels of their seats, and how we know. Failure `auth` for another label than was claimed. */
function sponsorsIn(state: JoinState, group: Group): readonly Provenance[] {
  const [terms] = agreedTerms(state) ?? [];
  const first = terms && { key: terms.signatureKey, check: "code" as const, claimed: null };
  const seats = members(group);
  return [...(first ? [first] : []), ...checkedKeys(state)].flatMap(({ key, check, claimed }) => {
    const seat = seats.find(({ signatureKey }) => equalBytes(signatureKey, key));
    if (seat === undefined) return [];
    const { label } = decodeIdentity(seat.identity);
    if (claimed !== null && claimed !== label) {
      throw new Failure(
        "auth",
        "a sponsor's seat bears another label than the one it was called by",
      );
    }
    return [{ label, check }];
  });
}
