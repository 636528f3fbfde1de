import { type ScoredRun, talkOf } from "../result.ts";

/** What the thief of a device read, and what ended it. */
export function theftSentence(run: ScoredRun): string {
  const { messages, healedHow } = talkOf(run);
  const read = messages.filter((message) => message.way !== null);
  const by = (way: string) => read.filter((message) => message.way === way).length;
  const healed =
    healedHow === null ? "nothing ended the reading" : `${healedHow} ended the reading`;
  return `The thief read ${read.length} of ${messages.length} messages, ${by("key")} with stolen keys and ${by("stored")} as stored text; ${healed}.`;
}

/** What no single run of a talk shows. */
export function talkLimits(run: ScoredRun): string[] {
  return [
    "One run on one seed: the interval of a share says what so many messages can show, not how other talks would go.",
    "Argon2id is made cheap in the lab; no passphrase was attacked here.",
    ...run.findings.notes,
  ];
}

/** What "undelivered" can mean on this relay. */
export const hiddenLimits = [
  "Undelivered are frames behind the commit that ended their epoch, which the relay hid from this device. A frame in front of that commit cannot be hidden alone: the device would wait for it, in an epoch whose keys it still has; other MLS libraries let any frame be missing.",
  "A device that was away is the same case as one that waits: its own epoch is the old one, whatever is kept of past ones.",
  "Authors send late texts again in the next epoch. The share that kept keys open is of frames; what nothing else gave is told apart.",
] as const;

export const theftLimits = [
  "The copy is complete and unnoticed, and the thief only listens: an active thief could also speak as the victim.",
  "Memory of the device beyond the vault's key was not searched.",
] as const;
