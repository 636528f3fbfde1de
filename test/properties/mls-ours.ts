import { wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  channelRules,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  decodeGroup,
  decodePastEpoch,
  encodeEpoch,
  encodePastEpoch,
  encodeRatchets,
  encodeSecretTree,
  epochAuthenticator,
  exportSecret,
  type Group,
  joinGroup,
  type KeyPackageSecrets,
  members,
  type PastEpoch,
  protect,
  type Rules,
  retire,
  unprotect,
} from "#client/mls/group.ts";
import { textOf, utf8 } from "#shared/bytes.ts";
import { type Newcomer, type Seat, topicType } from "./mls-seat.ts";

/** A channel's rules with the topic of these lives among the known extensions. */
export const lifeRules: Rules = { ...channelRules, extensions: [topicType] };

interface Setting {
  readonly suite: Suite;
  readonly rules: Rules;
  readonly random: Random;
}

const nothing = new Uint8Array();

/** The founder of a group, on our implementation. */
export function foundOurs(setting: Setting, name: string, groupId: Uint8Array): Seat {
  const { suite, rules, random } = setting;
  const extensions = [{ type: topicType, data: utf8("first topic") }];
  const group = createGroup({ suite, rules, groupId, identity: utf8(name), extensions, random });
  return ourSeat(setting, group);
}

/** Somebody with a fresh KeyPackage of ours. */
export function newcomerOurs(setting: Setting, name: string): Newcomer {
  const { suite, random } = setting;
  const made = createKeyPackage({
    suite,
    identity: utf8(name),
    extensionTypes: [topicType],
    random,
  });
  return {
    kind: "ours",
    keyPackage: made.keyPackage,
    join: async (welcome) => joinOurs(setting, made.keyPackage, made.secrets, welcome),
  };
}

/** Joins with a KeyPackage and its secrets, whoever made them. */
export function joinOurs(
  setting: Setting,
  keyPackage: Uint8Array,
  secrets: KeyPackageSecrets,
  welcome: Uint8Array,
): Seat {
  const { suite, rules } = setting;
  const joined = joinGroup({ suite, rules, welcome, keyPackage, secrets });
  wipe(...joined.spent);
  return ourSeat(setting, joined.group);
}

/**
 * A seat on our implementation. It wipes what an operation reports as spent at once, so that a life
 * ends if anything that is still needed is among it.
 */
function ourSeat({ rules, random }: Setting, start: Group): Seat {
  let group = start;
  let pending: Group | null = null;
  let past: PastEpoch | null = null;
  const advance = (next: Group, spent: readonly Uint8Array[]) => {
    past = retire(group);
    group = next;
    pending = null;
    wipe(...spent);
  };
  return {
    kind: "ours",
    commit: async (wish) => {
      const made = commit(group, {
        add: wish.add,
        remove: wish.remove,
        ...(wish.extensions && { extensions: wish.extensions }),
        newSignatureKey: wish.newSignatureKey,
        random,
      });
      wipe(...made.spent);
      group = made.group;
      pending = made.pending;
      return { message: made.message, welcome: made.welcome };
    },
    win: async () => {
      if (pending === null) throw new Error("no commit of one's own is pending");
      const adopted = adoptCommit(group, pending);
      advance(adopted.group, adopted.spent);
    },
    apply: async (message) => {
      const applied = applyCommit(group, checkCommit(group, message));
      advance(applied.group, applied.spent);
    },
    protect: async (text) => {
      const made = protect(group, utf8(text), nothing, random);
      group = made.group;
      wipe(...made.spent);
      return made.message;
    },
    unprotect: async (message) => {
      const read = unprotect(group, message);
      group = read.reader;
      wipe(...read.spent);
      return { text: textOf(read.data) ?? "", sender: read.sender };
    },
    unprotectLate: async (message) => {
      if (past === null) throw new Error("there is no epoch before");
      const read = unprotect(past, message);
      past = read.reader;
      wipe(...read.spent);
      return { text: textOf(read.data) ?? "", sender: read.sender };
    },
    reload: async () => {
      group = reloadGroup(group, rules);
      if (pending !== null) pending = reloadGroup(pending, rules);
      if (past !== null) past = reloadPast(past);
    },
    authenticator: async () => epochAuthenticator(group),
    exported: async () => exportSecret(group, "life", utf8("of a group"), 32),
    members: () =>
      members(group).map(({ leaf, identity }) => ({ leaf, identity: textOf(identity) ?? "" })),
  };
}

/** A group as it comes back from the disk: through its three parts, copied, so that nothing is shared. */
export function reloadGroup(group: Group, rules: Rules): Group {
  const saved = {
    epoch: encodeEpoch(group).slice(),
    secretTree: encodeSecretTree(group).slice(),
    ratchets: encodeRatchets(group).slice(),
  };
  return decodeGroup(saved, rules);
}

export function reloadPast(past: PastEpoch): PastEpoch {
  return decodePastEpoch({
    epoch: encodePastEpoch(past).slice(),
    secretTree: encodeSecretTree(past).slice(),
    ratchets: encodeRatchets(past).slice(),
  });
}
