import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { decode, encode, reader } from "#client/mls/codec.ts";
import { putMessageHead, takeMessageHead, wireFormat } from "#client/mls/framing.ts";
import {
  joinGroup,
  type OwnKeyPackage,
  readKeyPackage,
  unsafeRfcRules,
} from "#client/mls/group.ts";
import {
  type GroupSecrets,
  putGroupSecrets,
  putWelcome,
  takeGroupSecrets,
  takeWelcome,
} from "#client/mls/group-info.ts";
import { decryptWithLabel, deriveSecret, encryptWithLabel } from "#client/mls/labelled.ts";
import { hex } from "#shared/bytes.ts";
import { type Cast, cast, change, newPackage, refused, rules } from "./cast.ts";

/*
 * A sponsor who keeps back what a newcomer needs: everything is true and signed, but secrets of nodes
 * above the newcomer are missing. Others will encrypt to those nodes, so it would join and then fall
 * out with the first honest commit.
 */

let all: Cast;

beforeAll(async () => {
  await ready();
  all = cast(["Mallory"]);
});

/** The Welcome with the secrets of `from` changed and sealed to `to`: any holder of them can do that. */
function reseal(
  welcome: Uint8Array,
  from: OwnKeyPackage,
  to: OwnKeyPackage,
  lie: (secrets: GroupSecrets) => GroupSecrets,
): Uint8Array {
  const { suite, random } = all;
  const whole = reader(welcome.slice(), "Welcome");
  takeMessageHead(whole);
  const read = decode(takeWelcome, whole.bytes.subarray(whole.at), "Welcome");
  const context = read.encryptedGroupInfo;
  const entry = read.secrets.find(({ newMember }) => hex(newMember) === hex(from.ref));
  if (entry === undefined) throw new Error("the Welcome is not for this member");
  const { initSecret } = from.secrets;
  const plaintext = decryptWithLabel(suite, initSecret, "Welcome", context, entry.sealed);
  const secrets = encode(putGroupSecrets, lie(decode(takeGroupSecrets, plaintext, "GroupSecrets")));
  const { initKey } = readKeyPackage(suite, to.keyPackage, rules);
  const sealed = encryptWithLabel(suite, initKey, "Welcome", context, secrets, random);
  return encode((at) => {
    putMessageHead(at, wireFormat.welcome);
    putWelcome(at, { ...read, secrets: [{ newMember: to.ref, sealed }] });
  }, null);
}

const join = (welcome: Uint8Array, own: OwnKeyPackage, accepted = rules) =>
  joinGroup({ suite: all.suite, rules: accepted, welcome, ...own });

test("a Welcome without a path secret is refused: every commit of a channel has a path", () => {
  const [robin, wren] = [newPackage(all, "Robin"), newPackage(all, "Wren")];
  const { welcome } = change(all, "Mallory", { add: [robin.keyPackage, wren.keyPackage] });
  const honest = reseal(welcome as Uint8Array, robin, robin, (secrets) => secrets);
  expect(join(honest, robin).group.ownLeaf).toBe(1);
  const lie = reseal(honest, robin, robin, (secrets) => ({ ...secrets, pathSecret: null }));
  expect(refused(() => join(lie, robin), ["refused"]).message).toMatch(/brings no path secret/);
  // Where commits may lack a path, the node that Mallory's commit made gives the lie away.
  const lax = { ...unsafeRfcRules, extensions: rules.extensions };
  expect(refused(() => join(lie, robin, lax), ["refused"]).message).toMatch(/no secret of node 1/);
});

test("a Welcome with a path secret from too high up is refused: a node below it counts on the newcomer too", () => {
  const [robin, slate, wren] = ["Robin", "Slate", "Wren"].map((name) => newPackage(all, name)) as [
    OwnKeyPackage,
    OwnKeyPackage,
    OwnKeyPackage,
  ];
  // Mallory on leaf 0 gives node 1 a key with Robin on leaf 1 below it, and never tells Robin.
  const first = change(all, "Mallory", { add: [robin.keyPackage] }).after;
  const second = change(first, "Mallory", { add: [slate.keyPackage] });
  const joined = join(second.welcome as Uint8Array, slate).group;
  const seated = { ...all, groups: new Map([["Slate", joined]]) };
  // Slate on leaf 2 admits Wren on leaf 3, whose path secret leads to the root's.
  const { welcome } = change(seated, "Slate", { add: [wren.keyPackage] });
  expect(join(welcome as Uint8Array, wren).group.ownLeaf).toBe(3);
  const lie = reseal(welcome as Uint8Array, wren, robin, (secrets) => ({
    ...secrets,
    pathSecret: deriveSecret(all.suite, secrets.pathSecret as Uint8Array, "path"),
  }));
  expect(refused(() => join(lie, robin), ["refused"]).message).toMatch(/no secret of node 1/);
});
