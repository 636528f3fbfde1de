import type { Cipher } from "#client/core/cipher.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { assert } from "#shared/failure.ts";
import type { Action, Story } from "./action.ts";
import {
  type Actor,
  actorOf,
  closeActors,
  deviceOf,
  type Ensemble,
  openActor,
  settle,
} from "./actor.ts";
import { admit } from "./admission.ts";
import type { Capture } from "./bundle.ts";
import { captureAccess, captureDatabase, captureDevice, captureWire } from "./capture.ts";
import { act, catchUp, type Done, release } from "./deed.ts";
import { gather } from "./gathering.ts";
import type { OnGrant } from "./on-grant.ts";
import { newRecording, type Recording, recordingCipher } from "./recording-cipher.ts";
import { type Relays, startRelays } from "./relays.ts";
import type { PlugIn } from "./rigs/rig.ts";
import type { Scenario } from "./scenario-schema.ts";
import { seeded } from "./seeded.ts";
import { durationOf, type Settings, setting } from "./settings.ts";
import { sharedVerdicts } from "./shared-verdicts.ts";
import { sleepPlanOf } from "./sleep-plan.ts";
import { passUntil, usersOf, whileAwake } from "./sleeping.ts";
import { virtualClock } from "./virtual-clock.ts";
import { hidingLine } from "./weak/hiding-line.ts";
import { type Watch, watchActors } from "./witness.ts";

export interface Happened extends Done {
  /** Virtual time, milliseconds since 1970; of a message, when it reached the relay. */
  readonly atMs: number;
}

/** What a played world leaves: what happened, what the adversary was granted, what the clients saw. */
export interface Played {
  readonly startMs: number;
  readonly happened: readonly Happened[];
  readonly captures: readonly Capture[];
  /** Epoch of the scope's channel on the victim's device when it was copied. */
  readonly theftEpoch: number | null;
  /** SHA-256 of the frames that the victim's device had been given by then; null where no device was copied. */
  readonly deliveredBefore: ReadonlySet<string> | null;
  readonly recording: Recording;
  /** Which channel of the scenario a group id (hex) is. */
  readonly groups: ReadonlyMap<string, string>;
  /** The network address from which each actor dialled, by the actor's id. */
  readonly lines: ReadonlyMap<string, string>;
  readonly watch: Watch;
  /** When the relay began to show two logs; null when it did not. */
  readonly splitAtMs: number | null;
  /** Mailboxes (hex) in which the relay swallowed commits. */
  readonly withheldIn: readonly string[];
}

export interface WorldPlan {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly story: Story;
  readonly settings: Settings;
  /** Empty folder for the relay's data and the vaults. */
  readonly folder: string;
  readonly cipher?: Cipher;
  /** The cipher of one actor's client, where it is another than everybody's. */
  readonly cipherOf?: (actor: string, now: () => number) => Cipher | null;
  readonly onGrant?: OnGrant;
  readonly plugIn?: PlugIn;
  readonly onProgress?: (done: number, of: number) => void;
}

const dayMs = 24 * 3_600_000;

/** 1 March 2027, 09:00 UTC: any time will do, as long as it is not now. */
const worldStartMs = Date.UTC(2027, 2, 1, 9);

/**
 * Plays a story in one process on a virtual clock: a real relay on a real SQLite file, real clients over
 * real vaults. Randomness for keys is the system's, so two runs differ in bytes and agree in numbers.
 */
export async function playWorld(plan: WorldPlan): Promise<Played> {
  const clock = virtualClock(worldStartMs);
  const recording = newRecording();
  const { scenario, folder } = plan;
  const isHostile = scenario.world.relay !== undefined;
  const others = new Set(scenario.world.channels.map(({ relay }) => relay));
  others.delete("relay");
  const retentionMs = durationOf(setting(plan.settings, "frames_kept", "off"));
  const relays = await startRelays({
    ...{ folder, clock, isHostile, others: [...others] },
    isLogged: keepsAddresses(plan),
    ...(retentionMs === null ? {} : { retentionMs }),
  });
  const actors = new Map<string, Actor>();
  const ensemble = { actors, clock };
  const suite = sharedVerdicts(xwingSuite);
  try {
    const granted = new Set(scenario.adversary.gets.map(({ actor }) => actor));
    const free = addresses(plan.seed);
    for (const [at, { id, label }] of scenario.world.actors.entries()) {
      const line = free[at];
      assert(line !== undefined, "a world has fewer people than there are addresses");
      const isHidden = id === scenario.world.late_hidden_from;
      const dialer = isHidden ? hidingLine(relays.dialer(line)) : relays.dialer(line);
      const where = { line, folder: granted.has(id) ? folder : null, dialer };
      const own = plan.cipherOf?.(id, () => clock.now()) ?? plan.cipher;
      const cipher = recordingCipher(recording, id, own);
      const sleep = sleepPlanOf(scenario, id);
      const sleeps = sleep === null ? {} : { sleeps: sleep };
      actors.set(id, await openActor({ id, label, ...where, clock, cipher, suite, ...sleeps }));
    }
    const groups = await gather(plan, ensemble, recording);
    const watch = watchActors(ensemble, scenario);
    const played = await play({ ...plan, recording }, { ...ensemble, relays, watch });
    watch.end();
    const lines = new Map([...actors].map(([id, { line }]) => [id, line]));
    return { ...played, recording, groups, lines, watch };
  } finally {
    await closeActors(ensemble);
    await relays.close();
  }
}

/** Whether the relay's operator writes addresses down: only where somebody gets them, and unless a setting says no. */
function keepsAddresses({ scenario, settings }: WorldPlan): boolean {
  const isGranted = scenario.adversary.gets.some(({ kind }) => kind === "access-log");
  return isGranted && setting(settings, "addresses", "logged") !== "none";
}

/** Network addresses that tell nothing of their owners (RFC 5737, for documentation), in an order that the seed gives. */
function addresses(seed: number): readonly string[] {
  const hosts = Array.from({ length: 254 }, (_, at) => at + 1);
  const blocks = ["192.0.2", "198.51.100", "203.0.113"];
  const all = blocks.flatMap((block) => hosts.map((host) => `${block}.${host}`));
  return seeded("network addresses", seed).shuffle(all);
}

interface Stage extends Ensemble {
  readonly relays: Relays;
  readonly watch: Watch;
}

async function play(plan: WorldPlan & { readonly recording: Recording }, stage: Stage) {
  const { clock, relays } = stage;
  // The first message is said on the full hour after everybody has joined.
  const startMs = Math.ceil((clock.now() + 1) / 3_600_000) * 3_600_000;
  const happened: Happened[] = [];
  const captures: Capture[] = [];
  let theftEpoch: number | null = null;
  let deliveredBefore: ReadonlySet<string> | null = null;
  let splitAtMs: number | null = null;
  const { scenario } = plan;
  const { scope } = scenario.world;
  for (const { sleeper } of stage.actors.values()) sleeper?.begin(startMs);
  for (const [index, action] of plan.story.actions.entries()) {
    await passUntil(stage, startMs + action.atMs);
    if (action.kind === "capture") {
      plan.onGrant?.(action.grant, (id) => actorOf(stage, id).client);
      const taken = await takeCaptures(plan, stage, action.grant);
      captures.push(...taken);
      const victim = taken.find(({ actor }) => actor !== null)?.actor;
      if (victim != null) {
        // A control copies the device of somebody who is not in the channel at all.
        const views = actorOf(stage, victim).client.channels();
        theftEpoch = views.find((view) => view.name === scope)?.epoch ?? 0;
        deliveredBefore = new Set(plan.recording.delivered.get(victim));
      }
    }
    if (action.kind === "split") splitAtMs = clock.now();
    const done = await whileAwake(stage, usersOf(scenario, action), () =>
      perform(plan, stage, action, happened),
    );
    happened.push(...done.map((each) => ({ ...each, atMs: startMs + action.atMs })));
    plan.onProgress?.(index + 1, plan.story.actions.length);
  }
  const swallowed = relays.front?.log.filter(({ what }) => what === "withheld") ?? [];
  const withheldIn = [...new Set(swallowed.map(({ mailbox }) => mailbox))];
  return { startMs, happened, captures, theftEpoch, deliveredBefore, splitAtMs, withheldIn };
}

/** Does what an action says; gives what the channel read of it. */
async function perform(
  plan: WorldPlan,
  stage: Stage,
  action: Action,
  happened: readonly Happened[],
): Promise<readonly Done[]> {
  const { scenario } = plan;
  const known = () => new Set(happened.map(({ id }) => id));
  switch (action.kind) {
    case "capture":
      return [];
    case "hold": {
      const actor = actorOf(stage, action.actor);
      actor.isHeld = true;
      actor.uplink.hold();
      return [];
    }
    case "release":
      return release(scenario, stage, action.actor, known());
    case "withhold": {
      const actor = actorOf(stage, action.actor);
      actor.isWithheld = true;
      stage.relays.front?.withhold(actor.line, action.commits);
      return [];
    }
    case "split":
      await stage.relays.split(action.half.map((id) => actorOf(stage, id).line));
      await settleScope(scenario, stage);
      return [];
    case "cross":
      stage.relays.front?.cross();
      await settleScope(scenario, stage);
      return [];
    case "admit": {
      const { channel, label, personOf, isDeceived } = action;
      const turnedAway = await admit(stage, {
        ...{ channel, label, personOf, reachesNewcomer: isDeceived },
        sponsor: actorOf(stage, action.sponsor),
        second: action.second === null ? null : actorOf(stage, action.second),
        newcomer: actorOf(stage, action.guest),
      });
      await settleScope(scenario, stage);
      stage.watch.sawGuest(action.sponsor, label, turnedAway);
      return [];
    }
    case "compare":
      stage.watch.compare(action.channel);
      return [];
    default: {
      const done = await act(scenario, stage, action);
      const withheld = [...stage.actors.values()].find((one) => one.isHeld && one.isWithheld);
      if (action.kind === "say" || withheld === undefined) return done === null ? [] : [done];
      // The epoch may have moved on: then the commit was made anew and perhaps got through.
      const landed = await catchUp(scenario, stage, withheld.id, known());
      return done === null ? landed : [done, ...landed];
    }
  }
}

async function settleScope(scenario: Scenario, stage: Stage): Promise<void> {
  const { channels, scope } = scenario.world;
  const members = channels.find(({ id }) => id === scope)?.members ?? [];
  await settle(stage, members, scope);
}

/** The access log, as far as it was kept: all of it, the last day, or none. */
function accessCaptures(
  { settings }: WorldPlan,
  { accessLog }: Relays,
  id: string,
  atMs: number,
): Capture[] {
  if (accessLog === null) return [];
  const keptMs = setting(settings, "addresses", "logged") === "one-day" ? dayMs : null;
  return [
    captureAccess(
      id,
      atMs,
      keptMs === null ? accessLog : accessLog.filter((each) => each.atMs >= atMs - keptMs),
    ),
  ];
}

/** Takes exactly what the scenario grants, as files. */
async function takeCaptures(plan: WorldPlan, stage: Stage, id: string): Promise<Capture[]> {
  const grant = plan.scenario.adversary.gets.find((each) => each.id === id);
  assert(grant !== undefined, "a story captures what the scenario grants");
  const atMs = stage.clock.now();
  const { relays } = stage;
  if (grant.kind === "wire") return [captureWire(id, atMs, relays.front?.log ?? [])];
  if (grant.kind === "access-log") return accessCaptures(plan, relays, id, atMs);
  if (grant.kind === "relay-db") {
    const path = relays.pathOf(grant.relay ?? "relay");
    const second = relays.secondPath();
    const captures = [await captureDatabase({ id, atMs, path })];
    if (second === null) return captures;
    const other = { id: `${id}-second`, atMs, path: second, folder: "second" } as const;
    return [...captures, await captureDatabase(other)];
  }
  // Other kinds are no part of the relay and of no device: the rig makes them.
  if (grant.kind !== "device-state") return [];
  assert(grant.actor !== undefined, "the scenario's checks found the device's actor");
  const { dir, vault } = deviceOf(stage, grant.actor);
  const isOwn = grant.actor === plan.scenario.world.guest?.actor;
  return [await captureDevice({ ...grant, actor: grant.actor, dir, vault, atMs, isOwn })];
}
