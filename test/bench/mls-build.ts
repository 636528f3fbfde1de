import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import {
  applyCommit,
  channelRules,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Group,
  joinGroup,
  type OwnKeyPackage,
  protect,
  type Rules,
  unprotect,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";

const nothing = new Uint8Array();

export const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** ts-mls adds without a path; everything else as in a channel. */
export const rules: Rules = { ...channelRules, pathlessCommits: true };

/** A group of `size` seats: the founder on leaf 0, everybody else added by its first commit. */
export interface Built {
  readonly suite: Suite;
  readonly size: number;
  readonly founder: Group;
  /** The seat on leaf 1, joined by the Welcome. */
  readonly reader: Group;
  readonly welcome: Uint8Array;
  /** Of the seat on leaf i + 1. */
  readonly packages: readonly OwnKeyPackage[];
}

export function newPackage(suite: Suite, name: string): OwnKeyPackage {
  return createKeyPackage({ suite, identity: utf8(name), extensionTypes: [], random });
}

/** A freshly added tree: all parents blank but those above the founder. */
export function buildFresh(suite: Suite, size: number): Built {
  const alone = createGroup({
    suite,
    rules,
    groupId: random(16),
    identity: utf8("member 0"),
    extensions: [],
    random,
  });
  const packages = Array.from({ length: size - 1 }, (_, at) =>
    newPackage(suite, `member ${at + 1}`),
  );
  const made = commit(alone, { add: packages.map(({ keyPackage }) => keyPackage), random });
  const welcome = made.welcome as Uint8Array;
  const reader = join(suite, packages[0] as OwnKeyPackage, welcome);
  return { suite, size, founder: made.pending, reader, welcome, packages };
}

export function join(suite: Suite, own: OwnKeyPackage, welcome: Uint8Array): Group {
  const { keyPackage, secrets } = own;
  return joinGroup({ suite, rules, welcome, keyPackage, secrets }).group;
}

/**
 * The tree after every member has committed once. The founder and the reader follow every commit as
 * members do; the committers in between are seats with the epoch's shared state and a leaf of their own.
 * Leaves go in bit-reversed order, which costs n log n encryptions instead of n squared.
 */
export function warmUp(fresh: Built): Built {
  let { founder, reader } = fresh;
  for (const leaf of bitReversed(fresh.size)) {
    const committer = leaf === 0 ? founder : leaf === 1 ? reader : seatAt(fresh, founder, leaf);
    const made = commit(committer, { random });
    const advance = (group: Group) => applyCommit(group, checkCommit(group, made.message)).group;
    founder = leaf === 0 ? made.pending : advance(founder);
    reader = leaf === 1 ? made.pending : advance(reader);
  }
  return { ...fresh, founder, reader };
}

/** The seat on `leaf`, which knows what everybody in the epoch knows and its own leaf's secrets. */
function seatAt(fresh: Pick<Built, "packages">, shared: Group, leaf: number): Group {
  const { secrets } = fresh.packages[leaf - 1] as OwnKeyPackage;
  return {
    ...shared,
    ownLeaf: leaf,
    state: {
      ...shared.state,
      ownLeaf: leaf,
      signatureSecret: secrets.signatureSecret,
      pathKeys: new Map([[2 * leaf, secrets.leafSecret]]),
    },
  };
}

/** The reader after one message of everybody else in this epoch. */
export function afterAllSpoke({ founder, packages, reader }: Built): Group {
  let after = unprotect(reader, protect(founder, nothing, nothing, random).message).reader;
  for (let leaf = 2; leaf <= packages.length; leaf++) {
    const { message } = protect(seatAt({ packages }, founder, leaf), nothing, nothing, random);
    after = unprotect(after, message).reader;
  }
  return after;
}

/** 0 to size - 1, ordered by their bits read backwards. */
function bitReversed(size: number): number[] {
  const bits = Math.max(1, Math.ceil(Math.log2(size)));
  const reverse = (value: number) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  };
  return Array.from({ length: 1 << bits }, (_, at) => reverse(at)).filter((leaf) => leaf < size);
}
