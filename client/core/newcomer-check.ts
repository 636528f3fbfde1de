import type { Suite } from "#client/crypto/suite.ts";
import { readKeyPackage } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  areSameWords,
  type CheckSubject,
  checkNonceBytes,
  checkWords,
  commitTo,
  readWords,
} from "./check.ts";
import { checkLabel, encodeIdentity } from "./identity.ts";
import { agreedTerms, type JoinState, type OwnCheck, pairingAt, withPairing } from "./newcomer.ts";
import { newcomerKeyPackage } from "./newcomer-keys.ts";
import {
  type Bridged,
  composePairing,
  type Replied,
  repliedSchema,
  sealPairing,
} from "./pairing.ts";
import type { Means, Random } from "./ports.ts";
import { channelGroupRules } from "./rules.ts";

/** A check whose words can be compared: who reads out what our person has to type, and what ours reads. */
export interface Comparison {
  readonly sponsor: Uint8Array;
  readonly by: string;
  readonly say: readonly string[];
}

/** Checks go through the first sponsor: to it the newcomer answers. */
const bridge = 0;

/**
 * A second sponsor begins a check: the newcomer commits, once for each sponsor. Failures `auth` for the
 * first sponsor's own key, `refused` for the same once more or too many.
 */
export function beginCheck(
  state: JoinState,
  { sponsor, label }: Extract<Bridged, { kind: "check" }>,
  { random, suite }: Means,
): JoinState {
  checkLabel(label, "refused");
  const [first] = agreedTerms(state) ?? [];
  if (first !== undefined && equalBytes(first.signatureKey, sponsor)) {
    throw new Failure("auth", "the first sponsor cannot be the second one too");
  }
  if (state.checks.some((check) => equalBytes(check.sponsor, sponsor))) {
    throw new Failure("refused", "check: one sponsor begins it twice");
  }
  if (state.checks.length >= limits.checksMax) {
    throw new Failure("refused", `check: more than ${limits.checksMax} sponsors`);
  }
  const nonce = random(checkNonceBytes);
  const commitment = commitTo(subjectOf(suite, state, sponsor), nonce);
  const check: OwnCheck = { sponsor, label, nonce, answer: null, agreed: false };
  const begun = { ...state, checks: [...state.checks, check] };
  return reply(begun, { v: limits.version, kind: "commitment", sponsor, commitment }, random);
}

/** The sponsor's nonce has come: ours is shown, and both sides have their words. Failure `refused`. */
export function answerCheck(
  state: JoinState,
  { sponsor, nonce }: Extract<Bridged, { kind: "nonce" }>,
  random: Random,
): JoinState {
  const check = state.checks.find((one) => equalBytes(one.sponsor, sponsor));
  if (check === undefined || check.answer !== null) {
    throw new Failure("refused", "check: a nonce that nothing asked for");
  }
  const answered = withCheck(state, check, { answer: nonce });
  return reply(
    answered,
    { v: limits.version, kind: "reveal", sponsor, nonce: check.nonce },
    random,
  );
}

/** The checks that wait for our person, in the order in which they began. */
export function openComparisons(suite: Suite, state: JoinState): readonly Comparison[] {
  return state.checks
    .filter(({ answer, agreed }) => answer !== null && !agreed)
    .map((check) => {
      const { sponsor, label: by } = check;
      return { sponsor, by, say: wordsOf(suite, state, check).newcomer };
    });
}

/**
 * Our person has typed what a sponsor read out, whichever of those that wait. Failures: `code-typo` for
 * what cannot be such words, and nothing is spent; `auth` for other words, which ends the join: there
 * is one try.
 */
export function agreeTo(
  state: JoinState,
  typed: readonly string[],
  { random, suite }: Means,
): JoinState {
  const words = readWords(typed);
  const check = state.checks.find((one) => {
    return one.answer !== null && areSameWords(words, wordsOf(suite, state, one).sponsor);
  });
  if (check === undefined) {
    throw new Failure("auth", "the words differ: somebody stands between, or one was misheard");
  }
  if (check.agreed) return state;
  const { sponsor } = check;
  const agreed = withCheck(state, check, { agreed: true });
  return reply(agreed, { v: limits.version, kind: "agreed", sponsor }, random);
}

function withCheck(state: JoinState, check: OwnCheck, change: Partial<OwnCheck>): JoinState {
  const checks = state.checks.map((one) => (one === check ? { ...one, ...change } : one));
  return { ...state, checks };
}

function wordsOf(suite: Suite, state: JoinState, check: OwnCheck) {
  if (check.answer === null) throw new Failure("vault-damaged", "join: a nonce is missing");
  const nonces = { newcomer: check.nonce, sponsor: check.answer };
  return checkWords(subjectOf(suite, state, check.sponsor), nonces);
}

function subjectOf(suite: Suite, state: JoinState, sponsorKey: Uint8Array): CheckSubject {
  const [terms] = agreedTerms(state) ?? [];
  if (terms === undefined) throw new Failure("vault-damaged", "join: terms are missing");
  const { label, person, group } = terms;
  const identity = encodeIdentity({ label, person });
  const { keyPackage } = newcomerKeyPackage(suite, state.seed, identity, state.declaration);
  const { ref } = readKeyPackage(suite, keyPackage, channelGroupRules);
  return { group, keyPackage: ref, sponsorKey };
}

function reply(state: JoinState, body: Replied, random: Random): JoinState {
  const { keys, posts } = pairingAt(state, bridge);
  if (keys === null) throw new Failure("vault-damaged", "join: keys are missing");
  const place = { role: "newcomer", index: posts.length } as const;
  const sealed = sealPairing(keys, place, composePairing(repliedSchema, body), random);
  return withPairing(state, bridge, {}, sealed);
}
