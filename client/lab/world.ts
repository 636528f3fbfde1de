import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Cipher } from "#client/core/cipher.ts";
import { type Client, openClient } from "#client/core/client.ts";
import { argon2id } from "#client/crypto/argon.ts";
import type { DeriveKey } from "#client/node/argon.ts";
import { systemRandom } from "#client/node/random.ts";
import { createVault, type Vault } from "#client/node/vault.ts";
import { type Relay, startRelay } from "#server/relay.ts";
import { base64url } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type Capture, imageDatabase, imageFolder } from "./bundle.ts";
import { newRecording, type Recording, recordingCipher } from "./recording-cipher.ts";
import type { Scenario } from "./scenario-schema.ts";
import { type Action, durationOf, type Settings, type Story, setting } from "./story.ts";
import { openUplink, type Uplink } from "./uplink.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";

/** One person of a world: a real client over a real vault. */
interface Actor {
  readonly id: string;
  readonly label: string;
  readonly dir: string;
  readonly vault: Vault;
  readonly client: Client;
  readonly uplink: Uplink;
  /** What was said into a held uplink and has not reached the relay. */
  readonly unsent: Extract<Action, { kind: "say" }>[];
  isHeld: boolean;
}

type Deed = Extract<Action, { channel: string }>;

export interface Happened {
  readonly action: Deed;
  /** Virtual time, milliseconds since 1970; of a message, when it reached the relay. */
  readonly atMs: number;
  /** Message id and epoch of what was said; the epoch that a commit began. */
  readonly id: string | null;
  readonly epoch: number;
}

/** What a played world leaves: what happened, what the adversary was granted, what the clients saw. */
export interface Played {
  readonly startMs: number;
  readonly happened: readonly Happened[];
  readonly captures: readonly Capture[];
  /** Epoch of the scope's channel on the victim's device when it was copied. */
  readonly theftEpoch: number | null;
  readonly recording: Recording;
  /** Which channel of the scenario a group id (hex) is. */
  readonly groups: ReadonlyMap<string, string>;
}

export interface WorldPlan {
  readonly scenario: Scenario;
  readonly story: Story;
  readonly settings: Settings;
  /** Empty folder for the relay's data and the vaults. */
  readonly folder: string;
  readonly cipher?: Cipher;
  readonly onProgress?: (done: number, of: number) => void;
}

/** 1 March 2027, 09:00 UTC: any time will do, as long as it is not now. */
const worldStartMs = Date.UTC(2027, 2, 1, 9);
const relayHost = "relay.lab";
/** Argon2id is the one thing made cheap: thirty vaults at its real cost take half a minute. */
const cheapArgon = { passes: 1, memoryBytes: limits.argonBytesMin };

/** At its least cost Argon2id takes less than the start of a thread. */
const deriveHere: DeriveKey = async ({ passphrase, salt, cost }) =>
  argon2id({ passphrase, salt, opsLimit: cost.passes, memBytes: cost.memoryBytes });

/**
 * Plays a story in one process on a virtual clock: a real relay on a real SQLite file, real clients over
 * real vaults. Randomness for keys is the system's, so two runs differ in bytes and agree in numbers.
 */
export async function playWorld(plan: WorldPlan): Promise<Played> {
  const clock = virtualClock(worldStartMs);
  const recording = newRecording();
  const relay = await startRelay({
    listen: null,
    addresses: [relayHost],
    data: join(plan.folder, "relay"),
    thread: "inline",
    clock,
  });
  const cipher = recordingCipher(recording, plan.cipher);
  const actors = new Map<string, Actor>();
  try {
    for (const { id, label } of plan.scenario.world.actors) {
      actors.set(id, await openActor({ id, label, folder: plan.folder, relay, clock, cipher }));
    }
    const groups = await meet(plan, { actors, clock, relay }, recording);
    return { ...(await play(plan, { actors, clock, relay })), recording, groups };
  } finally {
    for (const actor of actors.values()) {
      await clock.drive(actor.client.close()).catch(() => {});
      actor.vault.close();
    }
    await relay.close();
  }
}

async function openActor(parts: {
  id: string;
  label: string;
  folder: string;
  relay: Relay;
  clock: VirtualClock;
  cipher: Cipher;
}): Promise<Actor> {
  const dir = join(parts.folder, "vaults", parts.id);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const vault = await createVault(dir, `passphrase of ${parts.id}`, {
    argon: cheapArgon,
    derive: deriveHere,
  });
  const uplink = openUplink({
    dial: (address, path, events) => parts.relay.connect(path, events, address),
  });
  const client = await openClient({
    clock: parts.clock,
    random: systemRandom,
    store: vault,
    dialer: uplink.dialer,
    cipher: parts.cipher,
  });
  const { id, label } = parts;
  return { id, label, dir, vault, client, uplink, unsent: [], isHeld: false };
}

/** Opens every channel and lets its members join one after the other, by code, as people do. */
async function meet(
  plan: WorldPlan,
  { actors, clock }: Stage,
  recording: Recording,
): Promise<Map<string, string>> {
  const groups = new Map<string, string>();
  for (const { id: channel, members } of plan.scenario.world.channels) {
    const [host, ...guests] = members.map((id) => actorOf(actors, id));
    assert(host !== undefined, "a channel has members");
    await clock.drive(host.client.openChannel(newChannel(plan, channel, host.label)));
    for (const guest of guests) {
      const invitation = await clock.drive(
        host.client.invite({ channel, label: guest.label, expiresMs: limits.nameplateMsDefault }),
      );
      const joining = guest.client.join({ code: invitation.code, relay: relayHost, name: channel });
      await clock.drive(Promise.all([joining, invitation.done]));
      await settle(actors, members, channel, clock);
    }
    // Channels are opened one after the other: a group seen for the first time is this channel's.
    for (const key of recording.mailboxes.keys()) {
      const group = key.split(":")[0] ?? "";
      if (!groups.has(group)) groups.set(group, channel);
    }
  }
  return groups;
}

function newChannel(plan: WorldPlan, name: string, label: string) {
  const timer = durationOf(setting(plan.settings, "message_timer", "off"));
  const lateWindow = durationOf(setting(plan.settings, "late_window", "2m"));
  return {
    name,
    label,
    relay: relayHost,
    approvals: 1,
    update: { afterMessages: null, afterMs: null },
    ...(timer === null ? {} : { timerMs: timer }),
    ...(lateWindow === null ? {} : { lateWindowMs: lateWindow }),
  };
}

function actorOf(actors: ReadonlyMap<string, Actor>, id: string): Actor {
  const actor = actors.get(id);
  assert(actor !== undefined, `the scenario's checks found actor ${id}`);
  return actor;
}

async function settle(
  actors: ReadonlyMap<string, Actor>,
  members: readonly string[],
  channel: string,
  clock: VirtualClock,
): Promise<void> {
  const inside = members
    .map((id) => actorOf(actors, id))
    .filter(({ isHeld }) => !isHeld)
    .filter(({ client }) =>
      client.channels().some((view) => view.name === channel && view.state === "open"),
    );
  await clock.drive(Promise.all(inside.map(({ client }) => client.settle(channel))));
}

interface Stage {
  readonly actors: ReadonlyMap<string, Actor>;
  readonly clock: VirtualClock;
  readonly relay: Relay;
}

async function play(plan: WorldPlan, stage: Stage) {
  const { clock } = stage;
  // The first message is said on the full hour after everybody has joined.
  const startMs = Math.ceil((clock.now() + 1) / 3_600_000) * 3_600_000;
  const happened: Happened[] = [];
  const captures: Capture[] = [];
  let theftEpoch: number | null = null;
  const { scope } = plan.scenario.world;
  for (const [index, action] of plan.story.actions.entries()) {
    await clock.advanceTo(startMs + action.atMs);
    if (action.kind === "capture") {
      const capture = await takeCapture(plan, stage, action.grant);
      captures.push(capture);
      if (capture.actor !== null) {
        // A control copies the device of somebody who is not in the channel at all.
        const views = actorOf(stage.actors, capture.actor).client.channels();
        theftEpoch = views.find((view) => view.name === scope)?.epoch ?? 0;
      }
    } else if (action.kind === "hold") {
      const actor = actorOf(stage.actors, action.actor);
      actor.isHeld = true;
      actor.uplink.hold();
    } else if (action.kind === "release") {
      const known = new Set(happened.map(({ id }) => id));
      const landed = await release(plan, stage, action.actor, known);
      happened.push(...landed.map((each) => ({ ...each, atMs: startMs + action.atMs })));
    } else {
      const done = await act(plan, stage, action);
      if (done !== null) happened.push({ action, atMs: startMs + action.atMs, ...done });
    }
    plan.onProgress?.(index + 1, plan.story.actions.length);
  }
  return { startMs, happened, captures, theftEpoch };
}

/** Lets what was held reach the relay, and tells in which epoch the channel came to read it. */
async function release(
  plan: WorldPlan,
  { actors, clock }: Stage,
  id: string,
  known: ReadonlySet<string | null>,
): Promise<Omit<Happened, "atMs">[]> {
  const actor = actorOf(actors, id);
  actor.isHeld = false;
  actor.uplink.release();
  const landed: Omit<Happened, "atMs">[] = [];
  for (const { id: channel, members } of plan.scenario.world.channels) {
    if (!members.includes(id)) continue;
    // First he catches up himself; then everybody hears what he had to say.
    await settle(actors, [id], channel, clock);
    await settle(actors, members, channel, clock);
    const unsent = actor.unsent.filter((each) => each.channel === channel);
    const own = (await actor.client.messages(channel)).filter((each) => {
      return each.mine && !known.has(each.id);
    });
    assert(own.length === unsent.length, "what was held back reaches the channel");
    for (const [index, action] of unsent.entries()) {
      const { id, epoch, body } = own[index] as (typeof own)[number];
      assert(body === action.text, "it comes in the order in which it was written");
      landed.push({ action, id, epoch });
    }
  }
  actor.unsent.length = 0;
  return landed;
}

/**
 * Does one thing and lets everybody hear of it. Null when the actor is no longer in the channel, and for what
 * is said into a held uplink: that happens when it is released.
 */
async function act(
  plan: WorldPlan,
  stage: Stage,
  action: Deed,
): Promise<{ id: string | null; epoch: number } | null> {
  const { clock, actors } = stage;
  const actor = actorOf(actors, action.actor);
  const { channel } = action;
  if (actor.client.status(channel).state !== "open") return null;
  const members = plan.scenario.world.channels.find((each) => each.id === channel)?.members ?? [];
  if (actor.isHeld && action.kind === "say") {
    actor.unsent.push(action);
    await clock.drive(actor.client.send({ channel, text: action.text }).catch(expectNoAnswer));
    return null;
  }
  const done = await clock.drive(commitOrSay(actor, actors, action));
  await settle(actors, members, channel, clock);
  return done;
}

/** The client gives up waiting and keeps the message. */
function expectNoAnswer(error: unknown): void {
  if (!(error instanceof Failure) || error.code !== "network") throw error;
}

async function commitOrSay(
  { client }: Actor,
  actors: ReadonlyMap<string, Actor>,
  action: Deed,
): Promise<{ id: string | null; epoch: number }> {
  const { channel } = action;
  if (action.kind === "say") {
    const { id, epoch } = await client.send({ channel, text: action.text });
    return { id, epoch };
  }
  const { epoch } =
    action.kind === "update"
      ? await client.rotate({ channel })
      : await client.remove({ channel, label: actorOf(actors, action.target).label });
  return { id: null, epoch };
}

/** Takes exactly what the scenario grants, as files. */
async function takeCapture(plan: WorldPlan, stage: Stage, grantId: string): Promise<Capture> {
  const grant = plan.scenario.adversary.gets.find((each) => each.id === grantId);
  assert(grant !== undefined, "a story captures what the scenario grants");
  const atMs = stage.clock.now();
  if (grant.kind === "relay-db") {
    assert(stage.relay.store.path !== null, "a world's relay has a file");
    return {
      id: grant.id,
      kind: grant.kind,
      actor: null,
      atMs,
      note: "The relay's SQLite database and, raw, its write-ahead log",
      files: await imageDatabase(stage.relay.store.path),
    };
  }
  assert(grant.actor !== undefined, "the scenario's checks found the device's actor");
  const { dir, vault } = actorOf(stage.actors, grant.actor);
  return captureDevice({ ...grant, actor: grant.actor, dir, vault, atMs });
}

/** A device as it lies there: the vault's files and, when it was unlocked, the key that opens them. */
export async function captureDevice(device: {
  id: string;
  actor: string;
  dir: string;
  vault: Pick<Vault, "unsafeUnlockedImage"> | { slotKey: Uint8Array };
  atMs: number;
  locked?: boolean | undefined;
}): Promise<Capture> {
  const prefix = `device/${device.actor}`;
  const files = await imageFolder(device.dir, `${prefix}/vault`);
  if (device.locked !== true) {
    const slotKey =
      "slotKey" in device.vault ? device.vault.slotKey : device.vault.unsafeUnlockedImage().slotKey;
    const state = { v: 1, slotKey: base64url(slotKey) };
    files.set(
      `${prefix}/unlocked.json`,
      new TextEncoder().encode(`${JSON.stringify(state, null, 1)}\n`),
    );
  }
  return {
    id: device.id,
    kind: "device-state",
    actor: device.actor,
    atMs: device.atMs,
    note:
      device.locked === true
        ? "The vault's files; the device was locked"
        : "The vault's files, and from the unlocked device's memory the key that opens them (ASSUMED)",
    files,
  };
}
