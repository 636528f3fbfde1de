import {
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  encodeMlsMessage,
  joinGroupExternal,
} from "ts-mls";
import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  checkCommit,
  type Group,
  member,
  readKeyPackage,
  readProposal,
} from "#client/mls/group.ts";
import { hex, textOf, utf8 } from "#shared/bytes.ts";
import {
  type OracleGroup,
  oracleCommit,
  oracleCommitRaw,
  oracleKeyPackage,
} from "#test/oracle/ts-mls.ts";
import { cast, groupOf, leafOf, make, newPackage, rules, topicType } from "./cast.ts";
import { forge, type Infiltrated, infiltrate, removal, seatOf } from "./hostile.ts";

beforeAll(ready);

const refusal = (message: string) => expect.objectContaining({ code: "refused", message });
const heronOf = ({ all }: Infiltrated): Group => groupOf(all, "Heron");

describe("what a checked commit says it changes is what it changes:", () => {
  const start = () => cast(["Heron", "Slate", "Finch"], { suite: classicSuite });
  const seen = (all: ReturnType<typeof start>, wish: Parameters<typeof make>[2]) => {
    const made = make(all, "Slate", wish);
    return { made, checked: checkCommit(groupOf(all, "Heron"), made.message) };
  };

  test("of nothing but its committer's keys, nothing", () => {
    const { checked } = seen(start(), {});
    expect(checked).toMatchObject({
      kind: "checked",
      committer: 1,
      generation: 0,
      adds: [],
      removes: [],
      extensions: null,
      newSignatureKey: null,
    });
  });

  test("of a new signature key, that key", () => {
    const all = start();
    const { made, checked } = seen(all, { newSignatureKey: true });
    const { group } = adoptCommit(made.group, made.pending);
    const key = member(group, 1)?.signatureKey as Uint8Array;
    expect(hex(checked.newSignatureKey as Uint8Array)).toBe(hex(key));
    expect(hex(key)).not.toBe(hex(member(groupOf(all, "Heron"), 1)?.signatureKey as Uint8Array));
  });

  test("of those who come and go, their leaves and their KeyPackages", () => {
    const all = start();
    const wren = newPackage(all, "Wren");
    const { checked } = seen(all, { add: [wren.keyPackage], remove: ["Finch"] });
    const finch = leafOf(groupOf(all, "Heron"), "Finch");
    expect(checked.removes).toEqual([finch]);
    const view = readKeyPackage(classicSuite, wren.keyPackage, rules);
    expect(checked.adds).toEqual([{ ...view, leaf: finch }]);
    expect(textOf(checked.adds[0]?.identity as Uint8Array)).toBe("Wren");
    expect(checked.extensions).toBeNull();
  });

  test("of the group's extensions, the new ones", () => {
    const extensions = [{ type: topicType, data: utf8("storm") }];
    expect(seen(start(), { extensions }).checked.extensions).toEqual(extensions);
  });

  test("of the epoch, the next one, with the tree as the path leaves it", () => {
    const all = start();
    const { made, checked } = seen(all, {});
    const { internal } = checked;
    expect(internal.provisional.epoch).toBe(groupOf(all, "Heron").epoch + 1n);
    expect(internal.steps.length).toBeGreaterThan(0);
    expect(internal.path).not.toBeNull();
    const { group } = adoptCommit(made.group, made.pending);
    expect(hex(internal.provisional.treeHash)).toBe(hex(group.state.context.treeHash));
  });

  test("and checking it twice gives the same and consumes nothing", () => {
    const all = start();
    const { message } = make(all, "Slate", {});
    const heron = groupOf(all, "Heron");
    const once = checkCommit(heron, message);
    expect(checkCommit(heron, message)).toEqual(once);
    expect(applyCommit(heron, once).group.epoch).toBe(heron.epoch + 1n);
  });
});

describe("a commit without a path, where the rules allow one,", () => {
  test("keeps its committer's key and has no steps", async () => {
    const scene = await infiltrate(["Heron"], { ...rules, pathlessCommits: true });
    const wren = newPackage(scene.all, "Wren").keyPackage;
    const { message } = await oracleCommit(scene.mallory, { add: [wren] });
    const checked = checkCommit(heronOf(scene), message);
    expect(checked.newSignatureKey).toBeNull();
    expect(checked.internal).toMatchObject({ path: null, steps: [] });
    expect(applyCommit(heronOf(scene), checked).group.epoch).toBe(heronOf(scene).epoch + 1n);
  });

  test("is refused by its name where they do not, and where it needs one", async () => {
    const strict = await infiltrate(["Heron"]);
    const wren = newPackage(strict.all, "Wren").keyPackage;
    const { message } = await oracleCommit(strict.mallory, { add: [wren] });
    expect(() => checkCommit(heronOf(strict), message)).toThrow(refusal("commit: has no path"));
    const scene = await infiltrate(["Heron"], { ...rules, pathlessCommits: true });
    const empty = await forge(scene.mallory, { proposals: [], path: false });
    expect(() => checkCommit(heronOf(scene), empty)).toThrow(refusal("commit: has no path"));
  });
});

describe("a proposal sent before its commit", () => {
  const propose = async (scene: Infiltrated, name: string) => {
    const { mallory } = scene;
    const proposal = removal(seatOf(scene, name).leaf);
    const made = await createProposal(mallory.state, false, proposal, mallory.suite);
    return {
      message: encodeMlsMessage(made.message),
      by: { ...mallory, state: made.newState } satisfies OracleGroup,
    };
  };

  test("is no commit, and a channel does not read it as a proposal either", async () => {
    const scene = await infiltrate(["Heron", "Slate"]);
    const { message } = await propose(scene, "Slate");
    const heron = heronOf(scene);
    expect(() => checkCommit(heron, message)).toThrow(refusal("message: is not a commit"));
    expect(() => readProposal(heron, message)).toThrow(
      refusal("message: stand-alone proposals are not used"),
    );
  });

  test("is read where the rules allow it, and a commit is not read as one", async () => {
    const scene = await infiltrate(["Heron", "Slate"], { ...rules, proposalsByReference: true });
    const { message } = await propose(scene, "Slate");
    const { leaf } = seatOf(scene, "Slate");
    expect(readProposal(heronOf(scene), message)).toMatchObject({
      proposal: { kind: "remove", removed: leaf },
      sender: { kind: "member", leaf: seatOf(scene, "Mallory").leaf },
    });
    const commit = await forge(scene.mallory);
    expect(() => readProposal(heronOf(scene), commit)).toThrow(
      refusal("message: stand-alone proposals are not used"),
    );
  });

  test("counts when a commit refers to it, and only if it is known and allowed", async () => {
    const scene = await infiltrate(["Heron", "Slate"], { ...rules, proposalsByReference: true });
    const { message, by } = await propose(scene, "Slate");
    const heron = heronOf(scene);
    const read = readProposal(heron, message);
    const made = await oracleCommitRaw(by, {});
    const { leaf } = seatOf(scene, "Slate");
    expect(checkCommit(heron, made.message, [read]).removes).toEqual([leaf]);
    // Among others it is found by its reference.
    const other = { ...read, ref: new Uint8Array(read.ref.length) };
    expect(checkCommit(heron, made.message, [other, read]).removes).toEqual([leaf]);
    const refers = refusal("commit: refers to a proposal");
    expect(() => checkCommit(heron, made.message)).toThrow(refers);
    expect(() => checkCommit(heron, made.message, [other])).toThrow(refers);
    const strict = { ...heron, rules };
    expect(() => checkCommit(strict, made.message, [read])).toThrow(refers);
  });
});

describe("a commit from outside, where the rules allow one,", () => {
  test("takes the next free leaf and changes nobody's key", async () => {
    const open = { ...rules, publicMessages: true, externalSenders: true };
    const scene = await infiltrate(["Heron", "Slate"], open);
    const { state, suite } = scene.mallory;
    const info = await createGroupInfoWithExternalPubAndRatchetTree(state, [], suite);
    const own = await oracleKeyPackage(suite, utf8("Eve"), [topicType]);
    const joined = await joinGroupExternal(info, own.keyPackage, own.secrets, false, suite);
    const { publicMessage } = joined;
    const message = encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_public_message",
      publicMessage,
    });
    const checked = checkCommit(heronOf(scene), message);
    expect(checked).toMatchObject({ committer: 3, generation: null, newSignatureKey: null });
    const { group } = applyCommit(heronOf(scene), checked);
    expect(textOf(member(group, 3)?.identity as Uint8Array)).toBe("Eve");
  });
});
