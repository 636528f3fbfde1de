import { z } from "zod";
import { expand } from "#client/crypto/hkdf.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  createKeyPackage,
  type Group,
  joinGroup,
  members,
  type OwnKeyPackage,
  readKeyPackage,
} from "#client/mls/group.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { sideBytes } from "#shared/rendezvous.ts";
import type { Code } from "./code.ts";
import { count, fixed, upTo, version } from "./field.ts";
import { checkLabel, decodeIdentity, encodeIdentity, personBytes } from "./identity.ts";
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
import { decodePolicy } from "./policy.ts";
import type { Random } from "./ports.ts";
import { channelExtensions, channelGroupRules } from "./rules.ts";

/** A newcomer's side of a join, as it is kept in the vault. Every post is saved before it is made. */
export const joinSchema = z.strictObject({
  v: version,
  channelId: z.string(),
  name: z.string(),
  relay: z.string(),
  side: fixed(sideBytes),
  nameplate: z.string(),
  /** The words; null once they have served for their one guess. */
  secret: z.string().nullable(),
  /** All keys of the KeyPackage come from this seed, so that they can be bound before its label is known. */
  seed: fixed(32),
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
export type JoinState = z.infer<typeof joinSchema>;

export function newJoin(parts: {
  readonly code: Code;
  readonly name: string;
  readonly relay: string;
  readonly channelId: string;
  readonly random: Random;
}): JoinState {
  const { code, name, relay, channelId, random } = parts;
  return {
    v: limits.version,
    channelId,
    name,
    relay,
    side: random(sideBytes),
    nameplate: code.nameplate,
    secret: code.secret,
    seed: random(32),
    posts: [],
    received: 0,
    exchange: null,
    keys: null,
    seal: null,
    terms: null,
  };
}

/** What came of a sponsor's message: the next state, and at the end the group that was entered. */
export interface Heard {
  readonly state: JoinState;
  readonly entered: Entered | null;
}

export interface Entered {
  readonly group: Group;
  readonly previous: Uint8Array | null;
  readonly admittedBy: readonly string[];
  readonly spent: readonly Uint8Array[];
}

/**
 * Takes in the sponsor's next message. Failures: `auth` when the code was missed or the sponsor is not
 * who it said it was, `malformed`, `integrity`, `refused`; each ends the join.
 */
export function hearSponsor(state: JoinState, body: Uint8Array, random: Random): Heard {
  const counted = { ...state, received: state.received + 1 };
  switch (state.received) {
    case 0:
      return { state: offer(counted, body, random), entered: null };
    case 1:
      return { state: confirm(counted, body), entered: null };
    case 2:
      return { state: request(counted, body, random), entered: null };
    case 3:
      return { state: counted, entered: enter(counted, body) };
    default:
      throw new Failure("refused", "rendezvous: the sponsor says more than it has to");
  }
}

/** The own KeyPackage under an identity; its keys depend on the seed alone. */
function ownKeyPackage(seed: Uint8Array, identity: Uint8Array): OwnKeyPackage {
  let draws = 0;
  const random: Random = (bytes) => {
    const info = concat(utf8("Backchannel v1 newcomer keys\0"), Uint8Array.of(draws++));
    return expand("sha512", seed, info, bytes);
  };
  const extensionTypes = [...channelExtensions];
  return createKeyPackage({ suite: xwingSuite, identity, extensionTypes, random });
}

function boundKeys(seed: Uint8Array): Uint8Array {
  const draft = encodeIdentity({ label: "", person: new Uint8Array(personBytes) });
  const { keyPackage } = ownKeyPackage(seed, draft);
  return hashKeys(readKeyPackage(xwingSuite, keyPackage, channelGroupRules));
}

function offer(state: JoinState, body: Uint8Array, random: Random): JoinState {
  const { nonce: sponsorNonce } = parsePairing(greetingSchema, body);
  const { nameplate, secret, seed } = state;
  if (secret === null) throw new Failure("auth", "the code is burned");
  const nonce = random(pairingNonceBytes);
  const nonces = { sponsor: sponsorNonce, newcomer: nonce };
  const input = pairingInput({ nameplate, secret }, nonces);
  const { scalar, share } = startPairing(input, random);
  const keys = boundKeys(seed);
  return {
    ...state,
    secret: null,
    exchange: { sid: input.sid, scalar, share, keys },
    posts: [composePairing(offerSchema, { v: limits.version, nonce, share, keys })],
  };
}

function confirm(state: JoinState, body: Uint8Array): JoinState {
  const { exchange } = state;
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
  return {
    ...state,
    exchange: null,
    keys,
    seal: reply.seal,
    posts: [...state.posts, composePairing(confirmSchema, { v: limits.version, confirm: proof })],
  };
}

function request(state: JoinState, body: Uint8Array, random: Random): JoinState {
  const { keys, seal, seed } = state;
  if (keys === null || seal === null) throw new Failure("vault-damaged", "join: keys are missing");
  const terms = parsePairing(termsSchema, openPairing(keys, { role: "sponsor", index: 2 }, body));
  if (!equalBytes(hashTerms(terms), seal)) {
    throw new Failure("auth", "the sponsor names another group or key than the code vouched for");
  }
  checkLabel(terms.label, "refused");
  const { keyPackage } = ownKeyPackage(
    seed,
    encodeIdentity({ label: terms.label, person: terms.person }),
  );
  const index = state.posts.length;
  const composed = composePairing(requestSchema, { v: limits.version, keyPackage });
  const sealed = sealPairing(keys, { role: "newcomer", index }, composed, random);
  return { ...state, terms, posts: [...state.posts, sealed] };
}

/** Enters only the group that the code vouched for, by a Welcome that the sponsor's own key has signed. */
function enter(state: JoinState, body: Uint8Array): Entered {
  const { keys, terms, seed } = state;
  if (keys === null || terms === null)
    throw new Failure("vault-damaged", "join: terms are missing");
  const opened = openPairing(keys, { role: "sponsor", index: 3 }, body);
  const { welcome, previous, admittedBy } = parsePairing(admissionSchema, opened);
  const { keyPackage, secrets } = ownKeyPackage(
    seed,
    encodeIdentity({ label: terms.label, person: terms.person }),
  );
  const { group, spent } = joinGroup({
    suite: xwingSuite,
    rules: channelGroupRules,
    welcome,
    keyPackage,
    secrets,
    expected: { groupId: terms.group, signerKey: terms.signatureKey },
  });
  decodePolicy(group.extensions);
  checkSeats(group);
  for (const label of admittedBy) checkLabel(label, "refused");
  return { group, previous, admittedBy, spent };
}

/**
 * Refuses a group that no honest channel comes to: identities that cannot be shown, two seats of one
 * label, more seats or epochs than a channel has. Failures `refused`, `malformed`.
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
}
