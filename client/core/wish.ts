import {
  checkCommit,
  commit,
  type Member,
  member,
  members,
  readKeyPackage,
} from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  type Approval,
  approve,
  checkApproval,
  decodeApproval,
  encodeApproval,
  encodeApprovals,
  seatId,
} from "./approval.ts";
import { approvalsNeeded, authorise, othersThan } from "./authority.ts";
import { type Declaration, decodeDeclaration, encodeDeclaration } from "./declaration.ts";
import { decodeIdentity } from "./identity.ts";
import type { Content } from "./message.ts";
import { nextPolicy, ownApproval, seatOfMotion, tally } from "./motion.ts";
import { motionDueAt } from "./motion-own.ts";
import type { Motion } from "./motion-schema.ts";
import { keepFrame } from "./outbox.ts";
import { decodePolicy, encodePolicy, type Policy } from "./policy.ts";
import { channelGroupRules } from "./rules.ts";
import { type Channel, type Leave, type Plans, type Wish, wishSchema } from "./state.ts";
import { epochOf, labelOf, recordGap, type Turn } from "./turn.ts";

/** A leave is carried out by the first member at once, by the next one after so long, and so on. */
const leaveTurnMs = 3_000;

function withPlans(channel: Channel, change: Partial<Plans>): Channel {
  return { ...channel, plans: { ...channel.plans, ...change } };
}

/**
 * Takes up a change that this member wants; `planCommit` makes it a commit when its time comes.
 * Failures: `usage` for what no vault could hold, `too-many` when so much waits already.
 */
export function addWish(channel: Channel, wish: Wish): Channel {
  const { wishes, grants } = channel.plans;
  if (wishes.some(({ id }) => id === wish.id)) return channel;
  const parsed = wishSchema.safeParse(wish);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new Failure("usage", `${wish.kind}: ${place} is out of bounds`);
  }
  if (wishes.length >= limits.wishesMax) {
    throw new Failure("too-many", `${limits.wishesMax} changes are waiting already`);
  }
  // An admission that wins leaves a Welcome, and by then it is too late to refuse.
  const admissions = wishes.filter(({ kind }) => kind === "admit").length + grants.length;
  if (wish.kind === "admit" && admissions >= limits.grantsMax) {
    throw new Failure("too-many", `${limits.grantsMax} admissions are waiting already`);
  }
  return withPlans(channel, { wishes: [...wishes, wish] });
}

/** Notes that a newcomer has been promised the own signature key, or no longer is. Failure `too-many`. */
export function holdKey(channel: Channel, invite: string, isOn: boolean): Channel {
  const others = channel.plans.holds.filter((hold) => hold !== invite);
  if (isOn && others.length >= limits.holdsMax) {
    throw new Failure("too-many", `${limits.holdsMax} invitations are under way already`);
  }
  const isNew = isOn && others.length === channel.plans.holds.length;
  const { retired } = channel;
  const promised = isNew ? { ...retired, promises: retired.promises + 1 } : retired;
  return {
    ...withPlans(channel, { holds: isOn ? [...others, invite] : others }),
    retired: promised,
  };
}

function finishWish(turn: Turn, channel: Channel, wish: Wish, failure: Failure | null): Channel {
  const result = { id: wish.id, epoch: epochOf(channel), seq: channel.session.log.chain.position };
  turn.effects.push(
    failure === null
      ? { type: "done", id: wish.id, result }
      : { type: "failed", id: wish.id, failure },
  );
  return withPlans(channel, { wishes: channel.plans.wishes.filter(({ id }) => id !== wish.id) });
}

/** When a member of this rank carries out a leave. */
export function leaveDueAt(channel: Channel, leave: Leave): number {
  const staying = members(channel.group).filter(({ leaf }) => leaf !== leave.leaf);
  const rank = staying.findIndex(({ leaf }) => leaf === channel.group.ownLeaf);
  return leave.seenAt + rank * leaveTurnMs;
}

/**
 * Makes the commit that is due, if any: the first wish that still makes sense, with every leave that
 * is known. Generation, frame, next epoch and Welcome are saved together; the commit is applied, and
 * the Welcome let out, only when it has come back from the log as the first valid one.
 */
export function planCommit(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const wish of channel.plans.wishes) {
    try {
      if (isGranted(next, wish)) {
        next = finishWish(turn, next, wish, null);
        continue;
      }
      return makeCommit(turn, next, wish);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      next = finishWish(turn, next, wish, error);
    }
  }
  for (const motion of next.plans.motions) {
    const dueAt = motionDueAt(next, motion);
    if (dueAt === null || turn.now < dueAt) continue;
    try {
      return makeCommit(turn, next, motion);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      turn.effects.push({ type: "failed", id: motion.id, failure: error });
    }
  }
  const isDue = standingLeaves(next).some((leave) => turn.now >= leaveDueAt(next, leave));
  return isDue ? commitLeaves(turn, next) : next;
}

function isRefusal(error: unknown): error is Failure {
  return error instanceof Failure && error.code !== "internal";
}

/**
 * A commit of the leaves alone: of all, or else of one after the other. A leave that cannot be carried
 * out is reported and given up here: it would fail again at every event, whatever that is about.
 */
function commitLeaves(turn: Turn, channel: Channel): Channel {
  const all = standingLeaves(channel);
  const attempt = (from: Channel, leaves: readonly Leave[]): Channel | Failure => {
    try {
      return makeCommit(turn, withPlans(from, { leaves: [...leaves] }), null);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return error;
    }
  };
  const together = attempt(channel, all);
  if (!(together instanceof Failure)) return together;
  let next = channel;
  for (const leave of all) {
    const { leaves } = next.plans;
    const made = attempt(next, [leave]);
    if (!(made instanceof Failure)) return withPlans(made, { leaves });
    next = withPlans(next, { leaves: leaves.filter((one) => one !== leave) });
    const from = labelOf(next, leave.leaf);
    const detail = `its leave cannot be carried out here: ${made.message}`;
    next = recordGap(turn, next, { from, epoch: epochOf(next), seq: null, missing: 0, detail });
  }
  return next;
}

/** Whether the epoch already is as the wish wants it. */
function isGranted(channel: Channel, wish: Wish): boolean {
  const seats = members(channel.group);
  switch (wish.kind) {
    case "remove":
      return !seats.some((seat) => equalBytes(seatId(seat), wish.seat));
    case "timer":
      return decodePolicy(channel.group.extensions).timerMs === wish.timerMs;
    case "declare": {
      const self = member(channel.group, channel.group.ownLeaf);
      return self !== null && decodeDeclaration(self.extensions).archives === wish.archives;
    }
    case "admit":
    case "rotate":
      return false;
  }
}

/** Leaves that still hold: an approval that does not would make the whole commit invalid. */
function standingLeaves(channel: Channel): readonly Leave[] {
  return channel.plans.leaves.filter(({ approval }) => {
    try {
      checkApproval(channel.group, decodeApproval(approval));
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  });
}

/** What one commit carries besides the leaves that are due. */
interface Cargo {
  readonly approvals: readonly Approval[];
  readonly add: readonly Uint8Array[];
  readonly remove: readonly number[];
  readonly policy: Policy | null;
  /** What the own leaf says from now on; null for what it said. */
  readonly declaration: Declaration | null;
  readonly newSignatureKey: boolean;
}

const nothing: Cargo = {
  approvals: [],
  add: [],
  remove: [],
  policy: null,
  declaration: null,
  newSignatureKey: false,
};

/** What a wish makes of a commit. Failures `pending`, `channel-full`, `usage`: it cannot be carried out. */
function cargoOfWish(channel: Channel, wish: Wish, leaving: readonly number[]): Cargo {
  const { group, plans } = channel;
  const seats = members(group);
  const untilEpoch = epochOf(channel);
  switch (wish.kind) {
    case "remove": {
      const seat = seats.find((one) => equalBytes(seatId(one), wish.seat));
      if (seat === undefined || leaving.includes(seat.leaf)) return nothing;
      requireOneVoice(channel, othersThan(seat, seats));
      const said = { operation: "remove", target: wish.seat, check: "none", untilEpoch } as const;
      return { ...nothing, approvals: [approve(group, said)], remove: [seat.leaf] };
    }
    case "admit": {
      const { ref } = checkNewcomer(channel, wish.keyPackage, leaving);
      requireOneVoice(channel, seats);
      const said = { operation: "admit", target: ref, check: "code", untilEpoch } as const;
      return { ...nothing, approvals: [approve(group, said)], add: [wish.keyPackage] };
    }
    case "timer":
      return {
        ...nothing,
        policy: { ...decodePolicy(group.extensions), timerMs: wish.timerMs },
      };
    case "declare":
      return { ...nothing, declaration: { archives: wish.archives } };
    case "rotate":
      // A newcomer who has been promised our signature key must find the Welcome signed by it.
      return { ...nothing, newSignatureKey: plans.holds.length === 0 };
  }
}

/** What a motion with all its approvals makes of a commit. Failures as `cargoOfWish`. */
function cargoOfMotion(channel: Channel, motion: Motion, leaving: readonly number[]): Cargo {
  const own = ownApproval(channel, motion);
  const { approvals } = tally(channel, motion, own === null ? [] : [own]);
  const { change } = motion;
  switch (change.op) {
    case "admit": {
      assert(change.keyPackage !== null, "an admission with approvals has a KeyPackage");
      checkNewcomer(channel, change.keyPackage, leaving);
      return { ...nothing, approvals, add: [change.keyPackage] };
    }
    case "remove": {
      const seat = seatOfMotion(channel, motion);
      const isGoing = seat === null || leaving.includes(seat.leaf);
      return isGoing ? nothing : { ...nothing, approvals, remove: [seat.leaf] };
    }
    case "policy":
      return { ...nothing, approvals, policy: nextPolicy(channel, change) };
    case "renew":
      return nothing;
  }
}

function makeCommit(turn: Turn, channel: Channel, cause: Wish | Motion | null): Channel {
  const { group } = channel;
  const leaves = standingLeaves(channel);
  const leaving = leaves.map(({ leaf }) => leaf);
  const cargo = cargoOf(channel, cause, leaving);
  const approvals = [...leaves.map(({ approval }) => decodeApproval(approval)), ...cargo.approvals];
  const made = commit(group, {
    add: cargo.add,
    remove: [...leaving, ...cargo.remove],
    ...(cargo.policy === null ? {} : { extensions: encodePolicy(cargo.policy) }),
    ...(cargo.declaration === null ? {} : { leafExtensions: encodeDeclaration(cargo.declaration) }),
    newSignatureKey: cargo.newSignatureKey,
    authenticatedData: encodeApprovals(approvals),
    random: turn.random,
  });
  // What others would not count must never be adopted here: judged by the same function, before posting.
  const { admittedBy } = authorise(group, checkCommit(group, made.message));
  const frame = turn.cipher.seal(channel.keys, made.message, turn.random);
  turn.spent.push(...made.spent);
  const kept = keepFrame(turn, { ...channel, group: made.group }, frame);
  return {
    ...kept.channel,
    pending: {
      meta: {
        v: limits.version,
        frameId: kept.frameId,
        wish: cause?.id ?? null,
        welcome: made.welcome,
        admittedBy: [...admittedBy].map(([leaf, by]) => ({ leaf, by: [...by] })),
      },
      group: made.pending,
    },
  };
}

function cargoOf(channel: Channel, cause: Wish | Motion | null, leaving: readonly number[]): Cargo {
  if (cause === null) return nothing;
  return "kind" in cause
    ? cargoOfWish(channel, cause, leaving)
    : cargoOfMotion(channel, cause, leaving);
}

/** Failure `pending` where the own approval is not enough. */
function requireOneVoice(channel: Channel, eligible: readonly Member[]): void {
  const needed = approvalsNeeded(decodePolicy(channel.group.extensions), eligible);
  const given = eligible.some(({ leaf }) => leaf === channel.group.ownLeaf) ? 1 : 0;
  if (needed > given) throw new Failure("pending", `needs the approval of ${needed} persons`);
}

/** What would make the commit invalid for everybody is refused before it is made. */
function checkNewcomer(channel: Channel, keyPackage: Uint8Array, removes: readonly number[]) {
  const view = readKeyPackage(channel.group.suite, keyPackage, channelGroupRules);
  const { label } = decodeIdentity(view.identity);
  const staying = members(channel.group).filter(({ leaf }) => !removes.includes(leaf));
  if (staying.length >= limits.seatsMax) {
    throw new Failure("channel-full", `the channel has its ${limits.seatsMax} seats`);
  }
  if (staying.some(({ identity }) => decodeIdentity(identity).label === label)) {
    throw new Failure("usage", "a member of that label is in the channel already");
  }
  return view;
}

/** A new epoch has begun: the own wish is done if it was in the winning commit; the rest is done anew. */
export function settleWishes(
  turn: Turn,
  channel: Channel,
  won: {
    readonly isMine: boolean;
    readonly wish: string | null;
    readonly welcome: Uint8Array | null;
  },
): Channel {
  const seats = members(channel.group);
  let next = withPlans(channel, {
    // A leave whose signer has changed his key since can never be carried out.
    leaves: standingLeaves(channel).filter((leave) => {
      return seats.some((seat) => equalBytes(seatId(seat), leave.seat));
    }),
  });
  const wish = won.isMine ? next.plans.wishes.find(({ id }) => id === won.wish) : undefined;
  if (wish === undefined) return next;
  if (wish.kind === "admit" && won.welcome !== null) {
    const { previous } = channel.session;
    const grant = { id: wish.id, epoch: epochOf(channel), previous, welcome: won.welcome };
    next = withPlans(next, { grants: [...next.plans.grants, grant] });
  }
  return finishWish(turn, next, wish, null);
}

/** The own signed wish to be removed. It holds until somebody carries it out or the key changes. */
export function makeLeave(channel: Channel): Content {
  const { group } = channel;
  const self = member(group, group.ownLeaf);
  assert(self !== null, "a channel in good standing has its own seat");
  const untilEpoch = epochOf(channel) + limits.approvalEpochsMax;
  const target = seatId(self);
  const approval = approve(group, { operation: "leave", target, check: "none", untilEpoch });
  return { kind: "leave", approval: encodeApproval(approval) };
}
