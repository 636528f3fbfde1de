import { members } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { decodeIdentity } from "./identity.ts";
import { lookAlike } from "./look-alike.ts";
import { labelOfMotion, newcomerOf, ownApproval, tally } from "./motion.ts";
import type { Motion } from "./motion-schema.ts";
import type { Channel } from "./state.ts";
import { labelOf, notify, type Turn } from "./turn.ts";
import type { MotionView, Notice } from "./view.ts";

type MotionState = Extract<Notice, { type: "motion" }>["state"];

/** A motion as people see it. */
export function showMotion(channel: Channel, motion: Motion): MotionView {
  const own = motion.isSaid ? null : ownApproval(channel, motion);
  const { needed, approvals } = tally(channel, motion, own === null ? [] : [own]);
  const { change } = motion;
  return {
    id: motion.id,
    op: change.op,
    label: labelOfMotion(channel, motion),
    by: motion.by,
    given: approvals.map(({ signer }) => labelOf(channel, signer) ?? ""),
    needed,
    seenAt: motion.seenAt,
    ended: motion.ended?.reason ?? null,
    endedBy: motion.ended?.by ?? null,
    against: motion.against,
    granted: motion.granted?.epoch ?? null,
    lookAlike: twinOf(channel, motion),
    change:
      change.op === "policy"
        ? { approvals: change.approvals, check: change.check, archivers: change.archivers }
        : null,
    otherSeats: otherSeatsOf(channel, motion),
    archives: newcomerOf(channel.group.suite, motion)?.archives ?? false,
    mine: motion.author === channel.group.ownLeaf,
    approved: motion.consent !== null,
  };
}

/** The member for whom an open admission's newcomer could be mistaken, by the same label or a similar one. */
export function twinOf(channel: Channel, { change, granted }: Motion): string | null {
  if (change.op !== "admit" || granted !== null) return null;
  const labels = members(channel.group).map(({ identity }) => decodeIdentity(identity).label);
  return labels.find((one) => one === change.label) ?? lookAlike(change.label, labels);
}

/** Whose further seat an admission gives out: who seconds it has to ask that member, not the newcomer. */
function otherSeatsOf(channel: Channel, { change }: Motion): string[] {
  if (change.op !== "admit") return [];
  return members(channel.group)
    .map(({ identity }) => decodeIdentity(identity))
    .filter((seat) => seat.label !== change.label && equalBytes(seat.person, change.person))
    .map(({ label }) => label);
}

/** Motions of a channel, oldest first; those that have ended stay for a while. */
export function showMotions(channel: Channel): MotionView[] {
  return channel.plans.motions.map((motion) => showMotion(channel, motion));
}

export function tellMotion(
  turn: Turn,
  channel: Channel,
  motion: Motion,
  state: MotionState,
): Channel {
  const view = showMotion(channel, motion);
  notify(turn, { type: "motion", channel: channel.settings.name, state, ...view });
  return channel;
}
