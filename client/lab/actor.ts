import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Cipher } from "#client/core/cipher.ts";
import { type Client, openClient } from "#client/core/client.ts";
import type { Dialer, Random } from "#client/core/ports.ts";
import type { ArgonCost } from "#client/core/vault-header.ts";
import { argon2id } from "#client/crypto/argon.ts";
import type { Suite } from "#client/crypto/suite.ts";
import type { DeriveKey } from "#client/node/argon.ts";
import { systemRandom } from "#client/node/random.ts";
import { createVault, type Vault } from "#client/node/vault.ts";
import { assert } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Deed, Said } from "./action.ts";
import { memoryStore, unwritten } from "./memory-store.ts";
import { openSleeper, type Sleeper, type SleepPlan } from "./sleeper.ts";
import { openUplink, type Uplink } from "./uplink.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Argon2id is the one thing made cheap: thirty vaults at its real cost take half a minute. */
export const cheapArgon: ArgonCost = { passes: 1, memoryBytes: limits.argonBytesMin };

/** At its least cost Argon2id takes less than the start of a thread. */
const deriveHere: DeriveKey = async ({ passphrase, salt, cost }) =>
  argon2id({ passphrase, salt, opsLimit: cost.passes, memBytes: cost.memoryBytes });

/** A real vault in a folder. */
export interface Device {
  readonly dir: string;
  readonly vault: Vault;
}

/** One person of a world: a real client, over a real vault where somebody may get hold of it. */
export interface Actor {
  readonly id: string;
  readonly label: string;
  /** The network address from which it dials. */
  readonly line: string;
  /** Its vault on the disk; null where nobody gets the device, and a store in memory does. */
  readonly device: Device | null;
  readonly client: Client;
  readonly uplink: Uplink;
  /** How its device sleeps; null for never. */
  readonly sleeper: Sleeper | null;
  /** What was said and has not reached the relay. */
  readonly unsent: Said[];
  /** Nothing is awaited of this one: what is sent stays on the way, or is not sent yet. */
  isHeld: boolean;
  /** The relay swallows its commits. */
  isWithheld: boolean;
  /** The update that the relay has swallowed and that has not got through since. */
  unsentUpdate: Deed | null;
}

/** Everybody of a world, and its time. */
export interface Ensemble {
  readonly actors: ReadonlyMap<string, Actor>;
  readonly clock: VirtualClock;
}

export function actorOf({ actors }: Ensemble, id: string): Actor {
  const actor = actors.get(id);
  assert(actor !== undefined, `the scenario's checks found actor ${id}`);
  return actor;
}

/** The device of somebody of whom it is granted. */
export function deviceOf(ensemble: Ensemble, id: string): Device {
  const { device } = actorOf(ensemble, id);
  assert(device !== null, `a device that is granted has a vault: ${id}`);
  return device;
}

/** Whether somebody has a seat in good standing in a channel. */
export function isInside({ client }: Actor, channel: string): boolean {
  return client.channels().some((view) => view.name === channel && view.state === "open");
}

/** Waits until everybody who is in the channel, and not held up, has read and said what there is. */
export async function settle(
  ensemble: Ensemble,
  members: readonly string[],
  channel: string,
): Promise<void> {
  const inside = members
    .map((id) => actorOf(ensemble, id))
    .filter(({ isHeld, sleeper }) => !isHeld && sleeper?.isAsleep() !== true)
    .filter((actor) => isInside(actor, channel));
  await ensemble.clock.drive(Promise.all(inside.map(({ client }) => client.settle(channel))));
}

export async function openActor(parts: {
  id: string;
  label: string;
  line: string;
  /** Where its vault is made; null for a store in memory. */
  folder: string | null;
  dialer: Dialer;
  sleeps?: SleepPlan;
  clock: VirtualClock;
  cipher: Cipher;
  /** What its keys are made with; the product's own if absent. */
  suite?: Suite;
  /** Where the client's randomness comes from, if not from the system. */
  random?: Random;
  /** What closes the vault, where that matters. */
  lock?: { readonly passphrase: string; readonly argon: ArgonCost };
}): Promise<Actor> {
  const { id, label, line, folder, clock, sleeps } = parts;
  const lock = parts.lock ?? { passphrase: `passphrase of ${id}`, argon: cheapArgon };
  const device = folder === null ? null : await openDevice(join(folder, "vaults", id), lock);
  const sleeper = sleeps === undefined ? null : openSleeper(parts.dialer, sleeps, clock);
  const uplink = openUplink(sleeper?.dialer ?? parts.dialer);
  const client = await openClient({
    clock,
    random: parts.random ?? systemRandom,
    store: device?.vault ?? memoryStore(),
    dialer: uplink.dialer,
    cipher: parts.cipher,
    ...(parts.suite === undefined ? {} : { suite: parts.suite }),
    ...(device === null ? { bookkeeping: unwritten } : {}),
  });
  const state = { unsent: [], isHeld: false, isWithheld: false, unsentUpdate: null };
  return { id, label, line, device, client, uplink, sleeper, ...state };
}

async function openDevice(
  dir: string,
  lock: { readonly passphrase: string; readonly argon: ArgonCost },
): Promise<Device> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const options = { argon: lock.argon, derive: deriveHere };
  return { dir, vault: await createVault(dir, lock.passphrase, options) };
}

/** Closes everybody's client and vault. */
export async function closeActors({ actors, clock }: Ensemble): Promise<void> {
  for (const { client, device } of actors.values()) {
    await clock.drive(client.close()).catch(() => {});
    device?.vault.close();
  }
}
