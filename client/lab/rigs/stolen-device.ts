import { defineRig } from "./rig.ts";
import { checkTalk, keyDefences, talkMetrics, talkParts, theftMetrics } from "./talk.ts";
import { deviceControls } from "./talk-controls.ts";
import { hiddenLimits, talkLimits, theftLimits, theftSentence } from "./talk-words.ts";

/** The copied device: its keys and its stored texts, and everything that the relay still has. */
export const stolenDevice = defineRig({
  ...talkParts,
  algorithm: "stolen-device",
  defences: keyDefences,
  metrics: [...talkMetrics, ...theftMetrics],
  facts: [],
  check: checkTalk,
  controls: deviceControls,
  sentence: (_scenario, run) => theftSentence(run),
  limits: (scenario, run) => [
    ...talkLimits(run),
    ...theftLimits,
    ...(scenario.world.late_hidden_from === undefined ? [] : hiddenLimits),
  ],
});
