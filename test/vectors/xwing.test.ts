import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { xwingKem, xwingKeyPair } from "#client/crypto/xwing.ts";
import { hex } from "#shared/bytes.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

interface Vector {
  readonly seed: string;
  readonly eseed: string;
  readonly ss: string;
  readonly sk: string;
  readonly pk: string;
  readonly ct: string;
}

beforeAll(ready);

test("X-Wing keys, encapsulations and secrets come out as published", () => {
  const count = tally("X-Wing draft");
  const same = (actual: Uint8Array | null, expected: string) => {
    expect(actual).not.toBeNull();
    expect(hex(actual as Uint8Array)).toBe(expected);
    count.ran();
  };
  for (const vector of readVectors<Vector[]>("xwing/test-vectors.json")) {
    const pair = xwingKeyPair(bytesOf(vector.seed));
    same(pair.secretKey, vector.sk);
    same(pair.publicKey, vector.pk);
    const { enc, shared } = xwingKem.encapsulate(pair.publicKey, () => bytesOf(vector.eseed));
    same(enc, vector.ct);
    same(shared, vector.ss);
    same(xwingKem.decapsulate(bytesOf(vector.ct), pair.secretKey), vector.ss);
    // And the secret key alone, as a Welcome or a vault hands it over, is enough.
    same(xwingKem.decapsulate(enc, bytesOf(vector.sk)), vector.ss);
  }
  count.report(18);
});
