import { type ScoredRun, talkOf } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { defineRig } from "./rig.ts";
import { checkTalk, guestDefences, guestMetrics, talkParts } from "./talk.ts";
import { guestControls } from "./talk-controls.ts";
import { talkLimits } from "./talk-words.ts";

/** The wrong guest: somebody let in under the label of another. */
export const wrongPerson = defineRig({
  ...talkParts,
  algorithm: "wrong-person",
  defences: guestDefences,
  metrics: [...guestMetrics, "alarm.false"],
  facts: ["guest.let_in_by", "rule.stops"],
  check: checkGuest,
  controls: guestControls,
  sentence: (_scenario, run) => guestSentence(run),
  limits: (_scenario, run) => [
    ...talkLimits(run),
    "Whether a sponsor is deceived is given by the setting (ASSUMED); what follows from it was executed.",
    "The guest only listens, and copies nothing out of the lab: what is on paper or in a photograph does not heal.",
  ],
});

function checkGuest(scenario: Scenario): Fault[] {
  const faults = checkTalk(scenario);
  if (scenario.world.guest === undefined) {
    faults.push({ path: ["world"], message: "needs a guest" });
  }
  return faults;
}

/** Who let the guest in, what he read, and what the rule of admission was worth. */
function guestSentence(run: ScoredRun): string {
  const { messages, healedHow } = talkOf(run);
  const metric = (id: string) => run.metrics.find((each) => each.id === id);
  const all = messages.length;
  const rule = run.defences.admission ?? "one-sponsor";
  if (metric("guest.admitted")?.value !== 1) {
    return `The guest was not let in: the second sponsor telephoned the person of that name, who saw no words. He read none of ${all} messages.`;
  }
  const dwell = metric("dwell.messages")?.value ?? 0;
  const before = metric("recovered.before");
  const read = `the guest read ${dwell} of ${all} messages, and ${before?.hits ?? 0} of the ${before?.of ?? 0} that were said before he came`;
  const end = healedHow === null ? "nobody noticed" : `${healedHow} ended it`;
  const letIn = `Let in by ${run.facts["guest.let_in_by"]}, ${read}; ${end}.`;
  return rule === "one-sponsor"
    ? letIn
    : `The defence failed: both sponsors were deceived about the person. ${letIn}`;
}
