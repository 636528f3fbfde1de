import { beforeAll, expect, test } from "vitest";
import { type Aead, chacha, xchacha } from "#client/crypto/aead.ts";
import { type HashName, hmac } from "#client/crypto/hash.ts";
import { expand, extract } from "#client/crypto/hkdf.ts";
import { x25519, x25519Kem } from "#client/crypto/kem.ts";
import { verify } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingKem } from "#client/crypto/xwing.ts";
import { concat, hex } from "#shared/bytes.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

/** Every field but these is hexadecimal text. */
interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "invalid" | "acceptable";
  readonly size: number;
  readonly [field: string]: unknown;
}

interface Group {
  readonly ivSize: number;
  readonly tagSize: number;
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly Case[];
}

beforeAll(ready);

function groups(file: string): readonly Group[] {
  return readVectors<{ testGroups: Group[] }>(`wycheproof/${file}_test.json`).testGroups;
}

function field(vector: Case, name: string): Uint8Array {
  return bytesOf(String(vector[name]));
}

function claim(vector: Case): string {
  return `test ${vector.tcId}: ${vector.comment}`;
}

test("X25519: every shared secret is right, and a shared secret of zero is refused", () => {
  const count = tally("Wycheproof X25519 (acceptable: zero secrets refused, all others computed)");
  for (const vector of groups("x25519").flatMap((group) => group.tests)) {
    const shared = x25519(field(vector, "private"), field(vector, "public"));
    // RFC 9180 section 7.1.4 refuses these; twist and non-canonical points RFC 7748 computes.
    if (vector.flags.includes("ZeroSharedSecret")) {
      expect(shared, claim(vector)).toBeNull();
    } else {
      expect(shared === null ? null : hex(shared), claim(vector)).toBe(vector.shared);
    }
    const usable = x25519Kem.isPublicKey(field(vector, "public"));
    expect(usable, claim(vector)).toBe(shared !== null);
    count.ran();
  }
  count.report(518);
});

test("Ed25519: valid signatures hold and invalid ones do not", () => {
  const count = tally("Wycheproof Ed25519");
  for (const group of groups("ed25519")) {
    const publicKey = bytesOf(group.publicKey.pk);
    for (const vector of group.tests) {
      const holds = verify(publicKey, field(vector, "msg"), field(vector, "sig"));
      expect(holds, claim(vector)).toBe(vector.result === "valid");
      count.ran();
    }
  }
  count.report(151);
});

test.each([
  { file: "chacha20_poly1305", aead: chacha, expected: 325 },
  { file: "xchacha20_poly1305", aead: xchacha, expected: 315 },
])(
  "$file: valid ciphertexts are made and opened, invalid ones and other nonce lengths refused",
  ({ file, aead, expected }) => {
    const count = tally(`Wycheproof ${file}`);
    for (const group of groups(file)) {
      for (const vector of group.tests) {
        if (group.ivSize === 8 * aead.nonceBytes) checkAead(aead, vector);
        // A nonce of another length is a defect of the caller's, not an input: it stops.
        else
          expect(() => sealCase(aead, vector), claim(vector)).toThrow("AEAD key and nonce lengths");
        count.ran();
      }
    }
    count.report(expected);
  },
);

function sealCase(aead: Aead, vector: Case): Uint8Array {
  const [key, nonce] = [field(vector, "key"), field(vector, "iv")];
  return aead.seal(key, nonce, field(vector, "aad"), field(vector, "msg"));
}

function checkAead(aead: Aead, vector: Case): void {
  const sealed = concat(field(vector, "ct"), field(vector, "tag"));
  const [key, nonce] = [field(vector, "key"), field(vector, "iv")];
  const opened = aead.open(key, nonce, field(vector, "aad"), sealed);
  if (vector.result === "valid") {
    expect(hex(sealCase(aead, vector)), claim(vector)).toBe(hex(sealed));
    expect(opened === null ? null : hex(opened), claim(vector)).toBe(vector.msg);
  } else {
    expect(opened, claim(vector)).toBeNull();
  }
}

test.each([
  { hash: "sha256", expected: 86 },
  { hash: "sha512", expected: 83 },
] as const)(
  "HKDF-$hash: every output is right, and one beyond 255 blocks is refused",
  ({ hash, expected }) => {
    const count = tally(`Wycheproof HKDF-${hash}`);
    for (const vector of groups(`hkdf_${hash}`).flatMap((group) => group.tests)) {
      const derive = () => {
        const prk = extract(hash, field(vector, "salt"), field(vector, "ikm"));
        return hex(expand(hash, prk, field(vector, "info"), vector.size));
      };
      if (vector.result === "valid") expect(derive(), claim(vector)).toBe(vector.okm);
      else expect(derive, claim(vector)).toThrow("HKDF-Expand: length");
      count.ran();
    }
    count.report(expected);
  },
);

test.each([
  { hash: "sha256", expected: 174 },
  { hash: "sha512", expected: 174 },
] as const)(
  "HMAC-$hash: every tag, whole or truncated, is right or rightly wrong",
  ({ hash, expected }) => {
    const count = tally(`Wycheproof HMAC-${hash}`);
    for (const group of groups(`hmac_${hash}`)) {
      for (const vector of group.tests) {
        const tag = macOf(hash, vector).subarray(0, group.tagSize / 8);
        expect(hex(tag) === vector.tag, claim(vector)).toBe(vector.result === "valid");
        count.ran();
      }
    }
    count.report(expected);
  },
);

function macOf(hash: HashName, vector: Case): Uint8Array {
  return hmac(hash, field(vector, "key"), [field(vector, "msg")]);
}

test("X-Wing refuses every ML-KEM-768 key whose coefficients are not reduced", () => {
  const count = tally("Wycheproof ML-KEM-768 bad keys, inside X-Wing");
  const { publicKey } = xwingKem.deriveKeyPair(new Uint8Array(64).fill(7));
  const classical = publicKey.subarray(1184);
  const { tests } = readVectors<{ tests: Case[] }>("wycheproof/mlkem_768_bad_keys.json");
  for (const vector of tests) {
    const key = concat(field(vector, "ek"), classical);
    expect(xwingKem.isPublicKey(key), claim(vector)).toBe(false);
    expect(
      () => xwingKem.encapsulate(key, (bytes) => new Uint8Array(bytes)),
      claim(vector),
    ).toThrow("not a key");
    count.ran();
  }
  count.report(112);
});
