import {
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  encodeMlsMessage,
  generateKeyPackage,
  joinGroupExternal,
  type Proposal,
} from "ts-mls";
import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import { checkCommit, commit, members, readKeyPackage } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  type OracleGroup,
  oracleCommit,
  oracleCommitRaw,
  oracleKeyPackage,
  proposals,
} from "#test/oracle/ts-mls.ts";
import {
  type Cast,
  groupOf,
  leafOf,
  newPackage,
  refused,
  rules,
  topicType,
  unknownType,
} from "./cast.ts";
import { type Forgery, forge, type Infiltrated, infiltrate } from "./hostile.ts";

let scene: Infiltrated;

beforeAll(async () => {
  await ready();
  scene = await infiltrate(["Heron", "Slate", "Finch"]);
});

/** Every honest member refuses the message in its public part, for the reason that is meant. */
function allRefuse({ all }: { all: Cast }, message: Uint8Array, reason: RegExp): void {
  for (const group of all.groups.values()) {
    const failure = refused(
      () => checkCommit(group, message),
      ["refused", "malformed", "integrity"],
      group,
    );
    expect(failure.message).toMatch(reason);
  }
}

async function forgeryRefused(forgery: Forgery, reason: RegExp): Promise<void> {
  allRefuse(scene, await forge(scene.mallory, forgery), reason);
}

const remove = (removed: number): Proposal => ({ proposalType: "remove", remove: { removed } });
const leaf = (name: string) => leafOf(groupOf(scene.all, "Heron"), name);
const keyOf = (name: string) => {
  const node = scene.mallory.state.ratchetTree[2 * leaf(name)];
  if (node?.nodeType !== "leaf") throw new Error(`${name} has no leaf`);
  return node.leaf;
};

test("a well-made commit of the same forger passes the public part: the refusals below are for their reasons", async () => {
  const newcomer = newPackage(scene.all, "Wren").keyPackage;
  for (const forgery of [
    {},
    { proposals: [remove(leaf("Finch"))] },
    { proposals: proposals({ add: [newcomer] }) },
    { proposals: proposals({ remove: [leaf("Slate")], add: [newcomer] }) },
    { proposals: proposals({ extensions: [{ type: topicType, data: utf8("storm") }] }) },
  ]) {
    const message = await forge(scene.mallory, forgery);
    for (const group of scene.all.groups.values()) {
      expect(checkCommit(group, message).committer).toBe(leaf("Mallory"));
    }
  }
});

describe("a commit is refused by everybody alike when it", () => {
  test("adds without a path", async () => {
    const newcomer = newPackage(scene.all, "Wren").keyPackage;
    const { message } = await oracleCommit(scene.mallory, { add: [newcomer] });
    allRefuse(scene, message, /no path/);
    const lenient = await infiltrate(["Heron"], { ...rules, pathlessCommits: true });
    const made = await oracleCommit(lenient.mallory, {
      add: [newPackage(lenient.all, "Wren").keyPackage],
    });
    expect(checkCommit(groupOf(lenient.all, "Heron"), made.message).adds).toHaveLength(1);
  });

  test("removes, updates or changes the group's extensions without a path, whatever the rules", async () => {
    const lenient = await infiltrate(["Heron", "Slate"], { ...rules, pathlessCommits: true });
    const extensions = [{ type: topicType, data: utf8("storm") }];
    for (const list of [[remove(1)], [], proposals({ extensions })]) {
      const message = await forge(lenient.mallory, { proposals: list, path: false });
      allRefuse(lenient, message, /no path/);
    }
  });

  test("renames its committer", () =>
    forgeryRefused(
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
      {
        leaf: (own) => ({ ...own, signaturePublicKey: keyOf("Slate").signaturePublicKey }),
        leafSigner: groupOf(scene.all, "Slate").state.signatureSecret.slice(0, 32),
      },
      /in use/,
    ));

  test("takes another member's encryption key", () =>
    forgeryRefused({ keys: [keyOf("Slate").hpkePublicKey] }, /in use/));

  test("keeps the committer's own encryption key", () =>
    forgeryRefused({ keys: [keyOf("Mallory").hpkePublicKey] }, /key/));

  test("puts a key that is in the tree on its path", async () => {
    const fresh = await scene.mallory.suite.hpke.generateKeyPair();
    const own = await scene.mallory.suite.hpke.exportPublicKey(fresh.publicKey);
    await forgeryRefused({ keys: [own, keyOf("Heron").hpkePublicKey] }, /in use/);
    await forgeryRefused({ keys: [own, own] }, /in use/);
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
      publicKey: keyOf("Heron").signaturePublicKey,
    });
    const sameSigner = await generateKeyPackage(own, able, lifetime, [], {
      ...suite,
      signature: { ...suite.signature, keygen },
    });
    let made = 0;
    const generateKeyPair = async () => {
      const pair = await suite.hpke.generateKeyPair();
      const taken = await suite.hpke.importPublicKey(keyOf("Slate").hpkePublicKey);
      return made++ === 1 ? { ...pair, publicKey: taken } : pair;
    };
    const sameKey = await generateKeyPackage(own, able, lifetime, [], {
      ...suite,
      hpke: { ...suite.hpke, generateKeyPair },
    });
    for (const { publicPackage } of [sameSigner, sameKey]) {
      const add: Proposal = { proposalType: "add", add: { keyPackage: publicPackage } };
      await forgeryRefused({ proposals: [add] }, /in use/);
    }
  });

  test("adds the same KeyPackage twice", () => {
    const twin = newPackage(scene.all, "Twin").keyPackage;
    return forgeryRefused({ proposals: proposals({ add: [twin, twin] }) }, /in use/);
  });

  test("adds somebody whose init key is the leaf key", async () => {
    const { suite } = scene.mallory;
    const pair = await suite.hpke.generateKeyPair();
    const own = await oracleKeyPackage(
      { ...suite, hpke: { ...suite.hpke, generateKeyPair: async () => pair } },
      utf8("Twin"),
      [topicType],
    );
    await forgeryRefused({ proposals: proposals({ add: [own.bytes] }) }, /init/);
  });

  test("adds somebody who does not know the group's extensions", async () => {
    const own = await oracleKeyPackage(scene.mallory.suite, utf8("Wren"), []);
    await forgeryRefused({ proposals: proposals({ add: [own.bytes] }) }, /extension/);
  });

  test("removes its committer, nobody, or somebody twice", async () => {
    await forgeryRefused({ proposals: [remove(leaf("Mallory"))] }, /itself/);
    await forgeryRefused({ proposals: [remove(200)] }, /no member/);
    await forgeryRefused({ proposals: [remove(leaf("Slate")), remove(leaf("Slate"))] }, /leaf/);
  });

  test("names extensions that nobody knows, in the group or in a leaf", async () => {
    const extensions = [{ type: unknownType, data: utf8("?") }];
    await forgeryRefused({ proposals: proposals({ extensions }) }, /extension/);
    await forgeryRefused(
      {
        leaf: (own) => ({
          ...own,
          extensions: [{ extensionType: unknownType, extensionData: utf8("?") }],
          capabilities: { ...own.capabilities, extensions: [topicType, unknownType] },
        }),
      },
      /extension/,
    );
  });

  test("carries two changes of the group's extensions, or an extension twice", async () => {
    const one = proposals({ extensions: [{ type: topicType, data: utf8("a") }] });
    const two = proposals({ extensions: [{ type: topicType, data: utf8("b") }] });
    await forgeryRefused({ proposals: [...one, ...two] }, /more than one/);
    const twice = [
      { type: topicType, data: utf8("a") },
      { type: topicType, data: utf8("b") },
    ];
    await forgeryRefused({ proposals: proposals({ extensions: twice }) }, /extension/);
  });

  test("carries a pre-shared key, a reinit, an external init, an update or an unknown proposal", async () => {
    const list: readonly [Proposal, RegExp][] = [
      [
        {
          proposalType: "psk",
          psk: {
            preSharedKeyId: { psktype: "external", pskId: utf8("x"), pskNonce: new Uint8Array(32) },
          },
        },
        /pre-shared/,
      ],
      [
        {
          proposalType: "reinit",
          reinit: {
            groupId: utf8("other"),
            version: "mls10",
            cipherSuite: scene.mallory.suite.name,
            extensions: [],
          },
        },
        /reinit/,
      ],
      [
        { proposalType: "external_init", externalInit: { kemOutput: new Uint8Array(32) } },
        /external/,
      ],
      [{ proposalType: "update", update: { leafNode: keyOf("Mallory") as never } }, /update/],
      [{ proposalType: 0xf1aa, proposalData: utf8("?") }, /proposal/],
    ];
    for (const [proposal, reason] of list) await forgeryRefused({ proposals: [proposal] }, reason);
  });

  test("refers to a proposal sent before, which is refused too", async () => {
    const { mallory } = scene;
    const proposed = await createProposal(
      mallory.state,
      false,
      remove(leaf("Slate")),
      mallory.suite,
    );
    allRefuse(scene, encodeMlsMessage(proposed.message), /stand-alone|not a commit/);
    const by = { ...mallory, state: proposed.newState };
    allRefuse(scene, (await oracleCommitRaw(by, {})).message, /refers/);
  });

  test("comes as a PublicMessage", async () => {
    const made = await oracleCommitRaw(scene.mallory, { wireAsPublicMessage: true });
    allRefuse(scene, made.message, /not a PrivateMessage/);
  });

  test("comes from outside, with a member's GroupInfo", async () => {
    allRefuse(scene, await joinFromOutside(scene.mallory), /not a PrivateMessage/);
    const open = await infiltrate(["Heron"], { ...rules, publicMessages: true });
    allRefuse(open, await joinFromOutside(open.mallory), /outside/);
  });
});

async function joinFromOutside(mallory: OracleGroup): Promise<Uint8Array> {
  const { state, suite } = mallory;
  const info = await createGroupInfoWithExternalPubAndRatchetTree(state, [], suite);
  const own = await oracleKeyPackage(suite, utf8("Eve"), [topicType]);
  const joined = await joinGroupExternal(info, own.keyPackage, own.secrets, false, suite);
  return encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_public_message",
    publicMessage: joined.publicMessage,
  });
}

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
