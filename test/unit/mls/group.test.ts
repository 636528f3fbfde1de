import { randomFillSync } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite, xwingSuite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  channelRules,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  decodeGroup,
  encodeEpoch,
  encodeRatchets,
  encodeSecretTree,
  epochAuthenticator,
  type Group,
  joinGroup,
  members,
  protect,
  retire,
  unprotect,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";

const random = (bytes: number): Uint8Array => randomFillSync(new Uint8Array(bytes));

beforeAll(ready);

function found(suite: Suite): Group {
  const identity = utf8("Slate");
  const groupId = random(32);
  return createGroup({ suite, rules: channelRules, groupId, identity, extensions: [], random });
}

function admit(
  group: Group,
  name: string,
): { sponsor: Group; newcomer: Group; message: Uint8Array } {
  const { suite } = group;
  const own = createKeyPackage({ suite, identity: utf8(name), extensionTypes: [], random });
  const made = commit(group, { add: [own.keyPackage], random });
  checkCommit(group, made.message);
  const joined = joinGroup({
    suite,
    rules: channelRules,
    welcome: made.welcome as Uint8Array,
    keyPackage: own.keyPackage,
    secrets: own.secrets,
  });
  return {
    sponsor: adoptCommit(group, made.pending).group,
    newcomer: joined.group,
    message: made.message,
  };
}

describe.each([
  ["classic", classicSuite],
  ["X-Wing", xwingSuite],
])("a group on the %s suite", (_, suite) => {
  test("adds, talks, updates, removes and converges", () => {
    let { sponsor: a, newcomer: b } = admit(found(suite), "Heron");
    expect(epochAuthenticator(a)).toEqual(epochAuthenticator(b));
    const second = admit(a, "Wren");
    b = applyCommit(b, checkCommit(b, second.message)).group;
    a = second.sponsor;
    let c = second.newcomer;
    expect(epochAuthenticator(a)).toEqual(epochAuthenticator(b));
    expect(epochAuthenticator(c)).toEqual(epochAuthenticator(b));
    const said = protect(c, utf8("hello"), utf8("aad"), random);
    c = said.group;
    const heard = unprotect(b, said.message);
    expect(heard.data).toEqual(utf8("hello"));
    expect(heard.sender).toBe(2);
    b = heard.reader;
    const rotated = commit(b, { newSignatureKey: true, random });
    a = applyCommit(a, checkCommit(a, rotated.message)).group;
    c = applyCommit(c, checkCommit(c, rotated.message)).group;
    const late = retire(b);
    b = adoptCommit(b, rotated.pending).group;
    expect(late.epoch + 1n).toBe(b.epoch);
    const gone = commit(c, { remove: [0], random });
    b = applyCommit(b, checkCommit(b, gone.message)).group;
    c = adoptCommit(c, gone.pending).group;
    expect(() => applyCommit(a, checkCommit(a, gone.message))).toThrow("removes this member");
    expect(epochAuthenticator(c)).toEqual(epochAuthenticator(b));
    expect(members(b).map(({ leaf }) => leaf)).toEqual([1, 2]);
    const again = decodeGroup(
      { epoch: encodeEpoch(b), secretTree: encodeSecretTree(b), ratchets: encodeRatchets(b) },
      channelRules,
    );
    expect(again.state.context).toEqual(b.state.context);
    expect(encodeEpoch(again)).toEqual(encodeEpoch(b));
  });
});
