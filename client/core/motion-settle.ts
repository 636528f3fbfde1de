import { type Member, members } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { decodeIdentity } from "./identity.ts";
import { findMotion, idBytes, isOpen, nextPolicy, seatOfMotion, withMotion } from "./motion.ts";
import { reviseChecks } from "./motion-own.ts";
import type { Motion, MotionWelcome } from "./motion-schema.ts";
import { tellMotion } from "./motion-show.ts";
import { enqueue } from "./outbox.ts";
import { decodePolicy, encodePolicy } from "./policy.ts";
import type { Channel } from "./state.ts";
import { epochOf, type Turn } from "./turn.ts";
import type { Provenance } from "./view.ts";

/** What a new epoch has brought. */
interface Settled {
  readonly committer: number;
  readonly joined: readonly Member[];
  readonly isMine: boolean;
  readonly welcome: Uint8Array | null;
  readonly vouchers: (leaf: number) => readonly Provenance[];
}

/** Marks the motions that the winning commit has carried out, whoever made it; the others go on. */
export function settleMotions(turn: Turn, channel: Channel, settled: Settled): Channel {
  let next = channel;
  for (const motion of channel.plans.motions) {
    if (motion.granted !== null || !isCarriedOut(next, motion, settled)) continue;
    next = grant(turn, next, motion, settled);
  }
  return reviseChecks(turn, next);
}

function isCarriedOut(channel: Channel, motion: Motion, { joined }: Settled): boolean {
  const { change } = motion;
  switch (change.op) {
    case "admit":
      return joined.some(({ identity }) => {
        const { label, person } = decodeIdentity(identity);
        return label === change.label && equalBytes(person, change.person);
      });
    case "remove":
      return isOpen(motion) && seatOfMotion(channel, motion) === null;
    case "policy":
      return isOpen(motion) && isInForce(channel, change);
    case "renew":
      return false;
  }
}

function isInForce(channel: Channel, change: Motion["change"] & { op: "policy" }): boolean {
  const [now] = encodePolicy(decodePolicy(channel.group.extensions));
  const [wanted] = encodePolicy(nextPolicy(channel, change));
  return now !== undefined && wanted !== undefined && equalBytes(now.data, wanted.data);
}

function grant(turn: Turn, channel: Channel, motion: Motion, settled: Settled): Channel {
  const granted = { epoch: epochOf(channel), committer: settled.committer };
  const { plans, session } = channel;
  const holds = plans.holds.filter((hold) => hold !== motion.id);
  const welcome = settled.isMine ? welcomeOf(channel, motion, settled) : null;
  const done = { ...motion, granted, ended: null, welcome };
  let next = withMotion({ ...channel, plans: { ...plans, holds } }, done);
  if (welcome !== null && motion.author !== channel.group.ownLeaf) {
    // The first sponsor has the line to the newcomer.
    next = enqueue(turn, next, { kind: "welcome", id: idBytes(motion.id), ...welcome });
  }
  const result = { id: motion.id, epoch: granted.epoch, seq: session.log.chain.position };
  turn.effects.push({ type: "done", id: motion.id, result });
  return tellMotion(turn, next, findMotion(next, motion.id) ?? done, "granted");
}

function welcomeOf(channel: Channel, motion: Motion, settled: Settled): MotionWelcome | null {
  const { welcome } = settled;
  const { change } = motion;
  if (change.op !== "admit" || welcome === null) return null;
  const seat = members(channel.group).find(
    ({ identity }) => decodeIdentity(identity).label === change.label,
  );
  const admittedBy = seat === undefined ? [] : [...settled.vouchers(seat.leaf)];
  return { welcome, previous: channel.session.previous, admittedBy };
}
