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
  type Group,
  joinGroup,
  type PastEpoch,
  protect,
  retire,
  unprotect,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";

/** One thing on the wire of a group, as whoever owns the wire has it. */
export type Wire =
  | { readonly kind: "text"; readonly id: number; readonly message: Uint8Array }
  | { readonly kind: "commit"; readonly message: Uint8Array };

/** What a thief copies: a member's epoch, and the past ones of which it has kept keys. */
export interface Copied {
  readonly group: Group;
  readonly past: readonly PastEpoch[];
}

/** A group of real MLS members, all of whom hear everything at once but what is kept from one of them. */
export interface Ensemble {
  /** Says something; `keptFrom` does not get it. Gives what was on the wire. */
  say(member: number, id: number, keptFrom?: number): Wire;
  /** One member renews its keys; with `lost` the commit is swallowed and the epoch goes on. */
  update(member: number, lost?: boolean): Wire;
  copy(member: number): Copied;
  readonly wire: readonly Wire[];
}

/** A group of `members`, of which each keeps the keys of so many past epochs. */
export function openEnsemble(plan: {
  readonly suite: Suite;
  readonly members: number;
  readonly retained: number;
  readonly random: Random;
}): Ensemble {
  const { suite, random, retained } = plan;
  let groups = assemble(suite, plan.members, random);
  let past: PastEpoch[][] = groups.map(() => []);
  const wire: Wire[] = [];
  const append = (each: Wire): Wire => {
    wire.push(each);
    return each;
  };
  return {
    wire,
    say(member, id, keptFrom) {
      const said = protect(memberOf(groups, member), utf8(`text ${id}`), new Uint8Array(0), random);
      groups = groups.map((group, index) => {
        if (index === member) return said.group;
        return index === keptFrom ? group : unprotect(group, said.message).reader;
      });
      return append({ kind: "text", id, message: said.message });
    },
    update(member, lost = false) {
      const made = commit(memberOf(groups, member), { random });
      if (!lost) {
        past = groups.map((group, index) =>
          [retire(group), ...(past[index] ?? [])].slice(0, retained),
        );
        groups = groups.map((group, index) =>
          index === member
            ? adoptCommit(group, made.pending).group
            : applyCommit(group, checkCommit(group, made.message)).group,
        );
      }
      return append({ kind: "commit", message: made.message });
    },
    copy: (member) => ({ group: memberOf(groups, member), past: past[member] ?? [] }),
  };
}

function memberOf(groups: readonly Group[], member: number): Group {
  const group = groups[member];
  if (group === undefined) throw new Failure("usage", `no member ${member}`);
  return group;
}

/** A group to which its founder has added the others one by one, as each of them has it. */
export function assemble(suite: Suite, members: number, random: Random): Group[] {
  const founder = createGroup({
    suite,
    rules: channelRules,
    groupId: random(32),
    identity: utf8("member 0"),
    extensions: [],
    random,
  });
  const groups = [founder];
  for (let member = 1; member < members; member++) {
    const identity = utf8(`member ${member}`);
    const own = createKeyPackage({ suite, identity, extensionTypes: [], random });
    const [first] = groups as [Group];
    const made = commit(first, { add: [own.keyPackage], random });
    groups.forEach((group, index) => {
      groups[index] =
        index === 0
          ? adoptCommit(group, made.pending).group
          : applyCommit(group, checkCommit(group, made.message)).group;
    });
    const welcome = made.welcome ?? new Uint8Array(0);
    const { keyPackage, secrets } = own;
    groups.push(joinGroup({ suite, rules: channelRules, welcome, keyPackage, secrets }).group);
  }
  return groups;
}

/**
 * What a thief of one member's state reads of a whole wire: he tries every message with the epoch that was
 * copied and the past ones that it has kept, and follows each commit as that member would. Ids of what he read.
 */
export function readWith(copied: Copied, wire: readonly Wire[]): ReadonlySet<number> {
  const read = new Set<number>();
  let states: (Group | PastEpoch)[] = [...copied.past, copied.group];
  let current: Group | null = copied.group;
  for (const each of wire) {
    if (each.kind === "commit") {
      const next: Group | null = current === null ? null : follow(current, each.message);
      if (next === null) continue;
      current = next;
      states = [...states, next];
      continue;
    }
    states = states.map((state) => {
      const opened = tryOpen(state, each.message);
      if (opened === null) return state;
      read.add(each.id);
      if (state === current) current = opened as Group;
      return opened;
    });
  }
  return read;
}

/** The reader after a message that it could open. What it cannot open changes nothing. */
function tryOpen<State extends Group | PastEpoch>(state: State, message: Uint8Array): State | null {
  try {
    return unprotect(state, message).reader;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** The next epoch, where the thief can get there with what he has; null for a commit that shuts him out. */
function follow(group: Group, message: Uint8Array): Group | null {
  try {
    return applyCommit(group, checkCommit(group, message)).group;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
