import type { ScoredRun } from "./result.ts";
import type { Scenario } from "./scenario-schema.ts";

/** What happened and why, in one sentence. */
export function sentenceOf(scenario: Scenario, run: ScoredRun): string {
  const read = run.messages.filter((message) => message.way !== null);
  const all = run.messages.length;
  if (scenario.attack.algorithm === "seized-relay") {
    const { keysTried = 0, frames = 0, mailboxes = 0 } = run.findings.counts;
    return read.length === 0
      ? `The image opened none of ${all} messages: ${keysTried} candidate keys were tried on ${frames} frames; what is left are ${mailboxes} mailboxes, padded sizes and the hour.`
      : `The image opened ${read.length} of ${all} messages.`;
  }
  const by = (way: string) => read.filter((message) => message.way === way).length;
  const healed =
    run.healedHow === null ? "nothing ended the reading" : `${run.healedHow} ended the reading`;
  return `The thief read ${read.length} of ${all} messages, ${by("key")} with stolen keys and ${by("stored")} as stored text; ${healed}.`;
}

/** What this run does not show. Printed with every report. */
export function limitsOf(scenario: Scenario, run: ScoredRun): string[] {
  const limits = [
    "One run on one seed: the interval of a share says what so many messages can show, not how other talks would go.",
    "Argon2id is made cheap in the lab; no passphrase was attacked here.",
    ...run.findings.notes,
  ];
  if (scenario.attack.algorithm === "seized-relay") {
    limits.push(
      "The relay's disk was imaged; its memory and its network were not watched.",
      "Not opened within this budget is not the same as safe.",
    );
  } else {
    limits.push(
      "The copy is complete and unnoticed, and the thief only listens: an active thief could also speak as the victim.",
      "Memory of the device beyond the vault's key was not searched.",
    );
  }
  return limits;
}
