import { z } from "zod";
import type { Suite } from "#client/crypto/suite.ts";
import { readKeyPackage } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { sideBytes } from "#shared/rendezvous.ts";
import { checkNonceBytes } from "./check.ts";
import type { Code } from "./code.ts";
import type { Declaration } from "./declaration.ts";
import { count, fixed, upTo, version } from "./field.ts";
import { checkLabel, encodeIdentity, personBytes } from "./identity.ts";
import { newcomerKeyPackage } from "./newcomer-keys.ts";
import {
  answerSchema,
  checkConfirmation,
  composePairing,
  confirmation,
  confirmSchema,
  finishPairing,
  greetingSchema,
  hashKeys,
  hashTerms,
  offerSchema,
  openPairing,
  pairingInput,
  pairingKeysSchema,
  pairingNonceBytes,
  parsePairing,
  requestSchema,
  sealPairing,
  startPairing,
  type Terms,
  termsSchema,
} from "./pairing.ts";
import type { Means, Random } from "./ports.ts";
import { channelGroupRules } from "./rules.ts";

/** One code's way from nameplate to terms, at the newcomer. Every post is saved before it is made. */
const pairingSchema = z.strictObject({
  side: fixed(sideBytes),
  nameplate: z.string(),
  /** The words; null once they have served for their one guess. */
  secret: z.string().nullable(),
  posts: z.array(upTo(limits.rendezvousBodyBytesMax)),
  received: count,
  exchange: z
    .strictObject({ sid: upTo(256), scalar: fixed(32), share: fixed(32), keys: fixed(32) })
    .nullable(),
  keys: pairingKeysSchema.nullable(),
  /** What the sponsor has bound itself to: a hash that its terms must open. */
  seal: fixed(32).nullable(),
  terms: termsSchema.nullable(),
});
export type Pairing = z.infer<typeof pairingSchema>;

/** A second sponsor's check, by its leaf key. */
const checkSchema = z.strictObject({
  sponsor: fixed(32),
  label: z.string(),
  nonce: fixed(checkNonceBytes),
  /** The sponsor's; null until it has come. */
  answer: fixed(checkNonceBytes).nullable(),
  /** Whether our person has typed the words that the sponsor read out. */
  agreed: z.boolean(),
});
export type OwnCheck = z.infer<typeof checkSchema>;

/** A join as it is kept in the newcomer's vault. */
export const joinSchema = z.strictObject({
  v: version,
  channelId: z.string(),
  name: z.string(),
  relay: z.string(),
  /** All keys of the KeyPackage come from this seed, so that they can be bound before its label is known. */
  seed: fixed(32),
  /** Persons that the newcomer expects to vouch: with 2 no sponsor alone lets it in among several. */
  sponsors: z.union([z.literal(1), z.literal(2)]),
  /** What this client says about itself. */
  declaration: z.strictObject({ archives: z.boolean() }),
  /** One for each code. */
  pairings: z.array(pairingSchema).min(1).max(2),
  checks: z.array(checkSchema).max(limits.checksMax),
});
export type JoinState = z.infer<typeof joinSchema>;

export function newJoin(parts: {
  readonly codes: readonly Code[];
  readonly sponsors: 1 | 2;
  readonly declaration: Declaration;
  readonly name: string;
  readonly relay: string;
  readonly channelId: string;
  readonly random: Random;
}): JoinState {
  const { codes, sponsors, declaration, name, relay, channelId, random } = parts;
  const pairings = codes.map(({ nameplate, secret }) => ({
    side: random(sideBytes),
    nameplate,
    secret,
    posts: [],
    received: 0,
    exchange: null,
    keys: null,
    seal: null,
    terms: null,
  }));
  const v = limits.version;
  const seed = random(32);
  return { v, channelId, name, relay, seed, sponsors, declaration, pairings, checks: [] };
}

/** The join with another state of one pairing, and these posts added to it. */
export function withPairing(
  state: JoinState,
  at: number,
  change: Partial<Pairing>,
  ...posts: readonly Uint8Array[]
): JoinState {
  const pairings = state.pairings.map((pairing, index) => {
    return index === at ? { ...pairing, ...change, posts: [...pairing.posts, ...posts] } : pairing;
  });
  return { ...state, pairings };
}

export function pairingAt(state: JoinState, at: number): Pairing {
  const pairing = state.pairings[at];
  if (pairing === undefined) throw new Failure("vault-damaged", "join: a pairing is missing");
  return pairing;
}

/** The terms of all sponsors, once each has named its own. */
export function agreedTerms(state: JoinState): readonly [Terms, ...Terms[]] | null {
  const all = state.pairings.flatMap(({ terms }) => (terms === null ? [] : [terms]));
  const [first, ...others] = all;
  return first === undefined || all.length < state.pairings.length ? null : [first, ...others];
}

/**
 * Takes in a sponsor's message up to its terms; the KeyPackage goes out once every sponsor has named
 * them. Failures: `auth` when the code was missed or the sponsors do not agree, `malformed`,
 * `integrity`, `refused`, `usage`; each ends the join.
 */
export function pairWith(state: JoinState, at: number, body: Uint8Array, means: Means): JoinState {
  const { received } = pairingAt(state, at);
  const counted = withPairing(state, at, { received: received + 1 });
  if (received === 0) return offer(counted, at, body, means);
  if (received === 1) return confirm(counted, at, body);
  return request(takeTerms(counted, at, body), means);
}

function boundKeys(suite: Suite, seed: Uint8Array): Uint8Array {
  const draft = encodeIdentity({ label: "", person: new Uint8Array(personBytes) });
  const { keyPackage } = newcomerKeyPackage(suite, seed, draft, { archives: false });
  return hashKeys(readKeyPackage(suite, keyPackage, channelGroupRules));
}

function offer(
  state: JoinState,
  at: number,
  body: Uint8Array,
  { random, suite }: Means,
): JoinState {
  const { nonce: sponsorNonce } = parsePairing(greetingSchema, body);
  const { nameplate, secret } = pairingAt(state, at);
  if (secret === null) throw new Failure("auth", "the code is burned");
  const nonce = random(pairingNonceBytes);
  const nonces = { sponsor: sponsorNonce, newcomer: nonce };
  const input = pairingInput({ nameplate, secret }, nonces);
  const { scalar, share } = startPairing(input, random);
  const keys = boundKeys(suite, state.seed);
  const exchange = { sid: input.sid, scalar, share, keys };
  const post = composePairing(offerSchema, { v: limits.version, nonce, share, keys });
  return withPairing(state, at, { secret: null, exchange }, post);
}

function confirm(state: JoinState, at: number, body: Uint8Array): JoinState {
  const { exchange } = pairingAt(state, at);
  if (exchange === null) throw new Failure("vault-damaged", "join: the exchange is missing");
  const reply = parsePairing(answerSchema, body);
  const keys = finishPairing({
    role: "newcomer",
    sid: exchange.sid,
    // finishPairing wipes it; the state that is still saved keeps its own.
    scalar: exchange.scalar.slice(),
    shares: { sponsor: reply.share, newcomer: exchange.share },
    bound: { sponsor: reply.seal, newcomer: exchange.keys },
  });
  checkConfirmation(keys, "sponsor", exchange.sid, reply.confirm);
  const proof = confirmation(keys, "newcomer", exchange.sid);
  const post = composePairing(confirmSchema, { v: limits.version, confirm: proof });
  return withPairing(state, at, { exchange: null, keys, seal: reply.seal }, post);
}

function takeTerms(state: JoinState, at: number, body: Uint8Array): JoinState {
  const { keys, seal } = pairingAt(state, at);
  if (keys === null || seal === null) throw new Failure("vault-damaged", "join: keys are missing");
  const terms = parsePairing(termsSchema, openPairing(keys, { role: "sponsor", index: 2 }, body));
  if (!equalBytes(hashTerms(terms), seal)) {
    throw new Failure("auth", "the sponsor names another group or key than the code vouched for");
  }
  checkLabel(terms.label, "refused");
  return withPairing(state, at, { terms });
}

/** The same KeyPackage for every sponsor, once all have said the same. */
function request(state: JoinState, { random, suite }: Means): JoinState {
  const all = agreedTerms(state);
  if (all === null) return state;
  const [first, ...others] = all;
  for (const terms of others) checkSecond(first, terms);
  refuseEarly(state, first);
  const { label, person } = first;
  const identity = encodeIdentity({ label, person });
  const { keyPackage } = newcomerKeyPackage(suite, state.seed, identity, state.declaration);
  const composed = composePairing(requestSchema, { v: limits.version, keyPackage });
  return state.pairings.reduce((next, { keys, posts }, at) => {
    if (keys === null) throw new Failure("vault-damaged", "join: keys are missing");
    const index = posts.length;
    const sealed = sealPairing(keys, { role: "newcomer", index }, composed, random);
    return withPairing(next, at, {}, sealed);
  }, state);
}

function checkSecond(first: Terms, second: Terms): void {
  const isSame =
    first.label === second.label &&
    equalBytes(first.person, second.person) &&
    equalBytes(first.group, second.group);
  if (!isSame) throw new Failure("auth", "the two sponsors name different channels or labels");
  if (equalBytes(first.signatureKey, second.signatureKey)) {
    throw new Failure("auth", "both codes are of one sponsor");
  }
}

/**
 * What cannot end well is refused before a seat is taken. It is only the sponsor's word: what counts is
 * judged at the Welcome.
 */
function refuseEarly({ sponsors, pairings }: JoinState, { persons, needed, check }: Terms): void {
  if (needed === 1 && persons > 1 && sponsors === 2) {
    throw new Failure("refused", "one person alone lets newcomers into this channel");
  }
  if (needed > 1 && check === "two-codes" && pairings.length < 2) {
    throw new Failure("usage", "this channel asks for a code from each of two sponsors");
  }
}
