import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import {
  encode,
  putList,
  putOptional,
  putU16,
  putU32,
  putVector,
  type Reader,
  takeList,
  takeOptional,
  takeU16,
  takeU32,
  takeVector,
  type Writer,
} from "./codec.ts";
import { type Extension, putExtensions, takeExtensions } from "./extension.ts";
import { type GroupContext, putGroupContext, takeGroupContext } from "./group-context.ts";
import {
  type HpkeCiphertext,
  putHpkeCiphertext,
  signWithLabel,
  takeHpkeCiphertext,
  verifyWithLabel,
} from "./labelled.ts";
import { type PskId, putPskId, takePskId } from "./psk.ts";

/** GroupInfoTBS (RFC 9420 section 12.4.3). */
export interface UnsignedGroupInfo {
  readonly context: GroupContext;
  readonly extensions: readonly Extension[];
  readonly confirmationTag: Uint8Array;
  readonly signer: number;
}

export interface GroupInfo extends UnsignedGroupInfo {
  readonly signature: Uint8Array;
}

/** GroupSecrets (section 12.4.3.1). */
export interface GroupSecrets {
  readonly joinerSecret: Uint8Array;
  readonly pathSecret: Uint8Array | null;
  readonly psks: readonly PskId[];
}

export interface EncryptedGroupSecrets {
  readonly newMember: Uint8Array;
  readonly sealed: HpkeCiphertext;
}

/** Welcome (section 12.4.3.1). */
export interface Welcome {
  readonly suiteId: number;
  readonly secrets: readonly EncryptedGroupSecrets[];
  readonly encryptedGroupInfo: Uint8Array;
}

function putUnsigned(to: Writer, info: UnsignedGroupInfo): void {
  putGroupContext(to, info.context);
  putExtensions(to, info.extensions);
  putVector(to, info.confirmationTag);
  putU32(to, info.signer);
}

export function putGroupInfo(to: Writer, info: GroupInfo): void {
  putUnsigned(to, info);
  putVector(to, info.signature);
}

export function takeGroupInfo(from: Reader): GroupInfo {
  return {
    context: takeGroupContext(from),
    extensions: takeExtensions(from),
    confirmationTag: takeVector(from),
    signer: takeU32(from),
    signature: takeVector(from),
  };
}

export function signGroupInfo(
  suite: Suite,
  secretKey: Uint8Array,
  info: UnsignedGroupInfo,
): GroupInfo {
  const content = encode(putUnsigned, info);
  return { ...info, signature: signWithLabel(suite, secretKey, "GroupInfoTBS", content) };
}

/** Throws `integrity`. */
export function checkGroupInfo(suite: Suite, signerKey: Uint8Array, info: GroupInfo): void {
  const content = encode(putUnsigned, info);
  if (!verifyWithLabel(suite, signerKey, "GroupInfoTBS", content, info.signature)) {
    throw new Failure("integrity", "GroupInfo: signature does not verify");
  }
}

export function putGroupSecrets(to: Writer, secrets: GroupSecrets): void {
  putVector(to, secrets.joinerSecret);
  putOptional(to, secrets.pathSecret, putVector);
  putList(to, secrets.psks, putPskId);
}

export function takeGroupSecrets(from: Reader): GroupSecrets {
  return {
    joinerSecret: takeVector(from),
    pathSecret: takeOptional(from, takeVector),
    psks: takeList(from, takePskId),
  };
}

function putEncryptedGroupSecrets(to: Writer, entry: EncryptedGroupSecrets): void {
  putVector(to, entry.newMember);
  putHpkeCiphertext(to, entry.sealed);
}

function takeEncryptedGroupSecrets(from: Reader): EncryptedGroupSecrets {
  return { newMember: takeVector(from), sealed: takeHpkeCiphertext(from) };
}

export function putWelcome(to: Writer, welcome: Welcome): void {
  putU16(to, welcome.suiteId);
  putList(to, welcome.secrets, putEncryptedGroupSecrets);
  putVector(to, welcome.encryptedGroupInfo);
}

export function takeWelcome(from: Reader): Welcome {
  return {
    suiteId: takeU16(from),
    secrets: takeList(from, takeEncryptedGroupSecrets),
    encryptedGroupInfo: takeVector(from),
  };
}
