import { beforeAll, describe, expect, test } from "vitest";
import type { KemKeyPair } from "#client/crypto/kem.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite, xwingSuite } from "#client/crypto/suite.ts";
import {
  checkCommit,
  commit,
  createKeyPackage,
  type Group,
  joinGroup,
  readKeyPackage,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import { type Cast, cast, change, groupOf, newPackage, refused, rules, topicType } from "./cast.ts";
import { forgeryRefused, infiltrate } from "./hostile.ts";

/*
 * An insider publishes a key that nobody can encrypt to. Were it let in, no later commit could send a
 * path secret to its node: one member would stop the healing of all.
 */

let all: Cast;

beforeAll(async () => {
  await ready();
  all = cast(["Heron", "Slate", "Mallory", "Wren"]);
});

/** Spoils one public key; the halves of an X-Wing key are ML-KEM-768's 1184 octets and X25519's 32. */
type Spoil = (publicKey: Uint8Array) => Uint8Array;

const spoils: { title: string; spoil: Spoil }[] = [
  {
    title: "all of whose coefficients are too large",
    spoil: (key) => key.slice().fill(255, 0, 1152),
  },
  { title: "whose first coefficient is the modulus", spoil: (key) => withModulus(key, 0) },
  { title: "whose last coefficient is the modulus", spoil: (key) => withModulus(key, 1149) },
  { title: "whose X25519 half is zero", spoil: (key) => key.slice().fill(0, 1184) },
];

/** Puts 3329, the modulus, into the first twelve bits, or into the last twelve of the three octets at `at`. */
function withModulus(key: Uint8Array, at: number): Uint8Array {
  const spoiled = key.slice();
  if (at === 0) {
    spoiled[0] = 3329 & 255;
    spoiled[1] = ((key[1] as number) & 0xf0) | (3329 >> 8);
  } else {
    spoiled[at + 1] = ((key[at + 1] as number) & 0x0f) | ((3329 & 15) << 4);
    spoiled[at + 2] = 3329 >> 4;
  }
  return spoiled;
}

/** A suite that publishes spoiled keys from one derivation to another: the leaf's is the first. */
function spoiling(spoil: Spoil, which: (derivation: number) => boolean): Suite {
  let derivation = 0;
  const deriveKeyPair = (ikm: Uint8Array): KemKeyPair => {
    const pair = xwingSuite.kem.deriveKeyPair(ikm);
    return which(derivation++) ? { ...pair, publicKey: spoil(pair.publicKey) } : pair;
  };
  return { ...xwingSuite, kem: { ...xwingSuite.kem, deriveKeyPair } };
}

const mallory = (suite: Suite): Group => ({ ...groupOf(all, "Mallory"), suite });

function refusedByAll(message: Uint8Array, reason: RegExp): void {
  for (const name of ["Heron", "Slate", "Wren"]) {
    const group = groupOf(all, name);
    expect(refused(() => checkCommit(group, message), ["refused"], group).message).toMatch(reason);
  }
}

describe.each(spoils)("a key $title is refused", ({ spoil }) => {
  test("in the leaf of a commit", () => {
    const made = commit(mallory(spoiling(spoil, (at) => at === 0)), { random: all.random });
    refusedByAll(made.message, /leaf: encryption key is not a key/);
  });

  test.each([1, 2])("in node %i of a commit's path", (node) => {
    const made = commit(mallory(spoiling(spoil, (at) => at === node)), { random: all.random });
    refusedByAll(made.message, /path key is not a key/);
  });

  test.each([
    { place: "init key", derivation: 0 },
    { place: "leaf: encryption key", derivation: 1 },
  ])("as the $place of a KeyPackage, alone and in a commit", ({ place, derivation }) => {
    const { keyPackage } = createKeyPackage({
      suite: spoiling(spoil, (at) => at === derivation),
      identity: utf8("Robin"),
      extensionTypes: [topicType],
      random: all.random,
    });
    const reason = new RegExp(`${place} is not a key`);
    const alone = refused(() => readKeyPackage(xwingSuite, keyPackage, rules), ["refused"]);
    expect(alone.message).toMatch(reason);
    const heron = groupOf(all, "Heron");
    const add = { add: [keyPackage], random: all.random };
    expect(refused(() => commit(heron, add), ["refused"], heron).message).toMatch(reason);
    const blind = { ...xwingSuite, kem: { ...xwingSuite.kem, isPublicKey: () => true } };
    // With its init key spoiled not even Mallory can make the Welcome.
    if (derivation === 1) refusedByAll(commit(mallory(blind), add).message, reason);
  });

  test.each([
    { place: "leaf", derivation: 0, reason: /leaf: encryption key is not a key/ },
    { place: "node", derivation: 1, reason: /tree: key of node \d+ is not a key/ },
    { place: "root", derivation: 3, reason: /tree: key of node \d+ is not a key/ },
  ])("in a $place of the tree that a newcomer is shown", ({ derivation, reason }) => {
    const robin = newPackage(all, "Robin");
    const suite = spoiling(spoil, (at) => at === derivation);
    const { welcome } = commit(mallory(suite), { add: [robin.keyPackage], random: all.random });
    const request = { suite: xwingSuite, rules, welcome: welcome as Uint8Array, ...robin };
    expect(refused(() => joinGroup(request), ["refused"]).message).toMatch(reason);
  });
});

test("the same commits and Welcomes with true keys are accepted", () => {
  const robin = newPackage(all, "Robin");
  const suite = spoiling(
    (key) => key,
    () => true,
  );
  const made = commit(mallory(suite), { add: [robin.keyPackage], random: all.random });
  for (const name of ["Heron", "Slate", "Wren"]) {
    expect(checkCommit(groupOf(all, name), made.message).adds).toHaveLength(1);
  }
  const welcome = made.welcome as Uint8Array;
  expect(joinGroup({ suite: xwingSuite, rules, welcome, ...robin }).group.ownLeaf).toBe(4);
  expect(change(all, "Slate", { remove: ["Mallory"] }).after.groups.size).toBe(3);
});

test("X25519's points of small order are refused in leaf and path of a commit in its suite", async () => {
  const scene = await infiltrate(["Heron", "Slate", "Finch"]);
  const zero = new Uint8Array(32);
  const good = classicSuite.kem.deriveKeyPair(scene.all.random(32)).publicKey;
  await forgeryRefused(scene, { keys: [zero] }, /leaf: encryption key is not a key/);
  await forgeryRefused(scene, { keys: [good, zero] }, /path key is not a key/);
});
