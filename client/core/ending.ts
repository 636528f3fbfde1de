import { Failure, type FailureCode } from "#shared/failure.ts";
import type { Mood } from "#shared/rendezvous.ts";
import type { EndReason } from "./motion-schema.ts";

/*
 * How a join ends without a seat, in its three tongues: the reason that the channel is told, the mood that
 * the relay counts, and the Failure that a person sees.
 */

const ends: Record<EndReason, readonly [FailureCode, string]> = {
  denied: ["denied", "a member of the channel has denied it"],
  words: ["auth", "the words differed: somebody stood between, or one was misheard"],
  code: ["auth", "a code was missed, or two codes brought two newcomers"],
  expired: ["pending", "the time was over before enough persons had approved"],
  archiver: ["archiver", "the newcomer's client keeps copies, and the channel refuses that"],
  withdrawn: ["denied", "it was given up before enough persons had approved"],
};

/** What the end of a motion means to those who waited for it. */
export function failureOfEnd(reason: EndReason): Failure {
  return new Failure(...ends[reason]);
}

/** What a sponsor's invitation that failed tells the channel. */
export function endOfFailure({ code }: Failure, hasKeyPackage: boolean): EndReason {
  if (code === "auth") return hasKeyPackage ? "words" : "code";
  if (code === "denied" || code === "archiver") return code;
  return code === "expired" || code === "pending" ? "expired" : "withdrawn";
}

/** How a join that failed is counted at the relay, and shown to the other side. */
export function moodOf({ code }: Failure): Mood {
  if (code === "auth") return "scary";
  const isLonely = ["expired", "interrupted", "pending", "denied"].includes(code);
  return isLonely ? "lonely" : "errory";
}

/**
 * What the other side, or time, made of the nameplate; `hasKeyPackage`: the code had served, and the
 * approval of others was waited for.
 */
export function failureOfMood(mood: Mood, hasKeyPackage: boolean): Failure {
  switch (mood) {
    case "scary":
      return hasKeyPackage
        ? failureOfEnd("words")
        : new Failure("auth", "the other side missed the code; it is burned");
    case "lonely":
      return hasKeyPackage
        ? failureOfEnd("expired")
        : new Failure("expired", "the code has expired or was withdrawn");
    case "happy":
      return new Failure("refused", "the other side called it done before anybody was let in");
    case "errory":
      return new Failure("refused", "the other side gave up");
  }
}
