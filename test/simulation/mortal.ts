import { expect } from "vitest";
import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { openClient } from "#client/core/client.ts";
import type { Dialer, Link, Store } from "#client/core/ports.ts";
import { openSenderData, readPrivateMessage } from "#client/mls/private-message.ts";
import { hex } from "#shared/bytes.ts";
import {
  channelName as channel,
  createWorld,
  relayAddress,
  type Seat,
  type World,
} from "./cast.ts";
import { quiet, seededRandom } from "./kit.ts";

/**
 * kill -9 of a client at every step. A step's effects reach the world through two ports only, `save`
 * and `send`; the process can die before and after each call of either. A first run counts these
 * moments, then one run for each of them dies there, opens the vault again and goes on.
 */
export interface Fuse {
  moments: number;
  /** Dies at this moment, counted from 1; 0 never. */
  readonly at: number;
  isDead: boolean;
  /** Successful saves before the death. */
  saves: number;
}

class Killed extends Error {}

function moment(fuse: Fuse): void {
  if (fuse.isDead) throw new Killed();
  fuse.moments++;
  if (fuse.moments !== fuse.at) return;
  fuse.isDead = true;
  throw new Killed();
}

const forever = new Promise<never>(() => {});

function mortalStore(store: Store, fuse: Fuse): Store {
  return {
    keys: (prefix) => (fuse.isDead ? forever : store.keys(prefix)),
    read: (key) => (fuse.isDead ? forever : store.read(key)),
    async save(changes) {
      try {
        moment(fuse);
        await store.save(changes);
        fuse.saves++;
        moment(fuse);
      } catch (error) {
        // A dead process does not go on to handle its own death.
        if (error instanceof Killed) return await forever;
        throw error;
      }
    },
  };
}

function mortalDialer(dialer: Dialer, fuse: Fuse): Dialer {
  return {
    dial(address, path, events): Link {
      const alive = (call: () => void): void => {
        if (!fuse.isDead) call();
      };
      const link = dialer.dial(address, path, {
        opened: () => alive(() => events.opened()),
        message: (data) => alive(() => events.message(data)),
        closed: (reason) => alive(() => events.closed(reason)),
      });
      return {
        send(data) {
          try {
            moment(fuse);
            link.send(data);
            moment(fuse);
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
          }
        },
        close: () => alive(() => link.close()),
      };
    },
  };
}

/** Sees every message that reaches the log, through an observer's eyes, and which message key it used. */
export function watchKeys(): {
  readonly cipher: Cipher;
  readonly reused: string[];
  readonly seen: number;
} {
  const keys = new Map<string, string>();
  const reused: string[] = [];
  return {
    reused,
    get seen() {
      return keys.size;
    },
    cipher: {
      ...sealedCipher,
      kindOf(reader, message) {
        const kind = sealedCipher.kindOf(reader, message);
        const secret =
          reader.kind === "group" ? reader.state.secrets.senderData : reader.state.senderDataSecret;
        const { leaf, generation } = openSenderData(
          reader.suite,
          secret,
          readPrivateMessage(message),
        );
        const key = `${kind} epoch ${reader.epoch} leaf ${leaf} generation ${generation}`;
        const bytes = hex(message);
        if ((keys.get(key) ?? bytes) !== bytes) reused.push(key);
        keys.set(key, bytes);
        return kind;
      },
    },
  };
}

export interface Stage {
  readonly world: World;
  /** Who dies. */
  readonly victim: Seat;
  readonly observer: Seat;
  readonly keys: ReturnType<typeof watchKeys>;
}

/** The victim founds, the observer joins, or the other way round. */
export async function stage(): Promise<Stage> {
  const world = await createWorld();
  const keys = watchKeys();
  const victim = await world.seat();
  const observer = await world.seat({ cipher: keys.cipher });
  const relay = relayAddress;
  await victim.client.openChannel({ name: channel, label: "Slate", relay, approvals: 1 });
  await world.admit(victim, observer, "Heron");
  await world.settle(victim, observer);
  return { world, victim, observer, keys };
}

/** Puts a mortal client in the victim's place, on the same vault. */
export async function makeMortal({ world, victim }: Stage, at: number): Promise<Fuse> {
  const fuse: Fuse = { moments: 0, at, isDead: false, saves: 0 };
  await victim.client.close();
  const opened = openClient({
    clock: world.clock,
    random: seededRandom((7_000 + at) * 1_000_003),
    store: mortalStore(victim.store, fuse),
    dialer: mortalDialer(victim.dialer, fuse),
  });
  await quiet();
  const client = await Promise.race([opened, quiet(24).then(() => null)]);
  if (client !== null) {
    victim.client = client;
    client.subscribe((notice) => victim.notices.push(notice));
  }
  await quiet(24);
  return fuse;
}

/** The machine is switched on again. */
export async function revive({ world, victim }: Stage): Promise<void> {
  victim.wire.hangUp();
  victim.client = await openClient({
    clock: world.clock,
    random: seededRandom((9_000_000 + Math.floor(world.clock.now() % 1_000)) * 1_000_003),
    store: victim.store,
    dialer: victim.dialer,
  });
  victim.client.subscribe((notice) => victim.notices.push(notice));
  await quiet(24);
}

export async function checkConvergence({ world, victim, observer, keys }: Stage): Promise<void> {
  await world.clock.advance(40_000);
  await world.settle(victim, observer);
  const [one, other] = [victim, observer].map(({ client }) => client.status(channel));
  expect(one?.words).toEqual(other?.words);
  for (const status of [one, other])
    expect(status).toMatchObject({ gaps: [], alarms: [], outbox: 0 });
  expect(keys.reused).toEqual([]);
  expect(keys.seen).toBeGreaterThan(0);
}

/** Runs a story with a death at every moment; returns how many there were. */
export async function dieEverywhere(story: (at: number) => Promise<Fuse>): Promise<number> {
  const { moments } = await story(0);
  for (let at = 1; at <= moments; at++) {
    const fuse = await story(at).catch((error) => {
      throw new Error(`killed at moment ${at} of ${moments}: ${error}`, { cause: error });
    });
    expect(fuse.isDead).toBe(true);
  }
  return moments;
}
