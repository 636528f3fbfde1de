import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  channelRules,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  protect,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";

/** Bytes of MLS messages in a group of so many members. */
export interface MlsSizes {
  readonly keyPackage: number;
  /** A commit with nothing but the committer's new path. */
  readonly update: number;
  /** The Welcome for the last member, with the tree. */
  readonly welcome: number;
  /** One application message. */
  readonly message: number;
}

/**
 * Measures our own MLS: one member adds the others one by one, each by a commit with a path, then
 * renews its own path. The others have not committed yet, so their side of the tree has blank nodes.
 */
export function mlsSizes(
  suite: Suite,
  plan: { readonly members: number; readonly textBytes: number; readonly random: Random },
): MlsSizes {
  const { members, textBytes, random } = plan;
  const first = createGroup({
    suite,
    rules: channelRules,
    groupId: random(32),
    identity: utf8("member 0"),
    extensions: [],
    random,
  });
  let groups: Group[] = [first];
  let keyPackageBytes = 0;
  let welcomeBytes = 0;
  for (let member = 1; member < members; member++) {
    const identity = utf8(`member ${member}`);
    const own = createKeyPackage({ suite, identity, extensionTypes: [], random });
    keyPackageBytes = own.keyPackage.length;
    const [founder] = groups as [Group];
    const made = commit(founder, { add: [own.keyPackage], random });
    welcomeBytes = made.welcome?.length ?? 0;
    groups = [adoptCommit(founder, made.pending).group];
  }
  const [group] = groups as [Group];
  const made = commit(group, { random });
  const nothing = new Uint8Array(0);
  const spoken = protect(made.pending, new Uint8Array(textBytes), nothing, random);
  return {
    keyPackage: keyPackageBytes,
    update: made.message.length,
    welcome: welcomeBytes,
    message: spoken.message.length,
  };
}
