import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite } from "#client/crypto/suite.ts";
import { decode } from "#client/mls/codec.ts";
import {
  applyCommit,
  checkCommit,
  epochAuthenticator,
  joinGroup,
  type PskSource,
  readKeyPackage,
  readProposal,
  unsafeRfcRules,
} from "#client/mls/group.ts";
import { takeKeyPackage } from "#client/mls/key-package.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { aesSuite } from "./aes-suite.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

interface Vector {
  readonly external_psks: { readonly psk_id: string; readonly psk: string }[];
  readonly key_package: string;
  readonly signature_priv: string;
  readonly encryption_priv: string;
  readonly init_priv: string;
  readonly welcome: string;
  readonly ratchet_tree: string | null;
  readonly initial_epoch_authenticator: string;
  readonly epochs: {
    readonly proposals: string[];
    readonly commit: string;
    readonly epoch_authenticator: string;
  }[];
}

beforeAll(ready);

/** Follows a group's life from its Welcome on; returns the number of epochs seen. */
function follow(suite: Suite, vector: Vector): number {
  const keyPackage = bytesOf(vector.key_package).subarray(4);
  const { leaf } = decode(takeKeyPackage, keyPackage, "KeyPackage");
  const view = readKeyPackage(suite, keyPackage, unsafeRfcRules);
  const signer = suite.signature.keyPair(bytesOf(vector.signature_priv));
  expect(signer.publicKey).toEqual(view.signatureKey);
  expect(leaf.signatureKey).toEqual(view.signatureKey);
  const resumption = new Map<bigint, Uint8Array>();
  const findPsk: PskSource = (id) => {
    if (id.kind === "resumption") return resumption.get(id.epoch) ?? null;
    const found = vector.external_psks.find(({ psk_id }) => equalBytes(bytesOf(psk_id), id.id));
    return found === undefined ? null : bytesOf(found.psk);
  };
  let { group } = joinGroup({
    suite,
    rules: unsafeRfcRules,
    welcome: bytesOf(vector.welcome),
    keyPackage,
    secrets: {
      initSecret: bytesOf(vector.init_priv),
      leafSecret: bytesOf(vector.encryption_priv),
      signatureSecret: signer.secretKey,
    },
    tree: vector.ratchet_tree === null ? null : bytesOf(vector.ratchet_tree),
    findPsk,
  });
  expect(hex(epochAuthenticator(group))).toBe(vector.initial_epoch_authenticator);
  for (const epoch of vector.epochs) {
    resumption.set(group.epoch, group.state.secrets.resumption as Uint8Array);
    const proposals = epoch.proposals.map((bytes) => readProposal(group, bytesOf(bytes)));
    const checked = checkCommit(group, bytesOf(epoch.commit), proposals);
    group = applyCommit(group, checked, findPsk).group;
    expect(hex(epochAuthenticator(group))).toBe(epoch.epoch_authenticator);
  }
  return 1 + vector.epochs.length;
}

test.each([
  ["passive-client-welcome", 8],
  ["passive-client-handling-commit", 39],
  ["interop-application", 6],
  ["interop-commit", 54],
  ["interop-external-join", 10],
  ["interop-branch", 32],
  ["interop-external-proposals", 74],
  ["interop-reinit", 48],
  ["interop-welcome-join", 8],
])("%s: a passive client sees the published epochs", (set, epochs) => {
  const count = tally(`MLS ${set} epochs`);
  for (const vector of readVectors<Vector[]>(`mls/${set}.json`)) {
    for (let seen = follow(classicSuite, vector); seen > 0; seen--) count.ran();
  }
  count.report(epochs);
});

test("passive-client-random: a passive client sees 200 random commits", () => {
  const count = tally("MLS passive-client-random epochs");
  const [vector] = readVectors<Vector[]>("mls/passive-client-random.json");
  for (let seen = follow(aesSuite, vector as Vector); seen > 0; seen--) count.ran();
  count.report(201);
});
