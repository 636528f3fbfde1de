import { generateKeyPackage, type Proposal } from "ts-mls";
import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import { checkCommit, commit, members, readKeyPackage } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import { oracleKeyPackage, proposals } from "#test/oracle/ts-mls.ts";
import { groupOf, newPackage, refused, topicType, unknownType } from "./cast.ts";
import { forge, forgeryRefused, type Infiltrated, infiltrate, removal, seatOf } from "./hostile.ts";

let scene: Infiltrated;

beforeAll(async () => {
  await ready();
  scene = await infiltrate(["Heron", "Slate", "Finch"]);
});

test("a well-made commit of the same forger passes the public part: the refusals below are for their reasons", async () => {
  const newcomer = newPackage(scene.all, "Wren").keyPackage;
  for (const forgery of [
    {},
    { proposals: [removal(seatOf(scene, "Finch").leaf)] },
    { proposals: proposals({ add: [newcomer] }) },
    { proposals: proposals({ remove: [seatOf(scene, "Slate").leaf], add: [newcomer] }) },
    { proposals: proposals({ extensions: [{ type: topicType, data: utf8("storm") }] }) },
  ]) {
    const message = await forge(scene.mallory, forgery);
    for (const group of scene.all.groups.values()) {
      expect(checkCommit(group, message).committer).toBe(seatOf(scene, "Mallory").leaf);
    }
  }
});

describe("a commit is refused by everybody alike when it", () => {
  test("renames its committer", () =>
    forgeryRefused(
      scene,
      {
        leaf: (own) => ({
          ...own,
          credential: { credentialType: "basic", identity: utf8("Heron") },
        }),
      },
      /credential/,
    ));

  test("gives its committer another kind of credential", () =>
    forgeryRefused(
      scene,
      {
        leaf: (own) => ({
          ...own,
          credential: { credentialType: "x509", certificates: [utf8("Mallory")] },
          capabilities: { ...own.capabilities, credentials: ["basic", "x509"] },
        }),
      },
      /credential/,
    ));

  test("takes another member's signature key, even with that member's help", () =>
    forgeryRefused(
      scene,
      {
        leaf: (own) => ({
          ...own,
          signaturePublicKey: seatOf(scene, "Slate").node.signaturePublicKey,
        }),
        leafSigner: groupOf(scene.all, "Slate").state.signatureSecret.slice(0, 32),
      },
      /in use/,
    ));

  test("takes another member's encryption key", () =>
    forgeryRefused(scene, { keys: [seatOf(scene, "Slate").node.hpkePublicKey] }, /in use/));

  test("keeps the committer's own encryption key", () =>
    forgeryRefused(scene, { keys: [seatOf(scene, "Mallory").node.hpkePublicKey] }, /key/));

  test("puts a key that is in the tree on its path", async () => {
    const fresh = await scene.mallory.suite.hpke.generateKeyPair();
    const own = await scene.mallory.suite.hpke.exportPublicKey(fresh.publicKey);
    await forgeryRefused(
      scene,
      { keys: [own, seatOf(scene, "Heron").node.hpkePublicKey] },
      /in use/,
    );
    await forgeryRefused(scene, { keys: [own, own] }, /in use/);
  });

  test("adds a leaf with another member's signature or encryption key", async () => {
    const { suite } = scene.mallory;
    const own = { credentialType: "basic", identity: utf8("Twin") } as const;
    const able = {
      versions: ["mls10" as const],
      ciphersuites: [suite.name],
      extensions: [topicType],
      proposals: [],
      credentials: ["basic" as const],
    };
    const lifetime = { notBefore: 0n, notAfter: 2n ** 64n - 1n };
    const heron = groupOf(scene.all, "Heron");
    const keygen = async () => ({
      signKey: heron.state.signatureSecret.slice(0, 32),
      publicKey: seatOf(scene, "Heron").node.signaturePublicKey,
    });
    const sameSigner = await generateKeyPackage(own, able, lifetime, [], {
      ...suite,
      signature: { ...suite.signature, keygen },
    });
    let made = 0;
    const generateKeyPair = async () => {
      const pair = await suite.hpke.generateKeyPair();
      const taken = await suite.hpke.importPublicKey(seatOf(scene, "Slate").node.hpkePublicKey);
      return made++ === 1 ? { ...pair, publicKey: taken } : pair;
    };
    const sameKey = await generateKeyPackage(own, able, lifetime, [], {
      ...suite,
      hpke: { ...suite.hpke, generateKeyPair },
    });
    for (const { publicPackage } of [sameSigner, sameKey]) {
      const add: Proposal = { proposalType: "add", add: { keyPackage: publicPackage } };
      await forgeryRefused(scene, { proposals: [add] }, /in use/);
    }
  });

  test("adds the same KeyPackage twice", () => {
    const twin = newPackage(scene.all, "Twin").keyPackage;
    return forgeryRefused(scene, { proposals: proposals({ add: [twin, twin] }) }, /in use/);
  });

  test("adds somebody whose init key is the leaf key", async () => {
    const { suite } = scene.mallory;
    const pair = await suite.hpke.generateKeyPair();
    const own = await oracleKeyPackage(
      { ...suite, hpke: { ...suite.hpke, generateKeyPair: async () => pair } },
      utf8("Twin"),
      [topicType],
    );
    await forgeryRefused(scene, { proposals: proposals({ add: [own.bytes] }) }, /init/);
  });

  test("adds somebody who does not know the group's extensions", async () => {
    const own = await oracleKeyPackage(scene.mallory.suite, utf8("Wren"), []);
    await forgeryRefused(scene, { proposals: proposals({ add: [own.bytes] }) }, /extension/);
  });

  test("removes its committer, nobody, or somebody twice", async () => {
    await forgeryRefused(scene, { proposals: [removal(seatOf(scene, "Mallory").leaf)] }, /itself/);
    await forgeryRefused(scene, { proposals: [removal(200)] }, /no member/);
    await forgeryRefused(
      scene,
      { proposals: [removal(seatOf(scene, "Slate").leaf), removal(seatOf(scene, "Slate").leaf)] },
      /leaf/,
    );
  });
});

describe("our own committer refuses to make a commit that", () => {
  const heron = () => groupOf(scene.all, "Heron");

  test("removes itself, nobody, or somebody twice", () => {
    const { all } = scene;
    for (const leaves of [[heron().ownLeaf], [99], [1, 1]]) {
      refused(() => commit(heron(), { remove: leaves, random: all.random }), ["refused"], heron());
    }
  });

  test("adds a member again, or a KeyPackage of another suite", () => {
    const { all } = scene;
    const twin = newPackage(all, "Twin").keyPackage;
    refused(() => commit(heron(), { add: [twin, twin], random: all.random }), ["refused"], heron());
    const other = newPackage({ ...all, suite: { ...classicSuite, id: 0xf00e } }, "Wren");
    const add = [other.keyPackage];
    refused(
      () => commit(heron(), { add, random: all.random }),
      ["refused", "version", "malformed"],
      heron(),
    );
    refused(
      () => readKeyPackage(classicSuite, other.keyPackage),
      ["refused", "version", "malformed"],
    );
  });

  test("names an extension that not every member knows", () => {
    const extensions = [{ type: unknownType, data: utf8("?") }];
    refused(() => commit(heron(), { extensions, random: scene.all.random }), ["refused"], heron());
    expect(members(heron())).toHaveLength(4);
  });
});
