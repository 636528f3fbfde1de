import { member, members, readKeyPackage } from "#client/mls/group.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Client, Moved } from "./api.ts";
import { seatId } from "./approval.ts";
import { archiverRefused } from "./authority.ts";
import { areSameWords, type CheckWords, checkWords, opensTo, readWords } from "./check.ts";
import { decodeDeclaration } from "./declaration.ts";
import { failureOfEnd } from "./ending.ts";
import { type Host, runnerOf, within } from "./host.ts";
import { decodeIdentity } from "./identity.ts";
import { findMotion, isOpen, ownPerson, tally } from "./motion.ts";
import type { Motion, MotionChange } from "./motion-schema.ts";
import { motionIdBytes } from "./motion-schema.ts";
import { twinOf } from "./motion-show.ts";
import { requireOpen } from "./outbox.ts";
import { amendPolicy, decodePolicy } from "./policy.ts";
import { channelGroupRules } from "./rules.ts";
import type { Runner } from "./runner.ts";
import { awaitsSlot } from "./slot.ts";
import type { Channel } from "./state.ts";
import { promiseKey } from "./vouching.ts";

type Asked<Verb extends "check" | "approve" | "deny"> = Parameters<Client[Verb]>[0];

/** An open motion of this channel. Failures `no-channel`, `not-found`, and what has ended it. */
export function openMotion(host: Host, { channel, id }: { channel: string; id: string }) {
  const runner = runnerOf(host, channel);
  requireOpen(runner.channel());
  const motion = findMotion(runner.channel(), id);
  if (motion === null) throw new Failure("not-found", "no motion of that id");
  if (motion.ended !== null) throw failureOfEnd(motion.ended.reason);
  return { runner, motion };
}

/** Stops this person's own approval of who could be taken for somebody else; the group decides without it. */
export function refuseLookAlike(channel: Channel, motion: Motion, despite: boolean): void {
  const twin = twinOf(channel, motion);
  if (twin === null || despite) return;
  throw new Failure("look-alike", `the newcomer's label could be mistaken for ${twin}`);
}

/** Who may be the second sponsor: another person than the one who moved it. Failure `usage`. */
export function requireOtherPerson(channel: Channel, motion: Motion): void {
  if (equalBytes(ownPerson(channel), motion.person)) {
    throw new Failure("usage", "another person than the first sponsor has to approve");
  }
}

/** Opens the check of a newcomer and waits for its words. Failures `pending`, `look-alike`, `usage`, and the motion's end. */
export async function check(host: Host, asked: Asked<"check">): ReturnType<Client["check"]> {
  const { runner, motion } = openMotion(host, asked);
  const { id, change } = motion;
  const channel = runner.channel();
  if (change.op !== "admit") throw new Failure("usage", "only newcomers are checked");
  requireOtherPerson(channel, motion);
  if (decodePolicy(channel.group.extensions).check === "two-codes") {
    throw new Failure("usage", "this channel asks for a second code, not for words");
  }
  refuseLookAlike(channel, motion, asked.despite ?? false);
  runner.connect();
  const late = new Failure("pending", "the newcomer has not answered yet");
  if (ownCheck(channel, motion) === null) {
    await within(host, promiseKey(runner, id), late, limits.checkMsMax);
    await runner.request({ type: "check", id, step: { name: "open" } });
  }
  const spoken = until(runner, (now) => {
    const current = standing(now, id);
    return wordsOf(now, current);
  });
  const words = await within(host, spoken, late, limits.checkMsMax);
  return { say: words.sponsor };
}

/** This person's approval, by hand. Failures `auth` for other words, `code-typo`, `usage`, `look-alike`, and the motion's end. */
export async function approve(host: Host, asked: Asked<"approve">): ReturnType<Client["approve"]> {
  const { runner, motion } = openMotion(host, asked);
  const { id, change } = motion;
  if (motion.granted !== null) return { epoch: motion.granted.epoch };
  if (change.op === "admit") {
    if (motion.consent === null) await compareWords(runner, motion, asked);
  } else {
    await runner.request({ type: "consent", id, check: "none" });
  }
  runner.connect();
  return { epoch: await outcome(host, runner, id) };
}

async function compareWords(runner: Runner, motion: Motion, asked: Asked<"approve">) {
  const { id } = motion;
  const channel = runner.channel();
  requireOtherPerson(channel, motion);
  refuseLookAlike(channel, motion, asked.despite ?? false);
  if (decodePolicy(channel.group.extensions).check === "two-codes") {
    throw new Failure("usage", "this channel asks for a second code, not for words");
  }
  const words = wordsOf(channel, motion);
  if (words === null || asked.words === undefined) {
    throw new Failure("usage", "the newcomer is checked by words before it is approved");
  }
  if (!areSameWords(readWords(asked.words), words.newcomer)) {
    await runner.request({ type: "end", id, reason: "words" });
    throw failureOfEnd("words");
  }
  await runner.request({ type: "consent", id, check: "words" });
}

/** Says no. Who moved the motion, or checks its newcomer, ends it; others are heard. */
export async function deny(host: Host, asked: Asked<"deny">): Promise<void> {
  const { runner, motion } = openMotion(host, asked);
  runner.connect();
  await runner.request({ type: "end", id: motion.id, reason: "denied" });
}

/** Moves a change and waits until it is carried out, or known to wait for others: then `epoch` is null. */
export async function moveChange(
  host: Host,
  name: string,
  change: (channel: Channel) => MotionChange,
): Promise<Moved> {
  const runner = runnerOf(host, name);
  requireOpen(runner.channel());
  const id = hex(host.ports.random(motionIdBytes));
  runner.connect();
  await runner.request({ type: "move", id, change: change(runner.channel()) });
  return { epoch: await outcome(host, runner, id), id };
}

/** Asks for other rules of admission. Failures: `usage` for what is so already, `archiver` while one sits here. */
export async function setPolicy(
  host: Host,
  wanted: Parameters<Client["setPolicy"]>[0],
): Promise<Moved> {
  return await moveChange(host, wanted.channel, ({ group }) => {
    const now = decodePolicy(group.extensions);
    const { approvals = now.approvals, check = now.check, archivers = now.archivers } = wanted;
    if (amendPolicy(now, { approvals, check, archivers }) === now) {
      throw new Failure("usage", "the policy is so already");
    }
    const archivist = members(group).find(({ extensions }) => {
      return decodeDeclaration(extensions).archives;
    });
    if (archivers === "refused" && archivist !== undefined) {
      throw archiverRefused(archivist.identity);
    }
    return { op: "policy", approvals, check, archivers };
  });
}

/** The seat of a label, as motions name it. Failure `not-found`. */
export function seatOf(channel: Channel, label: string): { id: Uint8Array; isOwn: boolean } {
  const seat = members(channel.group).find(({ identity }) => {
    return decodeIdentity(identity).label === label;
  });
  if (seat === undefined) throw new Failure("not-found", "no member of that label");
  return { id: seatId(seat), isOwn: seat.leaf === channel.group.ownLeaf };
}

/** The epoch of the commit that has carried the motion out; null while others have to approve. */
async function outcome(host: Host, runner: Runner, id: string): Promise<number | null> {
  const isWaiting = isAwaited(runner.channel(), standing(runner.channel(), id));
  const counted = until(runner, (channel) => {
    const motion = standing(channel, id);
    if (motion.granted !== null) return { epoch: motion.granted.epoch };
    const { given, needed } = tally(channel, motion);
    const isSaid = channel.session.outbox.every((entry) => awaitsSlot(channel, entry));
    return isSaid && given < needed && !isAwaited(channel, motion) ? { epoch: null } : null;
  });
  // What the commit is refused for, a full channel say, comes this way.
  const over = Promise.race([counted, runner.expect(id)]);
  const late = new Failure("network", "the relay did not answer; it goes on when it does");
  if (!isWaiting) return (await within(host, over, late)).epoch;
  // The newcomer's person has still to type: the commit follows by itself whenever that is done.
  const waited = within(host, over, late, limits.checkMsMax).catch((error) => {
    if (error === late) return { epoch: null };
    throw error;
  });
  return (await waited).epoch;
}

/** Whether the own approval is kept back until the newcomer's side of the check is done. */
function isAwaited(channel: Channel, motion: Motion): boolean {
  const own = ownCheck(channel, motion);
  return motion.consent === "words" && own !== null && !own.agreed;
}

function ownCheck({ group }: Channel, { checks }: Motion) {
  const key = member(group, group.ownLeaf)?.signatureKey;
  if (key === undefined) return null;
  const own = checks.find((one) => one.leaf === group.ownLeaf && equalBytes(one.key, key));
  return own ?? null;
}

/** The words of the own check; null until both nonces are known. Failure `auth` for a reveal that opens nothing. */
function wordsOf(channel: Channel, motion: Motion): CheckWords | null {
  const own = ownCheck(channel, motion);
  const { change } = motion;
  if (own === null || change.op !== "admit" || change.keyPackage === null) return null;
  const { commitment, nonce, reveal, key } = own;
  if (commitment === null || nonce === null || reveal === null) return null;
  const { ref } = readKeyPackage(channel.group.suite, change.keyPackage, channelGroupRules);
  const subject = { group: channel.group.groupId, keyPackage: ref, sponsorKey: key };
  if (!opensTo(commitment, subject, reveal)) {
    throw new Failure("auth", "the newcomer has committed to another admission: do not approve it");
  }
  return checkWords(subject, { newcomer: reveal, sponsor: nonce });
}

/** The motion, unless it has ended. */
function standing(channel: Channel, id: string): Motion {
  const motion = findMotion(channel, id);
  if (motion === null) throw new Failure("pending", "the motion is over and forgotten");
  if (!isOpen(motion) && motion.ended !== null) throw failureOfEnd(motion.ended.reason);
  requireOpen(channel);
  return motion;
}

/** Resolves with the first value that is not null, and rejects with what `look` throws. */
function until<T>(runner: Runner, look: (channel: Channel) => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    runner.watch((channel) => {
      try {
        const found = look(channel);
        if (found === null) return false;
        resolve(found);
      } catch (error) {
        reject(error);
      }
      return true;
    });
  });
}
