import { openFrame } from "#client/core/frame.ts";
import { decodeIdentity } from "#client/core/identity.ts";
import { type MailboxKeys, mailboxKeys } from "#client/core/mailbox.ts";
import { parseBody } from "#client/core/message.ts";
import type { Channel } from "#client/core/state.ts";
import {
  applyCommit,
  checkCommit,
  type Group,
  member,
  type PastEpoch,
  peek,
  unprotect,
} from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import type { ChainLink, RecoveredText } from "./findings.ts";
import type { SeizedFrame } from "./relay-database.ts";

export interface Replayed {
  readonly read: RecoveredText[];
  readonly chain: ChainLink[];
  /** Whose frames were opened. */
  readonly authors: FrameAuthor[];
}

/** One frame by its place, and the label of the member who made it. */
export interface FrameAuthor {
  readonly mailbox: string;
  readonly seq: number;
  readonly label: string;
}

type Boxes = ReadonlyMap<string, readonly SeizedFrame[]>;

/**
 * State replay (LEAKLAB 3.9): the thief goes on where the victim's device stood. Each epoch's mailbox
 * keys open its frames, each frame's message key its text, and each commit is decrypted as the victim would.
 * The walk ends where the victim is removed or makes new keys that only the real device knows.
 */
export function replayState(channel: Channel, boxes: Boxes): Replayed {
  const result: Replayed = { read: [], chain: [], authors: [] };
  for (const late of channel.late) readPast(late, channel.group, boxes, result);
  let group: Group | null = channel.group;
  while (group !== null) group = readEpoch(channel, group, boxes, result);
  return result;
}

interface Walk {
  /** What unlocks the epoch's messages; moves on with each. */
  state: Group | PastEpoch;
  readonly result: Replayed;
  readonly epoch: number;
  readonly names: (leaf: number) => string | null;
  framesOpened: number;
  messages: number;
}

/** Late messages of a past epoch, as long as the device still kept its keys. */
function readPast(
  late: Channel["late"][number],
  group: Group,
  boxes: Boxes,
  result: Replayed,
): void {
  const walk = newWalk(late.past, result, namesOf(group));
  for (const keys of late.keys) {
    for (const frame of boxes.get(keys.name) ?? []) {
      const message = tryOpen(keys, frame);
      if (message !== null) readMessage(walk, message, keys.name, frame.seq);
    }
  }
  const mailboxes = late.keys.map((keys) => keys.name).filter((name) => boxes.has(name));
  result.chain.push(linkOf(walk, mailboxes, "followed", null));
}

/** Reads one epoch; the next epoch's state if the thief can follow, else null. */
function readEpoch(channel: Channel, group: Group, boxes: Boxes, result: Replayed): Group | null {
  const walk = newWalk(group, result, namesOf(group));
  const mailboxes: string[] = [];
  let next: { end: ChainLink["end"]; committer: string | null; group: Group | null } | null = null;
  for (let overflow = 0; overflow < limits.overflowMax; overflow++) {
    const keys = mailboxKeys(group, overflow);
    const frames = boxes.get(keys.name);
    if (frames === undefined) break;
    mailboxes.push(keys.name);
    for (const frame of frames) {
      const message = tryOpen(keys, frame);
      if (message === null) continue;
      if (kindOf(message) !== "commit") readMessage(walk, message, keys.name, frame.seq);
      else if (next === null) {
        next = follow(channel, group, message, walk.names);
        const label = next?.committer ?? null;
        if (label !== null) result.authors.push({ mailbox: keys.name, seq: frame.seq, label });
      }
    }
  }
  const end = next ?? { end: "log-ends" as const, committer: null, group: null };
  result.chain.push(linkOf(walk, mailboxes, end.end, end.committer));
  return end.group;
}

function newWalk(
  state: Group | PastEpoch,
  result: Replayed,
  names: (leaf: number) => string | null,
): Walk {
  return { state, result, epoch: Number(state.epoch), names, framesOpened: 0, messages: 0 };
}

function linkOf(
  walk: Walk,
  mailboxes: string[],
  end: ChainLink["end"],
  committer: string | null,
): ChainLink {
  const { epoch, framesOpened, messages } = walk;
  return { epoch, mailboxes, framesOpened, messages, end, committer };
}

function namesOf(group: Group): (leaf: number) => string | null {
  return (leaf) => {
    const identity = member(group, leaf)?.identity;
    return identity === undefined ? null : decodeIdentity(identity).label;
  };
}

function tryOpen(keys: MailboxKeys, frame: SeizedFrame): Uint8Array | null {
  try {
    return openFrame(keys, frame.bytes);
  } catch {
    return null;
  }
}

function kindOf(message: Uint8Array): string {
  try {
    return peek(message).contentType;
  } catch {
    return "unreadable";
  }
}

/** Opens a message if its key is still in the state: what the device has read before, it has erased. */
function readMessage(walk: Walk, message: Uint8Array, mailbox: string, seq: number): void {
  walk.framesOpened += 1;
  try {
    const opened = unprotect(walk.state, message);
    walk.state = opened.reader;
    const label = walk.names(opened.sender);
    if (label !== null) walk.result.authors.push({ mailbox, seq, label });
    const body = parseBody(opened.data);
    if (body.content.kind !== "text") return;
    walk.messages += 1;
    walk.result.read.push({
      text: body.content.text,
      by: "key",
      id: hex(body.id),
      from: label,
      epoch: walk.epoch,
      where: `mailbox ${mailbox}, frame ${seq}`,
    });
  } catch {
    // An erased key, a replay or another's frame: nothing to read here.
  }
}

/** Takes a commit as the victim would. Null when its public part is not valid: the log goes on then. */
function follow(
  channel: Channel,
  group: Group,
  message: Uint8Array,
  names: (leaf: number) => string | null,
) {
  let checked: ReturnType<typeof checkCommit>;
  try {
    checked = checkCommit(group, message);
  } catch {
    return null;
  }
  const committer = names(checked.committer);
  if (checked.removes.includes(group.ownLeaf)) {
    return { end: "removed" as const, committer, group: null };
  }
  if (checked.committer === group.ownLeaf) {
    // A commit that was on its way when the device was copied lies in its state with the new keys.
    const pending = channel.pending;
    const own = pending !== null && pending.group.epoch === group.epoch + 1n ? pending.group : null;
    if (own !== null) return { end: "followed" as const, committer, group: own };
    return { end: "own-update" as const, committer, group: null };
  }
  try {
    return { end: "followed" as const, committer, group: applyCommit(group, checked).group };
  } catch {
    return { end: "stuck" as const, committer, group: null };
  }
}
