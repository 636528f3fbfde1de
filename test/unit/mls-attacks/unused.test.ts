import {
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  encodeMlsMessage,
  joinGroupExternal,
  type Proposal,
} from "ts-mls";
import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { checkCommit } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  type OracleGroup,
  oracleCommit,
  oracleCommitRaw,
  oracleKeyPackage,
  proposals,
} from "#test/oracle/ts-mls.ts";
import { groupOf, newPackage, rules, topicType, unknownType } from "./cast.ts";
import {
  allRefuse,
  forge,
  forgeryRefused,
  type Infiltrated,
  infiltrate,
  removal,
  seatOf,
} from "./hostile.ts";

let scene: Infiltrated;

beforeAll(async () => {
  await ready();
  scene = await infiltrate(["Heron", "Slate", "Finch"]);
});

describe("what a channel has no use for is refused by everybody alike: a commit that", () => {
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
    for (const list of [[removal(1)], [], proposals({ extensions })]) {
      const message = await forge(lenient.mallory, { proposals: list, path: false });
      allRefuse(lenient, message, /no path/);
    }
  });

  test("names extensions that nobody knows, in the group or in a leaf", async () => {
    const extensions = [{ type: unknownType, data: utf8("?") }];
    await forgeryRefused(scene, { proposals: proposals({ extensions }) }, /extension/);
    await forgeryRefused(
      scene,
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
    await forgeryRefused(scene, { proposals: [...one, ...two] }, /more than one/);
    const twice = [
      { type: topicType, data: utf8("a") },
      { type: topicType, data: utf8("b") },
    ];
    await forgeryRefused(scene, { proposals: proposals({ extensions: twice }) }, /extension/);
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
      [
        { proposalType: "update", update: { leafNode: seatOf(scene, "Mallory").node as never } },
        /update/,
      ],
      [{ proposalType: 0xf1aa, proposalData: utf8("?") }, /proposal/],
    ];
    for (const [proposal, reason] of list)
      await forgeryRefused(scene, { proposals: [proposal] }, reason);
  });

  test("refers to a proposal sent before, which is refused too", async () => {
    const { mallory } = scene;
    const proposed = await createProposal(
      mallory.state,
      false,
      removal(seatOf(scene, "Slate").leaf),
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
