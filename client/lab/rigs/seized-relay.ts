import { seizedClaims, tellSeized } from "../attacks/seized-relay.ts";
import { metricValue } from "../metrics.ts";
import { talkOf } from "../result.ts";
import { contactFacts, scoreContacts } from "../score-contacts.ts";
import { setting } from "../settings.ts";
import { stage } from "../stage.ts";
import { lengthCipher } from "../weak/length-cipher.ts";
import { contactControls } from "./contact-controls.ts";
import { defineRig, type StagePlan } from "./rig.ts";
import { checkTalk, keyDefences, talkMetrics, talkParts } from "./talk.ts";
import { relayControls } from "./talk-controls.ts";
import { talkLimits } from "./talk-words.ts";

/** The raided relay: whoever has its disk has frames without keys, and what its operator wrote down besides. */
export const seizedRelay = defineRig({
  ...talkParts,
  algorithm: "seized-relay",
  defences: {
    ...keyDefences,
    /** How long the relay keeps frames; an archive plug-in has a retention of its own. */
    frames_kept: ["7d", "2d"],
    /** What its operator writes down of who dialled: everything, the last day, or as the product nothing. */
    addresses: ["logged", "one-day", "none"],
    /** The product's frames, or frames as long as what is in them. */
    padding: ["none", "product"],
  },
  metrics: [
    ...talkMetrics,
    "edges.precision",
    "edges.recall",
    "kind.accuracy",
    "leak.mi",
    "contacts.recall",
    "contacts.precision",
    "reach.days",
    "reach.frames",
    "leak.minentropy",
  ],
  drawn: ["edges.precision", "edges.recall"],
  facts: ["contacts.hub", "contacts.apart"],
  badges: (scenario) =>
    scenario.adversary.gets.some(({ kind }) => kind === "access-log")
      ? ["EXECUTED", "ASSUMED"]
      : ["EXECUTED"],
  check: checkTalk,
  stage: (plan) => stage({ ...plan, ...cipherOf(plan) }),
  async score(findings, truth, bundle) {
    const scored = await talkParts.score(findings, truth, bundle);
    return {
      ...scored,
      metrics: [...scored.metrics, ...scoreContacts(findings, truth)],
      facts: { ...scored.facts, ...contactFacts(truth) },
    };
  },
  tell: tellSeized,
  async controls(plan, rig) {
    return [...(await relayControls(plan, rig)), ...(await contactControls(plan, rig))];
  },
  sentence(_scenario, run) {
    const { messages } = talkOf(run);
    const read = messages.filter((message) => message.way !== null).length;
    if (read > 0) return `The image opened ${read} of ${messages.length} messages.`;
    const { keysTried = 0, frames = 0, mailboxes = 0 } = run.findings.counts;
    const tried = `The image opened none of ${messages.length} messages: ${keysTried} candidate keys were tried on ${frames} frames`;
    const { contacts } = seizedClaims.parse(run.findings.claims);
    const found = run.metrics.find(({ id }) => id === "contacts.recall");
    return contacts.length === 0
      ? `${tried}; what is left are ${mailboxes} mailboxes, sizes and the hour.`
      : `${tried}. The access log names ${found?.hits} of ${found?.of} pairs who are in touch, ${metricValue(run.metrics, "reach.days")} days back.`;
  },
  limits: (_scenario, run) => [
    ...talkLimits(run),
    "The relay's disk was imaged; its memory and its network were not watched.",
    "Not opened within this budget is not the same as safe.",
    "The product's relay writes no addresses down: the log is a weak front's, before the same relay. That every person keeps one address, and nobody dials through Tor, is ASSUMED.",
  ],
});

/** A cipher that a control asks for goes before what the settings say. */
function cipherOf({ cipher, settings }: StagePlan): Pick<StagePlan, "cipher"> {
  if (cipher !== undefined) return { cipher };
  return setting(settings, "padding", "product") === "none"
    ? { cipher: lengthCipher((length) => length) }
    : {};
}
