import { expect, test } from "vitest";
import { newKept, retiredKeys } from "#client/lab/weak/keeping-cipher.ts";

/** A talk of two seats: each epoch with the keys in its tree and the leaves that spoke. */
function talk(...epochs: readonly (readonly [keys: string, spoken: readonly number[]])[]) {
  const kept = newKept();
  epochs.forEach(([keys, spoken], index) => {
    kept.epochs.set(`group:${index}`, { keys: new Set(keys), spoken: new Set(spoken) });
    for (const key of keys) kept.keys.set(key, { label: "Slate", secret: new Uint8Array(64) });
  });
  return [...retiredKeys(kept).keys()];
}

test("a key is retired once every seat has spoken in an epoch without it", () => {
  expect(talk(["ab", [0, 1]], ["bc", [0, 1]])).toEqual(["a"]);
});

test("a key of an epoch in which somebody is still silent is not retired", () => {
  expect(talk(["ab", [0, 1]], ["bc", [0]])).toEqual([]);
});

test("a key that is still in use is not retired", () => {
  expect(talk(["ab", [0, 1]], ["ab", [0, 1]])).toEqual([]);
});

test("a key that came after the last epoch where all spoke is not retired", () => {
  expect(talk(["ab", [0, 1]], ["bc", [0, 1]], ["cd", [0]])).toEqual(["a"]);
});

test("a key that came and went while somebody was silent is not retired", () => {
  expect(talk(["ab", [0, 1]], ["bc", [0]], ["bd", [0]])).toEqual([]);
});

test("nothing said, nothing retired", () => {
  expect(talk()).toEqual([]);
});
