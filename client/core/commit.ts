import {
  adoptCommit,
  applyCommit,
  type CheckedCommit,
  checkCommit,
  type Group,
  member,
} from "#client/mls/group.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { type Authorised, authorise } from "./authority.ts";
import { enqueue, protectWaiting, requeueUnlanded } from "./outbox.ts";
import type { Channel } from "./state.ts";
import { startEpoch } from "./transition.ts";
import { epochOf, labelOf, raiseAlarm, recordGap, stop, type Turn, withSession } from "./turn.ts";

/**
 * A commit at the next position of the log. If its public part is valid it ends the epoch, here as at
 * every other member; if not, it counts for nobody and is a gap. If the private part of a publicly
 * valid commit fails, this client halts and says who made it: trying a later commit would let one
 * insider split the group with two half-good ones.
 */
export function readCommit(turn: Turn, channel: Channel, message: Uint8Array): Channel {
  const { group, session } = channel;
  let checked: CheckedCommit;
  let authorised: Authorised;
  try {
    checked = checkCommit(group, message);
    authorised = authorise(group, checked);
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "internal") throw error;
    const seq = session.log.chain.position;
    const detail = `a commit that does not count: ${error.message}`;
    return recordGap(turn, channel, {
      from: null,
      epoch: epochOf(channel),
      seq,
      missing: 1,
      detail,
    });
  }
  if (checked.committer === group.ownLeaf) return rollBack(turn, channel);
  if (checked.removes.includes(group.ownLeaf)) return stop(turn, channel, "removed");
  try {
    const { group: next, spent } = applyCommit(group, checked);
    const rotated = checked.newSignatureKey !== null;
    const { committer } = checked;
    const { admittedBy } = authorised;
    turn.spent.push(...spent);
    return startEpoch(turn, channel, { group: next, committer, admittedBy, rotated });
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "internal") throw error;
    return halt(turn, channel, checked.committer, error);
  }
}

/**
 * What verifies as ours and is not in this vault: it is an old copy of one that went on. Sending from
 * it would use message keys twice, so it never sends again.
 */
export function rollBack(turn: Turn, channel: Channel): Channel {
  const alarmed = raiseAlarm(turn, channel, {
    code: "rolled-back",
    epoch: epochOf(channel),
    from: labelOf(channel, channel.group.ownLeaf),
    detail: "the log holds what this seat has sent and this vault does not know",
  });
  return stop(turn, alarmed, "rolled-back");
}

/** Stops at a half-good commit. The complaint goes into the epoch that the others have just left. */
function halt(turn: Turn, channel: Channel, committer: number, failure: Failure): Channel {
  const { position } = channel.session.log.chain;
  const alarmed = raiseAlarm(turn, channel, {
    code: "halted",
    epoch: epochOf(channel),
    from: labelOf(channel, committer),
    detail: `its commit at position ${position} cannot be followed: ${failure.message}`,
  });
  const halted = stop(turn, withSession(alarmed, { outbox: [] }), "halted");
  const complaint = { kind: "complaint", position, committer } as const;
  return protectWaiting(turn, enqueue(turn, requeueUnlanded(halted), complaint));
}

/** Whether a commit is the own one that was posted, whatever frame it came in. */
export function isOwnCommit(turn: Turn, channel: Channel, message: Uint8Array): boolean {
  const { pending, frames, keys } = channel;
  const frame = pending && frames.get(hex(pending.meta.frameId));
  return frame ? equalBytes(turn.cipher.open(keys, frame), message) : false;
}

/** The own commit is the first valid one in the log: its epoch begins. */
export function adoptOwn(turn: Turn, channel: Channel): Channel {
  const { pending, group } = channel;
  if (pending === null) return channel;
  const { group: next, spent } = adoptCommit(group, pending.group);
  turn.spent.push(...spent);
  return startEpoch(turn, channel, {
    group: next,
    committer: group.ownLeaf,
    admittedBy: new Map(pending.meta.admittedBy.map(({ leaf, by }) => [leaf, by])),
    // An invitation may have kept the signature key still.
    rotated: !equalBytes(ownKey(group), ownKey(next)),
  });
}

function ownKey(group: Group): Uint8Array {
  const self = member(group, group.ownLeaf);
  assert(self !== null, "whoever commits has a seat");
  return self.signatureKey;
}
