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
  const forked = forkSentence(run);
  if (scenario.attack.algorithm === "wrong-person") return guestSentence(run);
  const by = (way: string) => read.filter((message) => message.way === way).length;
  const healed =
    run.healedHow === null ? "nothing ended the reading" : `${run.healedHow} ended the reading`;
  return `The thief read ${read.length} of ${all} messages, ${by("key")} with stolen keys and ${by("stored")} as stored text; ${healed}.${forked}`;
}

/** Who let the guest in, what he read, and what the rule of admission was worth. */
function guestSentence(run: ScoredRun): string {
  const metric = (id: string) => run.metrics.find((each) => each.id === id);
  const all = run.messages.length;
  const rule = run.defences.admission ?? "one-sponsor";
  if (metric("guest.admitted")?.value !== 1) {
    return `The guest was not let in: the second sponsor telephoned the person of that name, who saw no words. He read none of ${all} messages.`;
  }
  const dwell = metric("dwell.messages")?.value ?? 0;
  const before = metric("recovered.before");
  const read = `the guest read ${dwell} of ${all} messages, and ${before?.hits ?? 0} of the ${before?.of ?? 0} that were said before he came`;
  const end = run.healedHow === null ? "nobody noticed" : `${run.healedHow} ended it`;
  const letIn = `Let in by ${run.facts["guest.let_in_by"]}, ${read}; ${end}.`;
  return rule === "one-sponsor"
    ? letIn
    : `The defence failed: both sponsors were deceived about the person. ${letIn}`;
}

/** What a fork did, or nothing where there was none. */
function forkSentence(run: ScoredRun): string {
  const value = (id: string) => run.metrics.find((metric) => metric.id === id)?.value ?? null;
  const [members, messages, seconds] = [
    value("fork.members"),
    value("fork.messages"),
    value("detect.seconds"),
  ];
  const kept = value("withheld.epochs") ?? 0;
  const withheld =
    kept === 0 ? "" : ` ${kept} withheld ${kept === 1 ? "commit" : "commits"} kept the keys good.`;
  if (members === null || messages === null) return withheld;
  const noticed =
    seconds === null
      ? "nobody noticed"
      : `the first sign was ${run.facts["fork.detected_by"]} after ${spanOf(seconds)}`;
  return `${withheld} The relay showed ${members} members another log than the rest: ${messages} messages were taken in within the two logs, and ${noticed}.`;
}

function spanOf(seconds: number): string {
  return seconds < 7_200
    ? `${Math.round(seconds / 60)} minutes`
    : `${(seconds / 3_600).toFixed(1)} hours`;
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
  } else if (scenario.attack.algorithm === "wrong-person") {
    limits.push(
      "Whether a sponsor is deceived is given by the setting (ASSUMED); what follows from it was executed.",
      "The guest only listens, and copies nothing out of the lab: what is on paper or in a photograph does not heal.",
    );
  } else {
    if (scenario.attack.algorithm === "malicious-relay") {
      limits.push(
        "Network addresses are stable and nobody dials through Tor (ASSUMED): with it the relay could not tell whose connection is whose.",
        "Automatic key updates are off here: in the product each half would commit within a day by itself.",
        "People who compare words are taken to hear every difference.",
      );
    }
    limits.push(
      "The copy is complete and unnoticed, and the thief only listens: an active thief could also speak as the victim.",
      "Memory of the device beyond the vault's key was not searched.",
    );
  }
  return limits;
}
