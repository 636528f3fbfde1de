import { beforeAll, expect, test } from "vitest";
import {
  exportBaseReceiver,
  exportBaseSender,
  exportSecret,
  nonceOf,
  openBase,
  sealBase,
  setupBaseReceiver,
  setupBaseSender,
} from "#client/crypto/hpke.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import { hex } from "#shared/bytes.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

interface Vector {
  readonly mode: number;
  readonly info: string;
  readonly ikmE: string;
  readonly pkEm: string;
  readonly skEm: string;
  readonly ikmR: string;
  readonly pkRm: string;
  readonly skRm: string;
  readonly ikmS?: string;
  readonly pkSm?: string;
  readonly skSm?: string;
  readonly enc: string;
  readonly shared_secret: string;
  readonly key: string;
  readonly base_nonce: string;
  readonly exporter_secret: string;
  readonly encryptions: readonly {
    readonly sequence_number: number;
    readonly pt: string;
    readonly aad: string;
    readonly nonce: string;
    readonly ct: string;
  }[];
  readonly exports: readonly {
    readonly exporter_context: string;
    readonly L: number;
    readonly exported_value: string;
  }[];
}

beforeAll(ready);

test("RFC 9180 A.2 base mode and key derivation come out as published", () => {
  const count = tally("RFC 9180 A.2");
  const same = (actual: Uint8Array, expected: string) => {
    expect(hex(actual)).toBe(expected);
    count.ran();
  };
  for (const vector of readVectors<Vector[]>("rfc9180/a2.json")) {
    checkKeyPairs(vector, same);
    if (vector.mode === 0) {
      checkSetup(vector, same);
      checkMessages(vector, same);
      checkExports(vector, same);
    } else {
      const reason = `mode ${vector.mode}: only base mode is used by MLS`;
      count.skip(reason, vector.encryptions.length + vector.exports.length);
    }
  }
  count.report(59);
});

type Same = (actual: Uint8Array, expected: string) => void;

function checkKeyPairs(vector: Vector, same: Same): void {
  const { ikmE, pkEm, skEm, ikmR, pkRm, skRm, ikmS, pkSm, skSm } = vector;
  for (const [ikm, pk, sk] of [
    [ikmE, pkEm, skEm],
    [ikmR, pkRm, skRm],
    [ikmS, pkSm, skSm],
  ]) {
    if (ikm === undefined || pk === undefined || sk === undefined) continue;
    const pair = classicSuite.kem.deriveKeyPair(bytesOf(ikm));
    same(pair.publicKey, pk);
    same(pair.secretKey, sk);
  }
}

function checkSetup(vector: Vector, same: Same): void {
  const { enc, context } = setupBaseSender(
    classicSuite,
    bytesOf(vector.pkRm),
    bytesOf(vector.info),
    () => bytesOf(vector.ikmE),
  );
  same(enc, vector.enc);
  const received = setupBaseReceiver(classicSuite, enc, bytesOf(vector.skRm), bytesOf(vector.info));
  for (const side of [context, received]) {
    same(side.key, vector.key);
    same(side.baseNonce, vector.base_nonce);
    same(side.exporterSecret, vector.exporter_secret);
  }
  const kem = classicSuite.kem.encapsulate(bytesOf(vector.pkRm), () => bytesOf(vector.ikmE));
  same(kem.shared, vector.shared_secret);
  const opened = classicSuite.kem.decapsulate(bytesOf(vector.enc), bytesOf(vector.skRm));
  same(opened as Uint8Array, vector.shared_secret);
}

function checkMessages(vector: Vector, same: Same): void {
  const info = bytesOf(vector.info);
  const context = setupBaseReceiver(classicSuite, bytesOf(vector.enc), bytesOf(vector.skRm), info);
  for (const message of vector.encryptions) {
    const [aad, plaintext] = [bytesOf(message.aad), bytesOf(message.pt)];
    const nonce = nonceOf(context, message.sequence_number);
    same(nonce, message.nonce);
    same(classicSuite.aead.seal(context.key, nonce, aad, plaintext), message.ct);
    same(
      classicSuite.aead.open(context.key, nonce, aad, bytesOf(message.ct)) as Uint8Array,
      message.pt,
    );
    if (message.sequence_number > 0) continue;
    // The first message is what single-shot HPKE makes.
    const random = () => bytesOf(vector.ikmE);
    const sealed = sealBase(classicSuite, bytesOf(vector.pkRm), info, aad, plaintext, random);
    same(sealed.enc, vector.enc);
    same(sealed.ciphertext, message.ct);
    same(
      openBase(classicSuite, sealed.enc, bytesOf(vector.skRm), info, aad, bytesOf(message.ct)),
      message.pt,
    );
  }
}

function checkExports(vector: Vector, same: Same): void {
  const [info, enc] = [bytesOf(vector.info), bytesOf(vector.enc)];
  const [pk, sk] = [bytesOf(vector.pkRm), bytesOf(vector.skRm)];
  const context = setupBaseReceiver(classicSuite, enc, sk, info);
  for (const { exporter_context, L, exported_value } of vector.exports) {
    const about = bytesOf(exporter_context);
    same(exportSecret(classicSuite, context, about, L), exported_value);
    same(exportBaseReceiver(classicSuite, enc, sk, info, about, L), exported_value);
    const sender = exportBaseSender(classicSuite, pk, info, about, L, () => bytesOf(vector.ikmE));
    same(sender.exported, exported_value);
  }
}
