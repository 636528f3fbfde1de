import { sha256, sha512 } from "#client/crypto/hash.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { readWord } from "./code.ts";
import { wordsFrom } from "./words.ts";

/*
 * The short authentication string between a newcomer and a sponsor who has given no code. What lies
 * between them, the first sponsor and the relay, may change every message. The newcomer is bound by its
 * commitment before it sees the sponsor's nonce, and the sponsor's nonce is out before the newcomer's
 * is shown: whoever stands between has one try and learns its outcome from a person.
 */

/** Words that each side reads aloud: 31 bits, for one try. */
export const wordsAloud = 3;

/** Octets of either side's nonce. */
export const checkNonceBytes = 32;

/** What a check is about: the channel's group id, the newcomer's KeyPackageRef, the sponsor's leaf key. */
export interface CheckSubject {
  readonly group: Uint8Array;
  readonly keyPackage: Uint8Array;
  readonly sponsorKey: Uint8Array;
}

const commitmentLabel = utf8("Backchannel v1 check commitment\0");
const wordsLabel = utf8("Backchannel v1 check words\0");

/** SHA-256(label ‖ CBOR {group, keyPackage, sponsorKey, nonce}): what the newcomer says first. */
export function commitTo(subject: CheckSubject, nonce: Uint8Array): Uint8Array {
  const { group, keyPackage, sponsorKey } = subject;
  return sha256(concat(commitmentLabel, encodeCbor({ group, keyPackage, sponsorKey, nonce })));
}

/** Whether a nonce opens a commitment to exactly this subject. */
export function opensTo(commitment: Uint8Array, subject: CheckSubject, nonce: Uint8Array): boolean {
  return equalBytes(commitTo(subject, nonce), commitment);
}

/** Who reads what aloud; the other one types it. */
export interface CheckWords {
  readonly newcomer: readonly string[];
  readonly sponsor: readonly string[];
}

/**
 * Both sides' words, from SHA-512(label ‖ CBOR {group, keyPackage, sponsorKey, newcomerNonce,
 * sponsorNonce}): `count` words for each, at most 8.
 */
export function checkWords(
  subject: CheckSubject,
  nonces: { readonly newcomer: Uint8Array; readonly sponsor: Uint8Array },
  count: number = wordsAloud,
): CheckWords {
  const { group, keyPackage, sponsorKey } = subject;
  const hashed = sha512(
    concat(
      wordsLabel,
      encodeCbor({
        group,
        keyPackage,
        sponsorKey,
        newcomerNonce: nonces.newcomer,
        sponsorNonce: nonces.sponsor,
      }),
    ),
  );
  const words = wordsFrom(hashed, 2 * count);
  return { newcomer: words.slice(0, count), sponsor: words.slice(count) };
}

/**
 * The words that a person typed: any case, whole or by their first three letters or more. Failure
 * `code-typo` for what cannot be such words; the one try is not spent then.
 */
export function readWords(typed: readonly string[]): string[] {
  if (typed.length !== wordsAloud) {
    throw new Failure("code-typo", `${wordsAloud} words are read aloud, not ${typed.length}`);
  }
  return typed.map((word, at) => readWord(word.trim(), at + 1));
}

/** Whether the words that were read out are the ones expected. */
export function areSameWords(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, at) => word === other[at]);
}
