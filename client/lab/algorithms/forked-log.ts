import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  checkCommit,
  commit,
  epochAuthenticator,
  type Group,
  protect,
  unprotect,
} from "#client/mls/group.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { assemble } from "./copied-state.ts";

/** What members show and read whose relay has given each part of them another commit of the same epoch. */
export interface Forked {
  /** Different epoch numbers that are shown. */
  readonly epochs: number;
  readonly authenticators: number;
  /** Pairs of author and reader, and those in which every message was opened. */
  readonly within: { readonly opened: number; readonly of: number };
  readonly across: { readonly opened: number; readonly of: number };
}

/**
 * Forks a group of real MLS members into so many logs, member by member in turn: the first of each part
 * commits, and the relay shows the part this commit alone (LEAKLAB 3.10; RFC 9420 section 8.7 for the
 * epoch authenticator).
 */
export function forkLog(plan: {
  readonly suite: Suite;
  readonly members: number;
  readonly logs: number;
  readonly messages: number;
  readonly random: Random;
}): Forked {
  const { suite, members, logs, messages, random } = plan;
  const groups = assemble(suite, members, random);
  const logOf = (member: number) => member % logs;
  const forked: Group[] = [];
  for (let log = 0; log < logs; log++) {
    const made = commit(groups[log] as Group, { random });
    groups.forEach((group, member) => {
      if (logOf(member) !== log) return;
      forked[member] =
        member === log
          ? adoptCommit(group, made.pending).group
          : applyCommit(group, checkCommit(group, made.message)).group;
    });
  }
  const within = { opened: 0, of: 0 };
  const across = { opened: 0, of: 0 };
  forked.forEach((author, from) => {
    const said = speak(author, messages, random);
    forked.forEach((reader, to) => {
      if (from === to) return;
      const kind = logOf(from) === logOf(to) ? within : across;
      kind.of += 1;
      if (opensAll(reader, said)) kind.opened += 1;
    });
  });
  const shown = (of: (group: Group) => string) => new Set(forked.map(of)).size;
  return {
    epochs: shown(({ epoch }) => String(epoch)),
    authenticators: shown((group) => hex(epochAuthenticator(group))),
    ...{ within, across },
  };
}

function speak(author: Group, messages: number, random: Random): Uint8Array[] {
  let group = author;
  return Array.from({ length: messages }, (_, index) => {
    const said = protect(group, utf8(`text ${index}`), new Uint8Array(0), random);
    group = said.group;
    return said.message;
  });
}

function opensAll(reader: Group, said: readonly Uint8Array[]): boolean {
  try {
    said.reduce((group, message) => unprotect(group, message).reader as Group, reader);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
