import { z } from "zod";
import type { Suite } from "#client/crypto/suite.ts";
import { readKeyPackage } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { sideBytes } from "#shared/rendezvous.ts";
import { checkNonceBytes } from "./check.ts";
import { drawSecret } from "./code.ts";
import { decodeDeclaration } from "./declaration.ts";
import { count, fixed, leafIndex, timeMs, upTo, version } from "./field.ts";
import { decodeIdentity, personBytes } from "./identity.ts";
import {
  answerSchema,
  type Bridged,
  bridgedSchema,
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
  type Replied,
  repliedSchema,
  requestSchema,
  sealPairing,
  startPairing,
  type Terms,
  termsSchema,
} from "./pairing.ts";
import type { Means, Random } from "./ports.ts";
import { channelGroupRules } from "./rules.ts";

/** What the newcomer has said of one second sponsor's check: passed on into the channel (bridge.ts). */
const relayedSchema = z.strictObject({
  /** The second sponsor's leaf key, and its leaf. */
  sponsor: fixed(32),
  leaf: leafIndex,
  isAnswered: z.boolean(),
  commitment: fixed(32).nullable(),
  reveal: fixed(checkNonceBytes).nullable(),
  agreed: z.boolean(),
});
export type Relayed = z.infer<typeof relayedSchema>;

/** A sponsor's side of a join, as it is kept in the vault. Every post is saved before it is made. */
export const invitationSchema = z.strictObject({
  v: version,
  id: z.string(),
  /** The motion to let this newcomer in: the own one, or the one for which this is the second code. */
  motion: z.string(),
  isSecond: z.boolean(),
  channelId: z.string(),
  label: z.string(),
  expiresAt: timeMs,
  side: fixed(sideBytes),
  nameplate: z.string().nullable(),
  /** The words; null once they have served for their one guess. */
  secret: z.string().nullable(),
  nonce: fixed(pairingNonceBytes),
  person: fixed(personBytes),
  /** Own posts in order: posted again after a crash, byte for byte. */
  posts: z.array(upTo(limits.rendezvousBodyBytesMax)),
  /** Messages of the newcomer that were taken in. */
  received: count,
  sid: upTo(256).nullable(),
  keys: pairingKeysSchema.nullable(),
  newcomerKeys: fixed(32).nullable(),
  terms: termsSchema.nullable(),
  keyPackage: upTo(1 << 16).nullable(),
  relayed: z.array(relayedSchema).max(limits.checksMax),
  /** Nothing more is posted: the Welcome or the end has gone out. */
  isClosed: z.boolean(),
});
export type InvitationState = z.infer<typeof invitationSchema>;

export function newInvitation(parts: {
  readonly id: string;
  readonly channelId: string;
  readonly label: string;
  readonly expiresAt: number;
  /** The person who is to have a further seat, or the one whom a first code names; else a new one. */
  readonly person?: Uint8Array;
  /** For a second code: the motion that it serves. */
  readonly motion?: string;
  readonly random: Random;
}): InvitationState {
  const { id, channelId, label, expiresAt, person, motion, random } = parts;
  const nonce = random(pairingNonceBytes);
  return {
    v: limits.version,
    id,
    motion: motion ?? id,
    isSecond: motion !== undefined,
    channelId,
    label,
    expiresAt,
    side: random(sideBytes),
    nameplate: null,
    secret: drawSecret(random),
    nonce,
    person: person ?? random(personBytes),
    posts: [composePairing(greetingSchema, { v: limits.version, nonce })],
    received: 0,
    sid: null,
    keys: null,
    newcomerKeys: null,
    terms: null,
    keyPackage: null,
    relayed: [],
    isClosed: false,
  };
}

/** The seat that vouches, and what it tells of its channel. */
export type Sponsor = Pick<Terms, "group" | "signatureKey" | "persons" | "needed" | "check">;

/**
 * Takes in the newcomer's next message. Failures: `auth` when the code was missed, `malformed`,
 * `integrity` or `refused` for what no honest newcomer sends; each ends the invitation.
 */
export function hearNewcomer(
  state: InvitationState,
  body: Uint8Array,
  sponsor: Sponsor,
  { random, suite }: Means,
): InvitationState {
  const counted = { ...state, received: state.received + 1 };
  switch (state.received) {
    case 0:
      return answer(counted, body, sponsor, random);
    case 1:
      return offerTerms(counted, body, random);
    case 2:
      return takeKeyPackage(suite, counted, body);
    default:
      return takeReply(counted, body);
  }
}

/** The one guess: from here on the words are gone, and a second offer is refused. */
function answer(
  state: InvitationState,
  body: Uint8Array,
  sponsor: Sponsor,
  random: Random,
): InvitationState {
  const offer = parsePairing(offerSchema, body);
  const { nameplate, secret } = state;
  if (nameplate === null || secret === null) throw new Failure("auth", "the code is burned");
  const nonces = { sponsor: state.nonce, newcomer: offer.nonce };
  const input = pairingInput({ nameplate, secret }, nonces);
  const started = startPairing(input, random);
  const blind = random(32);
  const terms = {
    v: limits.version,
    label: state.label,
    person: state.person,
    ...sponsor,
    blind,
  };
  const seal = hashTerms(terms);
  const keys = finishPairing({
    role: "sponsor",
    sid: input.sid,
    scalar: started.scalar,
    shares: { sponsor: started.share, newcomer: offer.share },
    bound: { sponsor: seal, newcomer: offer.keys },
  });
  const confirm = confirmation(keys, "sponsor", input.sid);
  const reply = { v: limits.version, share: started.share, seal, confirm };
  return {
    ...state,
    secret: null,
    sid: input.sid,
    keys,
    newcomerKeys: offer.keys,
    terms,
    posts: [...state.posts, composePairing(answerSchema, reply)],
  };
}

function needKeys(state: InvitationState) {
  const { keys, sid, terms, newcomerKeys } = state;
  if (keys === null || sid === null || terms === null || newcomerKeys === null) {
    throw new Failure("vault-damaged", "invitation: keys are missing");
  }
  return { keys, sid, terms, newcomerKeys };
}

function offerTerms(state: InvitationState, body: Uint8Array, random: Random): InvitationState {
  const { keys, sid, terms } = needKeys(state);
  const { confirm } = parsePairing(confirmSchema, body);
  checkConfirmation(keys, "newcomer", sid, confirm);
  const index = state.posts.length;
  const composed = composePairing(termsSchema, terms);
  const sealed = sealPairing(keys, { role: "sponsor", index }, composed, random);
  return { ...state, posts: [...state.posts, sealed] };
}

function takeKeyPackage(suite: Suite, state: InvitationState, body: Uint8Array): InvitationState {
  const { keys, newcomerKeys } = needKeys(state);
  const opened = openPairing(keys, { role: "newcomer", index: 2 }, body);
  const { keyPackage } = parsePairing(requestSchema, opened);
  const view = readKeyPackage(suite, keyPackage, channelGroupRules);
  if (!equalBytes(hashKeys(view), newcomerKeys)) {
    throw new Failure("auth", "the KeyPackage has other keys than the code vouched for");
  }
  const { label, person } = decodeIdentity(view.identity);
  if (label !== state.label || !equalBytes(person, state.person)) {
    throw new Failure("refused", "the KeyPackage bears another label than the sponsor chose");
  }
  decodeDeclaration(view.leafExtensions);
  return { ...state, keyPackage };
}

/** The newcomer's half of a check, each step once. Failure `refused` for what was not asked for. */
function takeReply(state: InvitationState, body: Uint8Array): InvitationState {
  const { keys } = needKeys(state);
  const opened = openPairing(keys, { role: "newcomer", index: state.received - 1 }, body);
  const said = parsePairing(repliedSchema, opened);
  const relayed = state.relayed.find(({ sponsor }) => equalBytes(sponsor, said.sponsor));
  if (relayed === undefined) throw new Failure("refused", "check: the newcomer answers nobody");
  const next = heard(relayed, said);
  return { ...state, relayed: state.relayed.map((one) => (one === relayed ? next : one)) };
}

function heard(relayed: Relayed, said: Replied): Relayed {
  const { commitment, isAnswered, reveal, agreed } = relayed;
  if (said.kind === "commitment" && commitment === null) {
    return { ...relayed, commitment: said.commitment };
  }
  if (said.kind === "reveal" && isAnswered && reveal === null) {
    return { ...relayed, reveal: said.nonce };
  }
  if (said.kind === "agreed" && reveal !== null && !agreed) return { ...relayed, agreed: true };
  throw new Failure("refused", `check: a ${said.kind} that was not asked for`);
}

/** Adds a sealed post for the newcomer. Whatever is said after a Welcome or an end is left out. */
export function sayToNewcomer(
  state: InvitationState,
  body: Bridged,
  random: Random,
): InvitationState {
  if (state.isClosed) return state;
  const { keys } = needKeys(state);
  const place = { role: "sponsor", index: state.posts.length } as const;
  const sealed = sealPairing(keys, place, composePairing(bridgedSchema, body), random);
  const isClosed = body.kind === "welcome" || body.kind === "end";
  return { ...state, isClosed, posts: [...state.posts, sealed] };
}
