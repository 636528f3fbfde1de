import { z } from "zod";
import { signingKeyPair, signingPublicBytes, signingSeedBytes } from "#client/crypto/signing.ts";
import {
  encodedContext,
  type Group,
  member,
  members,
  unsafeSignatureSeed,
} from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { count, fixed, leafIndex, timeMs, upTo, version } from "./field.ts";
import { decodeIdentity } from "./identity.ts";

/** Octets of an encoded GroupContext: group id, two hashes and the policy. */
const contextBytesMax = 1_024;

/** A former key of the own leaf that waits for its release. */
const ownKeySchema = z.strictObject({
  /** The last epoch whose tree had it. */
  epoch: count,
  publicKey: fixed(signingPublicBytes),
  seed: fixed(signingSeedBytes),
  /** No release before: somebody outside may still take its signature for a sponsor's. */
  notBefore: timeMs,
  /** When it may go; null while some seat has not spoken since. */
  readyAt: timeMs.nullable(),
});

const formerKeySchema = z.strictObject({
  leaf: leafIndex,
  label: z.string(),
  epoch: count,
  publicKey: fixed(signingPublicBytes),
  /** The encoded GroupContext of that epoch, which every signature of it covers. Holds no secret. */
  context: upTo(contextBytesMax),
  /** The secret half, once its owner has released it. */
  seed: fixed(signingSeedBytes).nullable(),
});
/** A signature key that was a seat's until it renewed it. */
export type FormerKey = z.infer<typeof formerKeySchema>;

/** Signature keys that are in no tree any more; the record `retired` of a channel. */
export const retiredSchema = z.strictObject({
  v: version,
  /** Newcomers who were shown the own current key and have not come in. */
  promises: count,
  own: z.array(ownKeySchema).max(limits.retiredKeysMax),
  known: z.array(formerKeySchema).max(limits.knownKeysMax),
});
export type Retired = z.infer<typeof retiredSchema>;

export const nothingRetired: Retired = { v: limits.version, promises: 0, own: [], known: [] };

/** Notes whose keys an epoch's end has retired, and keeps the own one. `dropped`: seeds for which there is no room. */
export function retireKeys(
  retired: Retired,
  change: {
    readonly before: Group;
    readonly after: Group;
    readonly now: number;
    /** Newcomers who hold the own next key to its word already. */
    readonly holds: number;
  },
): { readonly retired: Retired; readonly dropped: readonly Uint8Array[] } {
  const { before, after, now, holds } = change;
  const epoch = Number(before.epoch);
  const gone = members(before).filter((seat) => {
    const stays = member(after, seat.leaf);
    if (stays === null || !equalBytes(stays.identity, seat.identity)) return false;
    return !equalBytes(stays.signatureKey, seat.signatureKey);
  });
  const known = gone.map(({ leaf, identity, signatureKey }): FormerKey => {
    const { label } = decodeIdentity(identity);
    const context = encodedContext(before);
    return { leaf, label, epoch, publicKey: signatureKey, context, seed: null };
  });
  const next = { ...retired, known: [...retired.known, ...known].slice(-limits.knownKeysMax) };
  const mine = gone.find(({ leaf }) => leaf === before.ownLeaf);
  if (mine === undefined) return { retired: next, dropped: [] };
  const own = {
    epoch,
    publicKey: mine.signatureKey,
    // A copy: the group's own is wiped with its epoch.
    seed: unsafeSignatureSeed(before),
    notBefore: retired.promises === 0 ? 0 : now + limits.promiseMsMax,
    readyAt: null,
  };
  const all = [...retired.own, own];
  const kept = all.slice(-limits.retiredKeysMax);
  return {
    retired: { ...next, own: kept, promises: holds },
    dropped: all.slice(0, all.length - kept.length).map(({ seed }) => seed),
  };
}

/** Takes in the secret half of a key that a leaf once had; null when it never had it, as far as is known. */
export function learnSeed(retired: Retired, leaf: number, seed: Uint8Array): Retired | null {
  const { publicKey, secretKey } = signingKeyPair(seed);
  secretKey.fill(0);
  const isOf = (key: FormerKey) => key.leaf === leaf && equalBytes(key.publicKey, publicKey);
  if (!retired.known.some(isOf)) return null;
  return { ...retired, known: retired.known.map((key) => (isOf(key) ? { ...key, seed } : key)) };
}

/** What stays when the seat is gone: what everybody has; the secrets that nobody has are named as spent. */
export function forgetUnreleased(retired: Retired): {
  readonly retired: Retired;
  readonly spent: readonly Uint8Array[];
} {
  const known = retired.known.filter(({ seed }) => seed !== null);
  return {
    retired: { ...nothingRetired, known },
    spent: retired.own.map(({ seed }) => seed),
  };
}
