import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite as suite } from "#client/crypto/suite.ts";
import {
  type Chains,
  drawKey,
  handshakeKey,
  newSecretTree,
  nextKey,
  noChains,
  type SecretTree,
} from "#client/mls/secret-tree.ts";
import { limits } from "#shared/limits.ts";

beforeAll(ready);

const fresh = (): SecretTree => newSecretTree(8, new Uint8Array(suite.hashBytes).fill(7));

test("a leaf that speaks leaves only its copath and its own ratchets behind", () => {
  const { secretTree, chains, spent } = drawKey(suite, fresh(), noChains, {
    leaf: 5,
    generation: 0,
  });
  // Leaf 5 is node 10; node 7 is the root, 11 and 9 lie between.
  expect([...secretTree.nodes.keys()].sort((a, b) => a - b)).toEqual([3, 8, 13]);
  expect([...secretTree.handshake.keys()]).toEqual([5]);
  expect(chains.application.get(5)?.generation).toBe(1);
  expect(spent).toContainEqual(fresh().nodes.get(7));
});

test("keys passed over are kept as pairs, and the ratchet secret behind them is spent", () => {
  const start = drawKey(suite, fresh(), noChains, { leaf: 0, generation: 0 });
  const before = start.chains.application.get(0)?.secret;
  const ahead = drawKey(suite, start.secretTree, start.chains, { leaf: 0, generation: 3 });
  const chain = ahead.chains.application.get(0);
  expect([...(chain?.skipped.keys() ?? [])]).toEqual([1, 2]);
  expect(chain?.generation).toBe(4);
  expect(ahead.spent).toContain(before);
  const late = drawKey(suite, ahead.secretTree, ahead.chains, { leaf: 0, generation: 1 });
  expect([...(late.chains.application.get(0)?.skipped.keys() ?? [])]).toEqual([2]);
  expect(late.chains.application.get(0)?.secret).toBe(chain?.secret);
  expect(late.spent).toContain(late.key.key);
});

test("a generation beyond the bound is refused and the last one within it is not", () => {
  const generation = limits.generationSkipMax;
  expect(drawKey(suite, fresh(), noChains, { leaf: 1, generation }).key.key.length).toBe(
    suite.aead.keyBytes,
  );
  expect(() => drawKey(suite, fresh(), noChains, { leaf: 1, generation: generation + 1 })).toThrow(
    "too far ahead",
  );
  expect(() => handshakeKey(suite, fresh(), 1, generation)).toThrow("out of bounds");
});

test("no more skipped keys are kept than the bound, and the oldest go first", () => {
  let tree = fresh();
  let chains: Chains = noChains;
  for (let jump = 1; jump <= 3; jump++) {
    const generation = jump * limits.generationSkipMax;
    ({ secretTree: tree, chains } = drawKey(suite, tree, chains, { leaf: 2, generation }));
  }
  const skipped = chains.application.get(2)?.skipped;
  expect(skipped?.size).toBe(limits.skippedKeysMax);
  expect(skipped?.has(0)).toBe(false);
  expect(skipped?.has(3 * limits.generationSkipMax - 1)).toBe(true);
});

test("handshake keys can be read again and again, before and after the leaf has spoken", () => {
  const tree = fresh();
  const first = handshakeKey(suite, tree, 6, 2);
  expect(handshakeKey(suite, tree, 6, 2)).toEqual(first);
  const { secretTree } = nextKey(suite, tree, noChains, 6);
  expect(handshakeKey(suite, secretTree, 6, 2)).toEqual(first);
  expect(tree.nodes.get(7)).toEqual(new Uint8Array(suite.hashBytes).fill(7));
});
