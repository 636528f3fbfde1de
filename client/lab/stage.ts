import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSqlite } from "#client/node/sqlite.ts";
import { hex } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import type { Story } from "./action.ts";
import type { Capture } from "./bundle.ts";
import { sha256Hex } from "./evidence.ts";
import type { Staged, StagePlan } from "./rigs/rig.ts";
import type { Scenario } from "./scenario-schema.ts";
import { scratchFolder } from "./scratch.ts";
import { durationOf, type Settings, setting } from "./settings.ts";
import { tellStory } from "./story.ts";
import type { Truth, TruthEpoch } from "./truth.ts";
import { type Happened, type Played, playWorld } from "./world.ts";
import { writeEvidence } from "./write-evidence.ts";

/** Artefacts beside those that a world captures by itself: made when everything has happened. */
export type Extra = (
  played: Played,
  frames: readonly StoredFrame[],
) => readonly Capture[] | Promise<readonly Capture[]>;

/** Plays a talk and writes its evidence. */
export async function stage(plan: StagePlan, extra: Extra = () => []): Promise<Staged<Truth>> {
  const { scenario, seed, settings } = plan;
  const story = tellStory(scenario, seed, settings);
  const folder = await scratchFolder("world");
  try {
    const played = await playWorld({
      scenario,
      seed,
      story,
      settings,
      folder,
      ...(plan.cipher === undefined ? {} : { cipher: plan.cipher }),
      ...(plan.cipherOf === undefined ? {} : { cipherOf: plan.cipherOf }),
      ...(plan.onGrant === undefined ? {} : { onGrant: plan.onGrant }),
      ...(plan.plugIn === undefined ? {} : { plugIn: plan.plugIn }),
      ...(plan.onProgress === undefined ? {} : { onProgress: plan.onProgress }),
    });
    const frames = await framesOf(played.captures);
    const captures = [...played.captures, ...(await extra(played, frames))];
    const bundle = await writeEvidence(plan, captures);
    const truth = truthOf({ scenario, settings, story, played, frames });
    const frameBytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
    const commits = truth.commits.length;
    return { bundle, truth, cost: { frames: frames.length, frameBytes, commits } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface StoredFrame {
  readonly mailbox: string;
  readonly seq: number;
  readonly bytes: number;
  readonly hash: string;
}

/** Every frame of the last database that was captured: what the ground truth's commits are looked up in. */
async function framesOf(captures: readonly Capture[]): Promise<StoredFrame[]> {
  const databases = captures.map((each) => each.files.get("relay/relay.sqlite"));
  const bytes = databases.filter((each) => each !== undefined).at(-1);
  if (bytes === undefined) return [];
  const scratch = await scratchFolder("frames");
  try {
    const path = join(scratch, "relay.sqlite");
    await writeFile(path, bytes);
    const database = openSqlite(path);
    const rows = database.rows(
      `SELECT mailbox.name, frame.id & 4294967295, frame
       FROM frame JOIN mailbox ON mailbox.number = frame.id >> 32`,
    );
    database.close();
    return rows.map(([name, seq, frame]) => {
      assert(
        name instanceof Uint8Array && frame instanceof Uint8Array && typeof seq === "number",
        "the relay's own columns",
      );
      return { mailbox: hex(name), seq, bytes: frame.length, hash: sha256Hex(frame) };
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface TruthParts {
  readonly scenario: Scenario;
  readonly settings: Settings;
  readonly story: Story;
  readonly played: Played;
  readonly frames: readonly StoredFrame[];
}

function truthOf({ scenario, settings, story, played, frames }: TruthParts): Truth {
  const { actors, channels, scope } = scenario.world;
  const labelOf = (id: string) => actors.find((each) => each.id === id)?.label ?? id;
  const messages = played.happened.flatMap((each) => {
    const { action } = each;
    if (action.kind !== "say" || each.id === null) return [];
    const { channel, text, session } = action;
    const from = labelOf(action.actor);
    return [{ id: each.id, channel, from, text, epoch: each.epoch, session, atMs: each.atMs }];
  });
  const grant = scenario.adversary.gets.find((each) => each.kind === "device-state");
  const capture = played.captures.find((each) => each.kind === "device-state");
  const isOwn = grant?.actor === scenario.world.guest?.actor;
  const stolen = !isOwn && grant?.actor !== undefined && capture !== undefined;
  const theft =
    stolen && played.theftEpoch !== null
      ? {
          actor: grant.actor as string,
          label: labelOf(grant.actor as string),
          atMs: capture.atMs,
          epoch: played.theftEpoch,
        }
      : null;
  const timerMs = durationOf(setting(settings, "message_timer", "off"));
  const expired = messages
    .filter((message) => message.channel === scope)
    .filter((message) => theft !== null && timerMs !== null && message.atMs + timerMs <= theft.atMs)
    .map((message) => message.id);
  const late = lateTexts(played, frames);
  const before = played.deliveredBefore;
  const commits = frames
    .filter((frame) => played.recording.commits.has(frame.hash))
    .map((frame) => `${frame.mailbox}:${frame.seq}`);
  return {
    v: 1,
    scenario: scenario.id,
    channel: scope,
    members: channels.flatMap((channel) =>
      channel.members.map((id) => ({ id, label: labelOf(id), channel: channel.id })),
    ),
    ...(scenario.adversary.gets.some(({ kind }) => kind === "access-log")
      ? { lines: [...played.lines].map(([id, line]) => ({ line, label: labelOf(id) })) }
      : {}),
    messages,
    epochs: epochsOf(played, labelOf),
    theft,
    expired,
    late: late.map(({ id, channel, epoch }) => ({ id, channel, epoch })),
    ...(theft === null || before === null ? {} : { undelivered: undelivered(late, theft, before) }),
    commits,
    secrets: { ...story.secrets },
    ...(scenario.world.relay === undefined ? {} : { relay: relayTruth(played, labelOf) }),
    ...guestTruth(scenario, played, labelOf),
  };
}

/** What the hostile relay really did. */
function relayTruth(played: Played, labelOf: (id: string) => string): Truth["relay"] {
  const { watch, splitAtMs, withheldIn, recording } = played;
  const named = <Seen extends { readonly by: string }>(seen: Seen) => {
    return { ...seen, by: labelOf(seen.by) };
  };
  const halves = watch.views().map((ids) => ids.map(labelOf));
  const withheld = [...recording.mailboxes]
    .filter(([, mailboxes]) => mailboxes.some((mailbox) => withheldIn.includes(mailbox)))
    .map(([key]) => Number(key.split(":")[1]));
  return {
    split: splitAtMs === null ? null : { atMs: splitAtMs, halves },
    withheld,
    signals: watch.signals.map(named),
    taken: watch.taken.map(named),
  };
}

/** What became of somebody who was taken for another. */
function guestTruth(
  { world }: Scenario,
  { watch, happened }: Played,
  labelOf: (id: string) => string,
): Pick<Truth, "guest"> {
  const visit = watch.guest();
  if (world.guest === undefined || visit === null) return {};
  const { actor } = world.guest;
  const removal = happened.find(
    ({ action }) => action.kind === "remove" && action.target === actor,
  );
  const { atMs, turnedAway, admittedBy } = visit;
  return {
    guest: {
      ...{ label: labelOf(actor), atMs, turnedAway, admittedBy: [...admittedBy] },
      removed:
        removal === undefined ? null : { atMs: removal.atMs, by: labelOf(removal.action.actor) },
    },
  };
}

interface LateText {
  readonly id: string;
  readonly channel: string;
  readonly epoch: number;
  readonly hash: string;
  /** Who said it. */
  readonly author: string;
}

/** Late texts of others, of epochs that were past by then, that had not reached the copied device. */
function undelivered(
  late: readonly LateText[],
  theft: NonNullable<Truth["theft"]>,
  before: ReadonlySet<string>,
): NonNullable<Truth["undelivered"]> {
  return late
    .filter(({ author, epoch }) => author !== theft.actor && epoch < theft.epoch)
    .filter(({ hash }) => !before.has(hash))
    .map(({ id, channel, epoch }) => ({ id, channel, epoch }));
}

/** Texts behind the commit that ended their epoch: the frames tell, whatever was meant to happen. */
function lateTexts({ recording, groups }: Played, frames: readonly StoredFrame[]): LateText[] {
  // Mailboxes of an epoch follow one another, so a frame's place is its mailbox first and then its number.
  const placeOf = (epoch: string, { mailbox, seq }: StoredFrame) =>
    (recording.mailboxes.get(epoch) ?? []).indexOf(mailbox) * 2 ** 32 + seq;
  const ends = new Map<string, number>();
  for (const [epoch, mailboxes] of recording.mailboxes) {
    const commits = frames.filter(
      ({ mailbox, hash }) => mailboxes.includes(mailbox) && recording.commits.has(hash),
    );
    if (commits.length === 0) continue;
    ends.set(epoch, Math.min(...commits.map((frame) => placeOf(epoch, frame))));
  }
  return frames.flatMap((frame) => {
    const text = recording.texts.get(frame.hash);
    const end = text === undefined ? undefined : ends.get(text.epoch);
    if (text === undefined || end === undefined || placeOf(text.epoch, frame) < end) return [];
    const [group = "", epoch = ""] = text.epoch.split(":");
    const channel = groups.get(group);
    if (channel === undefined) return [];
    return [{ id: text.id, channel, epoch: Number(epoch), hash: frame.hash, author: text.author }];
  });
}

/** Each channel's epochs with their mailboxes, which only the recording knows. */
function epochsOf(played: Played, labelOf: (id: string) => string): TruthEpoch[] {
  const begun = new Map<string, Happened>();
  for (const each of played.happened) {
    if (each.action.kind === "say") continue;
    const key = `${each.action.channel}:${each.epoch}`;
    // Where a relay shows two logs, an epoch's number stands for two: the first member's half is told.
    if (!begun.has(key)) begun.set(key, each);
  }
  return [...played.recording.mailboxes].flatMap(([key, mailboxes]) => {
    const [group = "", number = ""] = key.split(":");
    const channel = played.groups.get(group);
    if (channel === undefined) return [];
    const epoch = Number(number);
    const change = begun.get(`${channel}:${epoch}`);
    const began =
      change === undefined
        ? ("admission" as const)
        : change.action.kind === "remove"
          ? ("removal" as const)
          : ("update" as const);
    const committer = change === undefined ? null : labelOf(change.action.actor);
    const atMs = change?.atMs ?? played.startMs;
    return [{ channel, epoch, mailboxes, began, committer, atMs }];
  });
}
