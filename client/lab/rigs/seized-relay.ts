import { tellSeized } from "../attacks/seized-relay.ts";
import { talkOf } from "../result.ts";
import { defineRig } from "./rig.ts";
import { checkTalk, keyDefences, talkMetrics, talkParts } from "./talk.ts";
import { relayControls } from "./talk-controls.ts";
import { talkLimits } from "./talk-words.ts";

/** The raided relay: whoever has its disk has frames without keys. */
export const seizedRelay = defineRig({
  ...talkParts,
  algorithm: "seized-relay",
  defences: keyDefences,
  metrics: [...talkMetrics, "edges.precision", "edges.recall", "kind.accuracy", "leak.mi"],
  facts: [],
  check: checkTalk,
  tell: tellSeized,
  controls: relayControls,
  sentence(_scenario, run) {
    const { messages } = talkOf(run);
    const read = messages.filter((message) => message.way !== null).length;
    const { keysTried = 0, frames = 0, mailboxes = 0 } = run.findings.counts;
    return read === 0
      ? `The image opened none of ${messages.length} messages: ${keysTried} candidate keys were tried on ${frames} frames; what is left are ${mailboxes} mailboxes, padded sizes and the hour.`
      : `The image opened ${read} of ${messages.length} messages.`;
  },
  limits: (_scenario, run) => [
    ...talkLimits(run),
    "The relay's disk was imaged; its memory and its network were not watched.",
    "Not opened within this budget is not the same as safe.",
  ],
});
