import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { percent } from "#client/charts/blast.ts";
import { tellTexts } from "../attacks/claim-table.ts";
import type { Findings } from "../attacks/findings.ts";
import { manifestOf } from "../bundle.ts";
import type { Metric } from "../metric.ts";
import { share } from "../metrics.ts";
import type { Headline, TalkExposure } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { score as scoreFindings, type TalkScore } from "../score.ts";
import { stage } from "../stage.ts";
import { type Truth, truthSchema } from "../truth.ts";
import type { RigParts, Score } from "./rig.ts";

/** What rigs share in which what leaks is what was said: their worlds are talks, and their leak is texts read. */
export const talkParts = {
  truth: truthSchema,
  playsTalk: true,
  stage,
  score: scoreTalk,
  tell: tellTexts,
  badges: (scenario: Scenario) =>
    scenario.adversary.gets.some(
      (grant) => grant.locked === false && grant.actor !== scenario.world.guest?.actor,
    )
      ? (["EXECUTED", "ASSUMED"] as const)
      : (["EXECUTED"] as const),
} satisfies Partial<RigParts<Truth>>;

/** Metrics of every talk. */
export const talkMetrics = [
  "recovered.fraction",
  "recovered.key",
  "recovered.stored",
  "recovered.plain",
  "recovered.labels",
  "recovered.wrong",
  "recovered.by_epoch",
  "recovered.by_session",
] as const;

/** Metrics of a talk of which a device was copied. */
export const theftMetrics = [
  "recovered.past",
  "recovered.past.key",
  "recovered.past.stored",
  "recovered.future",
  "recovered.future.key",
  "recovered.late",
  "recovered.late.anew",
  "undelivered.key",
  "undelivered.stored",
  "undelivered.gain",
  "heal.messages",
  "heal.by",
  "expired.read",
  "expired.in_files",
] as const;

/** Defences that have to do with keys and with what a device keeps. */
export const keyDefences = {
  /** The stolen member's own key update. */
  victim_updates: ["never", "after-theft", "each-session"],
  /** Everybody else's key updates. */
  others_update: ["never", "each-session", "one-each-session"],
  /** Removal of the stolen member, at the end of the session of the theft. */
  removal: ["never", "after-theft"],
  /** The channel's message timer. */
  message_timer: ["off", "30m", "2h"],
  /** Of how many past epochs keys are kept for late messages, and of each for how long; whichever ends first. */
  late_epochs: ["0", "1", "4", "8"],
  late_window: ["0s", "2m", "30m", "24h"],
} as const;

/** Defences of talks into which somebody is let who does not belong there. */
export const guestDefences = {
  ...keyDefences,
  /** Whose word lets newcomers in, and who of them is deceived about the person or the device. */
  admission: ["one-sponsor", "two-person", "two-person-both-deceived"],
  /** When somebody goes through the list of members and asks who that is. */
  noticed: ["same-session", "next-session", "never"],
} as const;

export const guestMetrics = [
  ...talkMetrics,
  "guest.admitted",
  "dwell.messages",
  "dwell.share",
  "recovered.before",
  "recovered.after",
  "detect.seconds",
] as const;

/** What a talk needs of its scenario file. */
export function checkTalk(scenario: Scenario): Fault[] {
  return scenario.world.traffic === undefined
    ? [{ path: ["world", "traffic"], message: "a talk needs traffic" }]
    : [];
}

async function scoreTalk(findings: Findings, truth: Truth, bundle: string): Promise<Score> {
  const scored = scoreFindings(findings, truth);
  const forgotten = await searchExpired(bundle, truth);
  const talk = { ...scored, ...exposure(scored, truth) };
  return {
    metrics: forgotten === null ? scored.metrics : [...scored.metrics, forgotten],
    facts: {
      "heal.by": scored.healedBy,
      "fork.detected_by": scored.detectedBy,
      "guest.let_in_by": scored.guest.letInBy,
    },
    headline: headlineOf(talk),
    secrets: secretsRead(findings, truth),
    talk: {
      byEpoch: talk.byEpoch,
      bySession: talk.bySession,
      messages: talk.messages,
      stolenAt: talk.stolenAt,
      stolenWord: talk.stolenWord,
      healedAt: talk.healedAt,
      healedBy: talk.healedBy,
      healedHow: talk.healedHow,
    },
  };
}

/** How much of a talk was read, for the head of a report. */
export function headlineOf({ messages }: Pick<TalkExposure, "messages">): Headline {
  const read = messages.filter(({ way }) => way !== null).length;
  return {
    value: percent(read, messages.length),
    words: `${read} of ${messages.length} messages read`,
    leaks: read > 0,
  };
}

/** From where to where the picture shows the talk as exposed, and why. */
function exposure(scored: TalkScore, truth: Truth) {
  const { guest, messages, healedAt, healedBy, healedHow } = scored;
  if (truth.guest !== undefined) {
    const by = truth.guest.removed?.by ?? null;
    return {
      stolenAt: guest.letInAt,
      stolenWord: "guest let in",
      healedAt: guest.shownOutAt,
      healedBy: by,
      healedHow: by === null ? null : `removal by ${by}`,
    };
  }
  const { theft } = truth;
  const after = messages.findIndex((message) => theft !== null && message.atMs >= theft.atMs);
  const stolenAt = theft === null ? null : after === -1 ? messages.length : after;
  return { stolenAt, stolenWord: "device copied", healedAt, healedBy, healedHow };
}

/** A secret counts as read when some text that the attack presents holds its value. */
function secretsRead(findings: Findings, truth: Truth): Record<string, boolean> {
  const read = Object.entries(truth.secrets).map(([id, value]) => {
    return [id, findings.read.some((each) => each.text.includes(value))] as const;
  });
  return Object.fromEntries(read);
}

/** Searches the device's files, byte by byte, for texts whose timer had run out when it was copied. */
async function searchExpired(bundle: string, truth: Truth): Promise<Metric | null> {
  if (truth.expired.length === 0) return null;
  const manifest = await manifestOf(bundle);
  const files = manifest.artefacts
    .filter((artefact) => artefact.kind === "device-state")
    .flatMap((artefact) => artefact.files);
  const contents = await Promise.all(files.map((file) => readFile(join(bundle, file.path))));
  const texts = truth.messages.filter((message) => truth.expired.includes(message.id));
  const hits = texts.filter((message) => {
    const spellings = [Buffer.from(message.text, "utf8"), Buffer.from(message.text, "utf16le")];
    return contents.some((content) => spellings.some((spelling) => content.includes(spelling)));
  });
  return share({
    id: "expired.in_files",
    hits: hits.length,
    of: texts.length,
    words: "of the texts whose timer had run out lay readable in the device's files",
  });
}
