import { member } from "#client/mls/group.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { opensTo } from "./check.ts";
import { refOf, withMotion } from "./motion.ts";
import type { CheckStep, Motion, MotionCheck } from "./motion-schema.ts";
import { tellMotion } from "./motion-show.ts";
import type { Channel } from "./state.ts";
import type { Turn } from "./turn.ts";

/**
 * One step of a second sponsor's check, whoever said it. Each step is taken once and in its order: a
 * second commitment would be a second try. Failure `refused` names what was out of place.
 */
export function takeStep(
  turn: Turn,
  channel: Channel,
  sender: number,
  motion: Motion,
  step: CheckStep,
): Channel {
  if (step.name === "open") return openCheck(channel, sender, motion);
  const isFirst = step.name !== "nonce";
  if (isFirst && sender !== motion.author) {
    throw new Failure("refused", "check: only the first sponsor speaks for the newcomer");
  }
  const leaf = isFirst ? step.to : sender;
  const check = motion.checks.find((one) => one.leaf === leaf);
  if (check === undefined) throw new Failure("refused", "check: nobody has begun it");
  const stepped = advance(check, step);
  const checks = motion.checks.map((one) => (one === check ? stepped : one));
  const next = { ...motion, checks };
  const stepping = withMotion(channel, next);
  // The steps between are machines talking; that the newcomer has typed the words is worth telling.
  return step.name === "agreed" ? tellMotion(turn, stepping, next, "checked") : stepping;
}

function openCheck(channel: Channel, sender: number, motion: Motion): Channel {
  const seat = member(channel.group, sender);
  if (seat === null || sender === motion.author || motion.change.op !== "admit") {
    throw new Failure("refused", "check: not for this seat to begin");
  }
  if (motion.checks.some(({ leaf }) => leaf === sender)) {
    throw new Failure("refused", "check: this seat has begun it before");
  }
  if (motion.checks.length >= limits.checksMax) {
    throw new Failure("refused", "check: so many have begun it already");
  }
  const fresh: MotionCheck = {
    leaf: sender,
    key: seat.signatureKey,
    commitment: null,
    nonce: null,
    reveal: null,
    agreed: false,
  };
  return withMotion(channel, { ...motion, checks: [...motion.checks, fresh] });
}

function advance(check: MotionCheck, step: Exclude<CheckStep, { name: "open" }>): MotionCheck {
  const { commitment, nonce, reveal, agreed } = check;
  switch (step.name) {
    case "commit":
      if (commitment !== null) break;
      return { ...check, commitment: step.commitment };
    case "nonce":
      if (commitment === null || nonce !== null) break;
      return { ...check, nonce: step.nonce };
    case "reveal":
      if (nonce === null || reveal !== null) break;
      return { ...check, reveal: step.nonce };
    case "agreed":
      if (reveal === null || agreed) break;
      return { ...check, agreed: true };
  }
  throw new Failure("refused", `check: ${step.name} is out of place`);
}

/** Whether the newcomer's nonce opens what it had committed to: this KeyPackage, this group, this key. */
export function isCheckSound(channel: Channel, motion: Motion, check: MotionCheck): boolean {
  const keyPackage = refOf(channel.group.suite, motion);
  const { commitment, reveal, key } = check;
  if (keyPackage === null || commitment === null || reveal === null) return false;
  const subject = { group: channel.group.groupId, keyPackage, sponsorKey: key };
  return opensTo(commitment, subject, reveal);
}
