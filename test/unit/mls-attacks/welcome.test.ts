import { encodeMlsMessage, type RatchetTree } from "ts-mls";
import { createConfirmationTag } from "ts-mls/framedContent.js";
import type { GroupContext } from "ts-mls/groupContext.js";
import { extractWelcomeSecret, signGroupInfo } from "ts-mls/groupInfo.js";
import { decodeKeyPackage, makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import type { ParentNode } from "ts-mls/parentNode.js";
import { addLeafNode, encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { toLeafIndex } from "ts-mls/treemath.js";
import { createUpdatePath } from "ts-mls/updatePath.js";
import { encryptGroupInfo, encryptGroupSecrets } from "ts-mls/welcome.js";
import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import { joinGroup, type OwnKeyPackage } from "#client/mls/group.ts";
import { concat, utf8 } from "#shared/bytes.ts";
import { oracleKeyPackage } from "#test/oracle/ts-mls.ts";
import { change, groupOf, newPackage, refused, rules, topicType, unknownType } from "./cast.ts";
import { type Infiltrated, infiltrate } from "./hostile.ts";

/** What a dishonest sponsor may change in the group that he shows a newcomer. */
interface Lie {
  /** Before Mallory's path is laid over it, which then vouches for it. */
  readonly seats?: (tree: RatchetTree) => RatchetTree;
  readonly tree?: (tree: RatchetTree) => RatchetTree;
  readonly context?: (context: GroupContext) => GroupContext;
  readonly encodedTree?: (bytes: Uint8Array) => Uint8Array;
  readonly extensions?: { extensionType: number; extensionData: Uint8Array }[];
  readonly signer?: number;
  readonly confirmationTag?: Uint8Array;
}

let scene: Infiltrated;
let own: OwnKeyPackage;

beforeAll(async () => {
  await ready();
  scene = await infiltrate(["Heron", "Slate", "Finch"]);
  own = newPackage({ suite: classicSuite, random: scene.all.random }, "Robin");
});

/**
 * A Welcome by Mallory into a group as he likes it: he picks the joiner secret, so everything that does
 * not need another member's signature fits together, the confirmation tag included.
 */
async function falseWelcome(lie: Lie = {}): Promise<Uint8Array> {
  const { state, suite } = scene.mallory;
  const [keyPackage] = decodeKeyPackage(own.keyPackage, 0) ?? [];
  if (keyPackage === undefined) throw new Error("the oracle cannot decode the KeyPackage");
  const [grown, node] = addLeafNode(state.ratchetTree, keyPackage.leafNode);
  const seat = toLeafIndex(state.privatePath.leafIndex);
  const { groupContext: old, signaturePrivateKey } = state;
  const [fresh, , pathSecrets] = await createUpdatePath(
    lie.seats?.(grown) ?? grown,
    seat,
    old,
    signaturePrivateKey,
    suite,
    [node],
  );
  const tree = lie.tree?.(fresh) ?? fresh;
  const honest = { ...state.groupContext, treeHash: await treeHashRoot(tree, suite.hash) };
  const groupContext = lie.context?.(honest) ?? honest;
  const joinerSecret = suite.rng.randomBytes(suite.kdf.size);
  const noPsk = new Uint8Array(suite.kdf.size);
  const [schedule] = await deriveKeySchedule(joinerSecret, noPsk, groupContext, suite.kdf);
  const confirmationTag =
    lie.confirmationTag ??
    (await createConfirmationTag(
      schedule.confirmationKey,
      groupContext.confirmedTranscriptHash,
      suite.hash,
    ));
  const encoded = encodeRatchetTree(tree);
  const extensionData = lie.encodedTree?.(encoded) ?? encoded;
  const info = await signGroupInfo(
    {
      groupContext,
      extensions: [{ extensionType: "ratchet_tree", extensionData }, ...(lie.extensions ?? [])],
      confirmationTag,
      signer: lie.signer ?? state.privatePath.leafIndex,
    },
    state.signaturePrivateKey,
    suite.signature,
  );
  const welcomeSecret = await extractWelcomeSecret(joinerSecret, noPsk, suite.kdf);
  const encryptedGroupInfo = await encryptGroupInfo(info, welcomeSecret, suite);
  // Robin's leaf is the first beyond the founders' half, so what it shares with Mallory is the root.
  const pathSecret = pathSecrets.at(-1)?.secret;
  const sealed = await encryptGroupSecrets(
    await suite.hpke.importPublicKey(keyPackage.initKey),
    encryptedGroupInfo,
    { joinerSecret, pathSecret, psks: [] },
    suite.hpke,
  );
  const newMember = await makeKeyPackageRef(keyPackage, suite.hash);
  return encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_welcome",
    welcome: {
      cipherSuite: suite.name,
      secrets: [
        { newMember, encryptedGroupSecrets: { kemOutput: sealed.enc, ciphertext: sealed.ct } },
      ],
      encryptedGroupInfo,
    },
  });
}

const join = (welcome: Uint8Array, expected?: { groupId: Uint8Array; signerKey: Uint8Array }) =>
  joinGroup({
    suite: classicSuite,
    rules,
    welcome,
    keyPackage: own.keyPackage,
    secrets: own.secrets,
    ...(expected && { expected }),
  });

async function lieRefused(lie: Lie, reason: RegExp): Promise<void> {
  const welcome = await falseWelcome(lie);
  const failure = refused(() => join(welcome), ["refused", "integrity", "malformed"]);
  expect(failure.message).toMatch(reason);
}

/** The tree with its parent nodes changed: those that the founder's commit has made. */
function withRoot(change: (node: ParentNode) => ParentNode): Lie {
  return {
    tree: (tree) =>
      tree.map((node) =>
        node?.nodeType === "parent" ? { ...node, parent: change(node.parent) } : node,
      ),
  };
}

test("a Welcome by the same forger is accepted when he tells the truth", async () => {
  expect(join(await falseWelcome()).signer.leaf).toBe(3);
});

describe("a newcomer refuses a Welcome", () => {
  test("into another group, or signed by another member, than was agreed by voice", async () => {
    const welcome = await falseWelcome();
    const { groupId } = groupOf(scene.all, "Heron");
    const signer = join(welcome).signer.signatureKey;
    expect(join(welcome, { groupId, signerKey: signer }).group.groupId).toEqual(groupId);
    const other = concat(groupId, Uint8Array.of(0));
    refused(() => join(welcome, { groupId: other, signerKey: signer }), ["refused"]);
    const wrong = signer.map((octet) => octet ^ 1);
    refused(() => join(welcome, { groupId, signerKey: wrong }), ["refused"]);
  });

  test("for somebody else's KeyPackage", async () => {
    const stranger = await oracleKeyPackage(scene.mallory.suite, utf8("Eve"), [topicType]);
    const { welcome } = change(scene.all, "Heron", { add: [stranger.bytes] });
    const failure = refused(() => join(welcome as Uint8Array), ["refused"]);
    expect(failure.message).toMatch(/another KeyPackage/);
  });

  test("whose tree gives a member another name", () =>
    lieRefused(
      {
        seats: (tree) =>
          tree.map((node, at) =>
            at === 0 && node?.nodeType === "leaf"
              ? {
                  ...node,
                  leaf: {
                    ...node.leaf,
                    credential: { credentialType: "basic", identity: utf8("Raven") },
                  },
                }
              : node,
          ),
      },
      /leaf: signature/,
    ));

  test("whose tree seats a member on another leaf", () =>
    lieRefused(
      {
        tree: (tree) => {
          const moved = tree.slice();
          [moved[0], moved[2]] = [tree[2], tree[0]];
          return moved;
        },
      },
      /parent-hash|signature/,
    ));

  test("whose tree seats one member twice", () =>
    lieRefused({ tree: (tree) => addLeafNode(tree, leafOf(tree, 1))[0] }, /in use/));

  test("whose tree hides a member", () =>
    lieRefused({ tree: (tree) => tree.with(2, undefined) }, /parent-hash|unmerged/));

  test("whose tree has a node that nobody made", async () => {
    await lieRefused(
      withRoot((node) => ({
        ...node,
        hpkePublicKey: node.hpkePublicKey.map((octet) => octet ^ 1),
      })),
      /parent-hash/,
    );
    const { suite } = scene.mallory;
    const pair = await suite.hpke.generateKeyPair();
    const hpkePublicKey = await suite.hpke.exportPublicKey(pair.publicKey);
    const parent = { hpkePublicKey, parentHash: new Uint8Array(), unmergedLeaves: [] };
    await lieRefused(
      {
        tree: (tree) => tree.map((node, at) => (at === 1 ? { nodeType: "parent", parent } : node)),
      },
      /parent-hash/,
    );
  });

  test("whose tree lies about unmerged leaves", async () => {
    const list = (unmergedLeaves: number[]) => withRoot((node) => ({ ...node, unmergedLeaves }));
    await lieRefused(list([7]), /unmerged/);
    await lieRefused(list([4, 4]), /unmerged/);
    await lieRefused(list([2, 1]), /unmerged/);
    await lieRefused(list([0]), /parent-hash|unmerged/);
  });

  test("whose tree is not the one that its context names", () =>
    lieRefused(
      {
        context: (context) => ({
          ...context,
          treeHash: context.treeHash.map((octet) => octet ^ 1),
        }),
      },
      /tree hash/,
    ));

  test("whose tree does not hold the newcomer", () =>
    lieRefused({ tree: () => scene.mallory.state.ratchetTree }, /does not hold/));

  test("whose tree ends in a blank, or goes on behind its end", async () => {
    // A vector of optional nodes: one octet 0 more is one blank more at the end.
    const longer = (bytes: Uint8Array) => {
      const length = ((bytes[0] as number) & 0x3f) * 256 + (bytes[1] as number) + 1;
      const header = Uint8Array.of(0x40 | (length >> 8), length & 255);
      return concat(header, bytes.slice(2), Uint8Array.of(0));
    };
    await lieRefused({ encodedTree: longer }, /blank/);
    await lieRefused({ encodedTree: (bytes) => concat(bytes, Uint8Array.of(0)) }, /tree|trail|end/);
  });

  test("signed by one member in the name of another, or of nobody", async () => {
    await lieRefused({ signer: 0 }, /signature/);
    await lieRefused({ signer: 77 }, /not a member/);
  });

  test("with a confirmation tag that does not fit", () =>
    lieRefused({ confirmationTag: new Uint8Array(32) }, /confirmation tag/));

  test("with extensions that it does not know", async () => {
    const unknown = { extensionType: unknownType, extensionData: utf8("?") };
    await lieRefused({ extensions: [unknown] }, /unknown extensions/);
    await lieRefused(
      { context: (context) => ({ ...context, extensions: [...context.extensions, unknown] }) },
      /extension/,
    );
  });
});

function leafOf(tree: RatchetTree, leaf: number) {
  const node = tree[2 * leaf];
  if (node?.nodeType !== "leaf") throw new Error(`leaf ${leaf} is blank`);
  return node.leaf;
}
