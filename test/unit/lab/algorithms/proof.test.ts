import { beforeAll, expect, test } from "vitest";
import { composeBody } from "#client/core/message.ts";
import { forgeProof, type Proof, readProof, writeProof } from "#client/core/proof.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { commitmentOf } from "#client/lab/algorithms/commitment.ts";
import { encode, putVector } from "#client/mls/codec.ts";
import { signContent } from "#client/mls/framing.ts";
import { utf8 } from "#shared/bytes.ts";

const suite = xwingSuite;
const context = utf8("the epoch's context");

beforeAll(ready);

function signed(seed: number): { readonly proof: Proof; readonly secretKey: Uint8Array } {
  const { publicKey, secretKey } = suite.signature.keyPair(new Uint8Array(32).fill(seed));
  const body = composeBody({
    v: 1,
    id: new Uint8Array(16).fill(7),
    counter: 1,
    seen: { position: 0, head: new Uint8Array(32) },
    previous: null,
    content: { kind: "text", text: "We accept." },
  });
  const content = {
    groupId: utf8("group"),
    epoch: 3n,
    sender: { kind: "member", leaf: 1 },
    authenticatedData: new Uint8Array(0),
    type: 1,
    body: encode(putVector, body),
  } as const;
  const signature = signContent(suite, secretKey, 2, content, context);
  const message = { wireFormat: 2, content, signature, confirmationTag: null };
  return { proof: writeProof({ suite: suite.id, key: publicKey, context, message }), secretKey };
}

test("a signed text proves itself with its public key and context alone", () => {
  expect(readProof(signed(1).proof)).toEqual({
    ...{ id: "07".repeat(16), text: "We accept.", epoch: 3, previous: null },
  });
});

test("whoever has the secret key makes a proof of any text", () => {
  const { proof, secretKey } = signed(1);
  expect(readProof(forgeProof(proof, "We refuse.", secretKey))?.text).toBe("We refuse.");
});

test.each<readonly [string, (proof: Proof) => Proof]>([
  ["another text under the old signature", (proof) => forgeProof(proof, "We refuse.", null)],
  ["another's key", (proof) => ({ ...proof, key: signed(2).proof.key })],
  ["another's signature", (proof) => forgeProof(proof, "We accept.", signed(2).secretKey)],
  ["another context", (proof) => ({ ...proof, context: "00" })],
  ["octets left over", (proof) => ({ ...proof, content: `${proof.content}00` })],
  ["a content that ends early", (proof) => ({ ...proof, content: proof.content.slice(0, 40) })],
  ["a content that is no hex", (proof) => ({ ...proof, content: "xyz" })],
])("%s proves nothing", (_, change) => {
  expect(readProof(change(signed(1).proof))).toBeNull();
});

test("a commitment binds the id, who said it and the text", () => {
  const said = { id: "07".repeat(16), from: "Slate", text: "We accept." };
  expect(commitmentOf(said)).toBe(commitmentOf({ ...said }));
  const others = [
    { ...said, id: "08".repeat(16) },
    { ...said, from: "Heron" },
    { ...said, text: "We accept" },
  ].map(commitmentOf);
  expect(new Set([commitmentOf(said), ...others]).size).toBe(4);
});

test("the parts of a commitment cannot run into each other", () => {
  const one = commitmentOf({ id: "07", from: "a", text: 'b","c' });
  expect(one).not.toBe(commitmentOf({ id: "07", from: 'a","b', text: "c" }));
});
