import { z } from "zod";
import { xwingSuite } from "#client/crypto/suite.ts";
import { readKeyPackage } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { sideBytes } from "#shared/rendezvous.ts";
import { drawSecret } from "./code.ts";
import { count, fixed, timeMs, upTo, version } from "./field.ts";
import { decodeIdentity, personBytes } from "./identity.ts";
import {
  admissionSchema,
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
  termsSchema,
} from "./pairing.ts";
import type { Random } from "./ports.ts";
import { channelGroupRules } from "./rules.ts";
import type { Grant } from "./state.ts";

/** A sponsor's side of a join, as it is kept in the vault. Every post is saved before it is made. */
export const invitationSchema = z.strictObject({
  v: version,
  id: z.string(),
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
});
export type InvitationState = z.infer<typeof invitationSchema>;

export function newInvitation(parts: {
  readonly id: string;
  readonly channelId: string;
  readonly label: string;
  readonly expiresAt: number;
  readonly random: Random;
}): InvitationState {
  const { id, channelId, label, expiresAt, random } = parts;
  const nonce = random(pairingNonceBytes);
  return {
    v: limits.version,
    id,
    channelId,
    label,
    expiresAt,
    side: random(sideBytes),
    nameplate: null,
    secret: drawSecret(random),
    nonce,
    person: random(personBytes),
    posts: [composePairing(greetingSchema, { v: limits.version, nonce })],
    received: 0,
    sid: null,
    keys: null,
    newcomerKeys: null,
    terms: null,
    keyPackage: null,
  };
}

/** The seat that vouches: what the newcomer will demand of the Welcome. */
export interface Sponsor {
  readonly group: Uint8Array;
  readonly signatureKey: Uint8Array;
}

/**
 * Takes in the newcomer's next message. Failures: `auth` when the code was missed, `malformed`,
 * `integrity` or `refused` for what no honest newcomer sends; each ends the invitation.
 */
export function hearNewcomer(
  state: InvitationState,
  body: Uint8Array,
  sponsor: Sponsor,
  random: Random,
): InvitationState {
  const counted = { ...state, received: state.received + 1 };
  switch (state.received) {
    case 0:
      return answer(counted, body, sponsor, random);
    case 1:
      return offerTerms(counted, body, random);
    case 2:
      return takeKeyPackage(counted, body);
    default:
      throw new Failure("refused", "rendezvous: the newcomer says more than it has to");
  }
}

/** The one guess: from here on the words are gone, and a second offer is refused. */
function answer(
  state: InvitationState,
  body: Uint8Array,
  { group, signatureKey }: Sponsor,
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
    group,
    signatureKey,
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

function takeKeyPackage(state: InvitationState, body: Uint8Array): InvitationState {
  const { keys, newcomerKeys } = needKeys(state);
  const opened = openPairing(keys, { role: "newcomer", index: 2 }, body);
  const { keyPackage } = parsePairing(requestSchema, opened);
  const view = readKeyPackage(xwingSuite, keyPackage, channelGroupRules);
  if (!equalBytes(hashKeys(view), newcomerKeys)) {
    throw new Failure("auth", "the KeyPackage has other keys than the code vouched for");
  }
  const { label, person } = decodeIdentity(view.identity);
  if (label !== state.label || !equalBytes(person, state.person)) {
    throw new Failure("refused", "the KeyPackage bears another label than the sponsor chose");
  }
  return { ...state, keyPackage };
}

/** Index of the sponsor's post that carries the Welcome: the last one. */
export const welcomeIndex = 3;

/** The commit has won: the Welcome may go out. Doing it twice changes nothing. */
export function deliverWelcome(
  state: InvitationState,
  grant: Grant,
  admittedBy: readonly string[],
  random: Random,
): InvitationState {
  const { keys } = needKeys(state);
  const index = welcomeIndex;
  if (state.posts.length > index) return state;
  const { welcome, previous } = grant;
  const body = { v: limits.version, welcome, previous, admittedBy: [...admittedBy] };
  const composed = composePairing(admissionSchema, body);
  const sealed = sealPairing(keys, { role: "sponsor", index }, composed, random);
  return { ...state, posts: [...state.posts, sealed] };
}
