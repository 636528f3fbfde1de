import { type CiphersuiteName, getCiphersuiteFromName, getCiphersuiteImpl } from "ts-mls";
import { beforeAll, describe, expect, test } from "vitest";
import { openBase, sealBase } from "#client/crypto/hpke.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite, xwingSuite } from "#client/crypto/suite.ts";
import { hex } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

/** ts-mls computes with noble and WebCrypto, so agreement means that two implementations agree. */
const suites: { title: string; suite: Suite; name: CiphersuiteName }[] = [
  {
    title: "X-Wing",
    suite: xwingSuite,
    name: "MLS_256_XWING_CHACHA20POLY1305_SHA512_Ed25519",
  },
  {
    title: "suite 3",
    suite: classicSuite,
    name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
  },
];

beforeAll(ready);

describe.each(suites)("ours and ts-mls agree on $title", ({ suite, name }) => {
  const peer = () => getCiphersuiteImpl(getCiphersuiteFromName(name));
  const { bytes } = dice(3);
  const [info, aad, plaintext] = [bytes(20), bytes(30), bytes(100)];

  test.each([32, 33, 64])("on the key pair of %i bytes of keying material", async (length) => {
    const { hpke } = await peer();
    const ikm = bytes(length);
    const theirs = await hpke.deriveKeyPair(ikm);
    const ours = suite.kem.deriveKeyPair(ikm);
    expect(hex(ours.publicKey)).toBe(hex(await hpke.exportPublicKey(theirs.publicKey)));
    expect(hex(ours.secretKey)).toBe(hex(await hpke.exportPrivateKey(theirs.privateKey)));
  });

  test("on what HPKE seals, in both directions", async () => {
    const { hpke } = await peer();
    const pair = suite.kem.deriveKeyPair(bytes(64));
    const theirs = await hpke.seal(
      await hpke.importPublicKey(pair.publicKey),
      plaintext,
      info,
      aad,
    );
    const opened = openBase(suite, theirs.enc, pair.secretKey, info, aad, theirs.ct);
    expect(hex(opened)).toBe(hex(plaintext));
    const ours = sealBase(suite, pair.publicKey, info, aad, plaintext, bytes);
    const secretKey = await hpke.importPrivateKey(pair.secretKey);
    const read = await hpke.open(secretKey, ours.enc, ours.ciphertext, info, aad);
    expect(hex(read)).toBe(hex(plaintext));
  });

  test("on hash, MAC, extraction and expansion", async () => {
    const { hash, kdf } = await peer();
    const [key, data] = [bytes(suite.hashBytes), bytes(300)];
    expect(hex(suite.hash(data))).toBe(hex(await hash.digest(data)));
    expect(hex(suite.mac(key, data))).toBe(hex(await hash.mac(key, data)));
    expect(hex(suite.extract(key, data))).toBe(hex(await kdf.extract(key, data)));
    expect(hex(suite.expand(key, data, 100))).toBe(hex(await kdf.expand(key, data, 100)));
  });

  test("on signatures", async () => {
    const { signature } = await peer();
    const pair = suite.signature.keyPair(bytes(32));
    const theirs = await signature.keygen();
    const ours = suite.signature.sign(pair.secretKey, plaintext);
    expect(await signature.verify(pair.publicKey, plaintext, ours)).toBe(true);
    const made = await signature.sign(theirs.signKey, plaintext);
    expect(suite.signature.verify(theirs.publicKey, plaintext, made)).toBe(true);
  });
});
