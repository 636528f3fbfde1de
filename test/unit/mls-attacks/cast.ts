import { expect } from "vitest";
import type { Random } from "#client/crypto/random.ts";
import { type Suite, xwingSuite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  channelRules,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  type Extension,
  encodeEpoch,
  encodePastEpoch,
  encodeRatchets,
  encodeSecretTree,
  type Group,
  joinGroup,
  members,
  type OwnKeyPackage,
  type PastEpoch,
  protect,
  type Rules,
  unprotect,
} from "#client/mls/group.ts";
import { concat, hex, textOf, utf8 } from "#shared/bytes.ts";
import { Failure, type FailureCode } from "#shared/failure.ts";
import { dice } from "#test/dice.ts";

/** An extension type that the casts' rules know, and one that nobody knows. */
export const topicType = 0xf1a0;
export const unknownType = 0xf1a1;
export const rules: Rules = { ...channelRules, extensions: [topicType] };

/** A group of named members who stand in the same epoch. */
export interface Cast {
  readonly suite: Suite;
  readonly random: Random;
  readonly groups: ReadonlyMap<string, Group>;
}

export interface Change {
  readonly add?: readonly Uint8Array[];
  readonly remove?: readonly string[];
  readonly extensions?: readonly Extension[];
  readonly newSignatureKey?: boolean;
}

export interface Setting {
  readonly suite?: Suite;
  readonly rules?: Rules;
}

/** Founds a group with the first name and lets it add the others in one commit. */
export function cast(names: readonly string[], setting: Setting = {}): Cast {
  const { suite = xwingSuite } = setting;
  const random = dice(names.length).bytes;
  const [founder, ...others] = names as [string, ...string[]];
  const alone = createGroup({
    suite,
    rules: setting.rules ?? rules,
    groupId: utf8("the group"),
    identity: utf8(founder),
    extensions: [{ type: topicType, data: utf8("calm") }],
    random,
  });
  let all: Cast = { suite, random, groups: new Map([[founder, alone]]) };
  if (others.length > 0) all = admit(all, founder, others);
  return all;
}

export function newPackage(
  { suite, random }: Pick<Cast, "suite" | "random">,
  name: string,
): OwnKeyPackage {
  return createKeyPackage({ suite, identity: utf8(name), extensionTypes: [topicType], random });
}

/** One member adds newcomers of ours; everybody follows. */
export function admit(all: Cast, by: string, names: readonly string[]): Cast {
  const packages = names.map((name) => newPackage(all, name));
  const { after, welcome } = change(all, by, {
    add: packages.map(({ keyPackage }) => keyPackage),
  });
  const groups = new Map(after.groups);
  for (const [at, name] of names.entries()) {
    const { keyPackage, secrets } = packages[at] as OwnKeyPackage;
    const { suite } = all;
    const joined = joinGroup({
      suite,
      rules: groupOf(all, by).rules,
      welcome: welcome as Uint8Array,
      keyPackage,
      secrets,
    });
    groups.set(name, joined.group);
  }
  return { ...after, groups };
}

/** One member commits; the others who stay follow. */
export function change(all: Cast, by: string, wish: Change) {
  const made = make(all, by, wish);
  const groups = new Map<string, Group>();
  for (const [name, group] of all.groups) {
    if (wish.remove?.includes(name)) continue;
    groups.set(
      name,
      name === by ? adoptCommit(made.group, made.pending).group : follow(group, made.message),
    );
  }
  return { ...made, after: { ...all, groups } };
}

/** A commit that nobody has applied yet. */
export function make(all: Cast, by: string, wish: Change) {
  const group = groupOf(all, by);
  return commit(group, {
    ...(wish.add && { add: wish.add }),
    ...(wish.remove && { remove: wish.remove.map((name) => leafOf(group, name)) }),
    ...(wish.extensions && { extensions: wish.extensions }),
    ...(wish.newSignatureKey && { newSignatureKey: true }),
    random: all.random,
  });
}

export function follow(group: Group, message: Uint8Array): Group {
  return applyCommit(group, checkCommit(group, message)).group;
}

export function groupOf(all: Cast, name: string): Group {
  const group = all.groups.get(name);
  if (group === undefined) throw new Error(`nobody is called ${name}`);
  return group;
}

export function leafOf(group: Group, name: string): number {
  const found = members(group).find(({ identity }) => textOf(identity) === name);
  if (found === undefined) throw new Error(`${name} is not in the group`);
  return found.leaf;
}

/** Messages of one member in a row, and its state after them. */
export function say(group: Group, texts: readonly string[], random: Random) {
  const messages: Uint8Array[] = [];
  let speaker = group;
  for (const text of texts) {
    const made = protect(speaker, utf8(text), utf8("side"), random);
    messages.push(made.message);
    speaker = made.group;
  }
  return { messages, speaker };
}

export function hear<State extends Group | PastEpoch>(reader: State, message: Uint8Array) {
  const read = unprotect(reader, message);
  return { ...read, text: textOf(read.data) };
}

/** Everything that a saved state consists of, as one text: two equal ones are the same state. */
export function imageOf(state: Group | PastEpoch): string {
  return hex(savedBytes(state));
}

export function savedBytes(state: Group | PastEpoch): Uint8Array {
  const epoch = state.kind === "group" ? encodeEpoch(state) : encodePastEpoch(state);
  return concat(epoch, encodeSecretTree(state), encodeRatchets(state));
}

/** Asserts that something is refused by a named Failure, and that the states it touched stay as they were. */
export function refused(
  act: () => unknown,
  codes: readonly FailureCode[],
  ...states: readonly (Group | PastEpoch)[]
): Failure {
  const before = states.map(imageOf);
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, "nothing was refused").toBeDefined();
  if (!(thrown instanceof Failure)) throw thrown;
  expect(codes, `${thrown.code}: ${thrown.message}`).toContain(thrown.code);
  expect(states.map(imageOf)).toEqual(before);
  return thrown;
}

/** Every byte string in a value, however deep, each with the names that lead to it. */
export function allBytes(value: unknown, path = "state"): { path: string; bytes: Uint8Array }[] {
  const found: { path: string; bytes: Uint8Array }[] = [];
  const seen = new Set<object>();
  const walk = (at: unknown, name: string): void => {
    if (at instanceof Uint8Array) found.push({ path: name, bytes: at });
    else if (typeof at === "object" && at !== null && !seen.has(at)) {
      seen.add(at);
      const entries =
        at instanceof Map || at instanceof Set ? [...at.entries()] : Object.entries(at);
      for (const [key, inner] of entries) walk(inner, `${name}.${String(key)}`);
    }
  };
  walk(value, path);
  return found;
}

/** Whether `needle` occurs in `bytes`. */
export function holds(bytes: Uint8Array, needle: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(needle));
}
