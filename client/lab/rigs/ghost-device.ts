import { ghostClaims, tellGhost } from "../attacks/ghost-device.ts";
import { count } from "../metrics.ts";
import { type ScoredRun, talkOf } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import type { Truth } from "../truth.ts";
import { defineRig } from "./rig.ts";
import { checkTalk, guestDefences, guestMetrics, talkParts } from "./talk.ts";
import { guestControls } from "./talk-controls.ts";
import { talkLimits } from "./talk-words.ts";

/** A device of the adversary's, admitted with its own keys because a member took it for his own. */
export const ghostDevice = defineRig<Truth>({
  ...talkParts,
  algorithm: "ghost-device",
  defences: guestDefences,
  metrics: [...guestMetrics, "ghost.entry"],
  facts: ["guest.let_in_by", "rule.stops", "ghost.label", "ghost.claimed"],
  // That the member scans what he is shown is given; the link and what it reads are carried out.
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkGhost,
  async score(findings, truth, bundle) {
    const scored = await talkParts.score(findings, truth, bundle);
    const { entryEpoch } = ghostClaims.parse(findings.claims);
    const entry = entryOf(truth);
    const words = "was the first epoch in which something was said before the ghost's eyes";
    return {
      ...scored,
      metrics: [...scored.metrics, count("ghost.entry", entry, words, "count")],
      facts: {
        ...scored.facts,
        "ghost.label": truth.guest?.turnedAway === null ? truth.guest.label : null,
        "ghost.claimed": entryEpoch,
      },
    };
  },
  tell: tellGhost,
  controls: guestControls,
  sentence: ghostSentence,
  limits: (_scenario, run) => [
    ...talkLimits(run),
    "That the member links what he is shown is given by the scenario (ASSUMED); admission, reading and removal were executed.",
    "A further device is a second seat of its person here, let in by the product's own admission. It has no delay and no PIN on links: a second person's call stands for them, and the list of seats for a public log of keys.",
    "Two seats of one person have one voice, so the device cannot second anybody beside the member who linked it.",
    "The ghost only listens: it sends nothing, and removes nobody.",
  ],
});

function checkGhost(scenario: Scenario): Fault[] {
  const faults = checkTalk(scenario);
  const { guest, scope, channels } = scenario.world;
  if (guest === undefined) {
    faults.push({ path: ["world"], message: "needs a guest: the device that is linked" });
    return faults;
  }
  const members = channels.find(({ id }) => id === scope)?.members ?? [];
  if (guest.noticed_by === guest.actor || !members.includes(guest.sponsor)) {
    const message = "a member of the channel in scope links the device, and another notices";
    faults.push({ path: ["world", "guest"], message });
  }
  return faults;
}

/** The epoch of the first message behind the link; null where no device was linked or nothing was said. */
function entryOf({ guest, messages, channel }: Truth): number | null {
  if (guest === undefined || guest.turnedAway !== null) return null;
  const first = messages
    .filter((message) => message.channel === channel && message.atMs >= guest.atMs)
    .sort((a, b) => a.atMs - b.atMs)[0];
  return first?.epoch ?? null;
}

function ghostSentence(_scenario: Scenario, run: ScoredRun): string {
  const { messages, healedHow } = talkOf(run);
  const value = (id: string) => run.metrics.find((each) => each.id === id)?.value ?? 0;
  const all = messages.length;
  if (value("guest.admitted") !== 1) {
    return `The device was not linked: asked by telephone, the member had no words to read aloud. It read none of ${all} messages.`;
  }
  const end = healedHow === null ? "nobody went through the list" : `${healedHow} ended it`;
  return `Linked by ${run.facts["guest.let_in_by"]} as a seat of the same person, ${run.facts["ghost.label"]}, the device read ${value("dwell.messages")} of ${all} messages from epoch ${value("ghost.entry")} on; ${end}.`;
}
