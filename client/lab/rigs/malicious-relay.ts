import { tellRelay } from "../attacks/malicious-relay.ts";
import type { ScoredRun } from "../result.ts";
import { defineRig } from "./rig.ts";
import { checkTalk, keyDefences, talkMetrics, talkParts, theftMetrics } from "./talk.ts";
import { deviceControls, forkControls } from "./talk-controls.ts";
import { talkLimits, theftLimits, theftSentence } from "./talk-words.ts";

/** A relay in the hands of an adversary: it withholds commits, and shows two halves two logs. */
export const maliciousRelay = defineRig({
  ...talkParts,
  algorithm: "malicious-relay",
  defences: {
    ...keyDefences,
    /** In how many epochs the relay withholds the victim's commit. */
    withheld_commits: ["0", "1", "2", "3"],
    /** Whether the relay shows two halves two logs. */
    fork: ["off", "on"],
    /** Whether one frame of each half reaches the other: before the two commits of one epoch, or behind them. */
    crossing: ["never", "same-epoch", "later-epoch"],
    /** How often everybody compares the epoch's words by voice. */
    compare_words: ["never", "daily", "each-session"],
  },
  metrics: [
    ...talkMetrics,
    ...theftMetrics,
    "withheld.epochs",
    "withheld.read",
    "fork.members",
    "fork.placed",
    "fork.messages",
    "fork.detected_by",
    "detect.seconds",
    "detect.halves",
    "alarm.false",
  ],
  facts: [],
  check: checkTalk,
  tell: tellRelay,
  controls: async (plan, rig) => [
    ...(await deviceControls(plan, rig)),
    ...(await forkControls(plan, rig)),
  ],
  sentence: (_scenario, run) => `${theftSentence(run)}${forkSentence(run)}`,
  limits: (_scenario, run) => [
    ...talkLimits(run),
    "Network addresses are stable and nobody dials through Tor (ASSUMED): with it the relay could not tell whose connection is whose.",
    "Automatic key updates are off here: in the product each half would commit within a day by itself.",
    "People who compare words are taken to hear every difference.",
    ...theftLimits,
  ],
});

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
