import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import { checkCommit, joinGroup } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  defects,
  type OracleGroup,
  oracleApply,
  oracleCommit,
  oracleJoin,
  oracleKeyPackage,
  oracleSuite,
} from "#test/oracle/ts-mls.ts";
import {
  cast,
  change,
  groupOf,
  newPackage,
  refused,
  rules,
  topicType,
} from "#test/unit/mls-attacks/cast.ts";

/*
 * What the lives with ts-mls leave out or tolerate, shown once each on its own: so that a tolerance
 * never covers more than is named, and falls when ts-mls is mended.
 */

beforeAll(ready);

const lenient = { suite: classicSuite, rules: { ...rules, pathlessCommits: true } };

async function newcomer(name: string) {
  const suite = await oracleSuite(3);
  return { suite, own: await oracleKeyPackage(suite, utf8(name), [topicType]) };
}

test("ts-mls refuses a legitimate join where a node has an unmerged leaf and the one above has none", async () => {
  const { suite, own } = await newcomer("Oriole");
  // Robin's commit fills the node above leaves 4 to 7. Then Heron, far from it, adds leaf 7: that node
  // gets an unmerged leaf, and the root, which Heron's path renews, has none.
  let all = cast(["Heron", "Slate", "Finch", "Wren", "Robin", "Crane", "Swift"], lenient);
  all = change(all, "Robin", {}).after;
  const made = change(all, "Heron", { add: [own.bytes] });
  const welcome = made.welcome as Uint8Array;
  const own2 = newPackage(all, "Twin");
  const twin = change(all, "Heron", { add: [own2.keyPackage] });
  // Ours joins the same tree: RFC 9420 section 12.4.3.1 asks about nodes below only.
  const { keyPackage, secrets } = own2;
  const joined = joinGroup({
    ...lenient,
    welcome: twin.welcome as Uint8Array,
    keyPackage,
    secrets,
  });
  expect(joined.group.epoch).toBe(made.pending.epoch);
  await expect(oracleJoin(suite, own, welcome)).rejects.toThrow(defects.overStrictJoin);
});

test("ts-mls changes the group's extensions without a path, which nobody accepts", async () => {
  const { suite, own } = await newcomer("Oriole");
  const { after, welcome } = change(cast(["Heron"], lenient), "Heron", { add: [own.bytes] });
  const oracle = await oracleJoin(suite, own, welcome as Uint8Array);
  const extensions = [{ type: topicType, data: utf8("storm") }];
  const { message } = await oracleCommit(oracle, { extensions });
  const heron = groupOf(after, "Heron");
  expect(refused(() => checkCommit(heron, message), ["refused"], heron).message).toMatch(/no path/);
});

test("ts-mls seals path secrets to the old extensions, so that not even ts-mls can follow", async () => {
  const first = await newcomer("Oriole");
  const second = await newcomer("Petrel");
  const start = cast(["Heron", "Slate"], lenient);
  const { welcome } = change(start, "Heron", { add: [first.own.bytes, second.own.bytes] });
  const oracles: OracleGroup[] = [];
  for (const { suite, own } of [first, second]) {
    oracles.push(await oracleJoin(suite, own, welcome as Uint8Array));
  }
  const [oriole, petrel] = oracles as [OracleGroup, OracleGroup];
  const extensions = [{ type: topicType, data: utf8("storm") }];
  const { message } = await oracleCommit(oriole, { extensions, remove: [1] });
  await expect(oracleApply(petrel, message)).rejects.toThrow(/invalid tag/);
});

test("ts-mls derives another commit secret when one half of the tree is all blank", async () => {
  const { suite, own } = await newcomer("Oriole");
  const start = cast(["Heron", "Slate", "Finch"], lenient);
  const { after, welcome } = change(start, "Finch", { add: [own.bytes] });
  const oracle = await oracleJoin(suite, own, welcome as Uint8Array);
  const { message } = change(after, "Finch", { remove: ["Heron", "Slate"] });
  await expect(oracleApply(oracle, message)).rejects.toThrow(/confirmation tag/);
});
