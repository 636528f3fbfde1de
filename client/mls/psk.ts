import { wipe } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import {
  encode,
  malformed,
  putU8,
  putU16,
  putU64,
  putVector,
  type Reader,
  takeU8,
  takeU64,
  takeVector,
  type Writer,
} from "./codec.ts";
import { expandWithLabel } from "./labelled.ts";

/** PreSharedKeyID (RFC 9420 section 8.4). Channels use none; the official vectors do. */
export type PskId =
  | { readonly kind: "external"; readonly id: Uint8Array; readonly nonce: Uint8Array }
  | {
      readonly kind: "resumption";
      readonly usage: number;
      readonly groupId: Uint8Array;
      readonly epoch: bigint;
      readonly nonce: Uint8Array;
    };

/** Finds a pre-shared key; null when it is not known. */
export type PskSource = (id: PskId) => Uint8Array | null;

export function putPskId(to: Writer, psk: PskId): void {
  if (psk.kind === "external") {
    putU8(to, 1);
    putVector(to, psk.id);
  } else {
    putU8(to, 2);
    putU8(to, psk.usage);
    putVector(to, psk.groupId);
    putU64(to, psk.epoch);
  }
  putVector(to, psk.nonce);
}

export function takePskId(from: Reader): PskId {
  const kind = takeU8(from);
  if (kind === 1) return { kind: "external", id: takeVector(from), nonce: takeVector(from) };
  if (kind !== 2) throw malformed(from, "unknown PSK type");
  const usage = takeU8(from);
  if (usage < 1 || usage > 3) throw malformed(from, "unknown PSK usage");
  return {
    kind: "resumption",
    usage,
    groupId: takeVector(from),
    epoch: takeU64(from),
    nonce: takeVector(from),
  };
}

/** psk_secret (section 8.4): all zero for an empty list. Throws `refused` for an unknown key. */
export function pskSecret(suite: Suite, ids: readonly PskId[], find: PskSource): Uint8Array {
  const zero = new Uint8Array(suite.hashBytes);
  let secret: Uint8Array = zero;
  for (const [index, id] of ids.entries()) {
    const psk = find(id);
    if (psk === null) throw new Failure("refused", `commit: ${id.kind} PSK is not known`);
    const extracted = suite.extract(zero, psk);
    const label = encode((to: Writer) => {
      putPskId(to, id);
      putU16(to, index);
      putU16(to, ids.length);
    }, null);
    const input = expandWithLabel(suite, extracted, "derived psk", label, suite.hashBytes);
    secret = suite.extract(input, secret);
    wipe(extracted, input);
  }
  return secret;
}
