import { openBase, sealBase } from "#client/crypto/hpke.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  encode,
  putBytes,
  putLength,
  putU16,
  putU32,
  putVector,
  type Reader,
  takeVector,
  type Writer,
  writer,
  written,
} from "./codec.ts";

/*
 * The labelled constructions of RFC 9420 sections 5 and 8. Every label is "MLS 1.0 " and a name. The
 * names are constants of this program, so their encodings are kept.
 */
const labels = new Map<string, Uint8Array>();

function labelVector(name: string): Uint8Array {
  let vector = labels.get(name);
  if (vector === undefined) {
    vector = encode(putVector, utf8(`MLS 1.0 ${name}`));
    labels.set(name, vector);
  }
  return vector;
}

const nothing = new Uint8Array(0);

/** ExpandWithLabel (section 8): `length` bytes. */
export function expandWithLabel(
  suite: Suite,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = labelVector(label);
  const info = writer(name.length + context.length + 6);
  putU16(info, length);
  putBytes(info, name);
  putVector(info, context);
  return suite.expand(secret, written(info), length);
}

/** DeriveSecret (section 8): KDF.Nh bytes. */
export function deriveSecret(suite: Suite, secret: Uint8Array, label: string): Uint8Array {
  return expandWithLabel(suite, secret, label, nothing, suite.hashBytes);
}

/** DeriveTreeSecret (section 9.1). */
export function deriveTreeSecret(
  suite: Suite,
  secret: Uint8Array,
  label: string,
  generation: number,
  length: number,
): Uint8Array {
  return expandWithLabel(suite, secret, label, encode(putU32, generation), length);
}

/** `opaque label<V>; opaque content<V>`: SignContent and EncryptContext (sections 5.1.2, 5.1.3). */
function labelled(label: string, content: Uint8Array): Uint8Array {
  const name = labelVector(label);
  const to = writer(name.length + content.length + 4);
  putBytes(to, name);
  putLength(to, content.length);
  putBytes(to, content);
  return written(to);
}

/** SignWithLabel (section 5.1.2): 64 bytes under the Ed25519 secret key. */
export function signWithLabel(
  suite: Suite,
  secretKey: Uint8Array,
  label: string,
  content: Uint8Array,
): Uint8Array {
  return suite.signature.sign(secretKey, labelled(label, content));
}

/** VerifyWithLabel (section 5.1.2). */
export function verifyWithLabel(
  suite: Suite,
  publicKey: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  return suite.signature.verify(publicKey, labelled(label, content), signature);
}

/** RefHash (section 5.2); its label is given whole. */
export function refHash(suite: Suite, label: string, value: Uint8Array): Uint8Array {
  const to = writer(value.length + label.length + 8);
  putVector(to, utf8(label));
  putVector(to, value);
  return suite.hash(written(to));
}

/** RFC 9420 section 7.6. */
export interface HpkeCiphertext {
  readonly kemOutput: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export function putHpkeCiphertext(to: Writer, value: HpkeCiphertext): void {
  putVector(to, value.kemOutput);
  putVector(to, value.ciphertext);
}

export function takeHpkeCiphertext(from: Reader): HpkeCiphertext {
  return { kemOutput: takeVector(from), ciphertext: takeVector(from) };
}

/** EncryptWithLabel (section 5.1.3). */
export function encryptWithLabel(
  suite: Suite,
  publicKey: Uint8Array,
  label: string,
  context: Uint8Array,
  plaintext: Uint8Array,
  random: Random,
): HpkeCiphertext {
  const info = labelled(label, context);
  const sealed = sealBase(suite, publicKey, info, nothing, plaintext, random);
  return { kemOutput: sealed.enc, ciphertext: sealed.ciphertext };
}

/** DecryptWithLabel (section 5.1.3). Throws `integrity`. */
export function decryptWithLabel(
  suite: Suite,
  secretKey: Uint8Array,
  label: string,
  context: Uint8Array,
  sealed: HpkeCiphertext,
): Uint8Array {
  const info = labelled(label, context);
  return openBase(suite, sealed.kemOutput, secretKey, info, nothing, sealed.ciphertext);
}
