import type { Cipher } from "#client/core/cipher.ts";
import { type Client, type NewChannel, type Notice, openClient } from "#client/core/client.ts";
import type { Dialer, Store } from "#client/core/ports.ts";
import type { Relay, RelayOptions } from "#server/relay.ts";
import {
  type HandClock,
  handClock,
  type MemoryStore,
  memoryStore,
  quiet,
  seededRandom,
  startTestRelay,
  type Wire,
  wiredDialer,
} from "./kit.ts";

/** One person at one device, with everything a test may want to tamper with. */
export interface Seat {
  client: Client;
  readonly store: MemoryStore;
  readonly notices: Notice[];
  readonly wire: Wire;
  readonly dialer: Dialer;
  /** Closes the client and opens another one on the same store, or on the one given. */
  reopen(store?: Store): Promise<void>;
  /** Notices of one type so far. */
  heard<Type extends Notice["type"]>(type: Type): Extract<Notice, { type: Type }>[];
  texts(): Promise<string[]>;
}

export interface World {
  readonly clock: HandClock;
  relay: Relay;
  seat(options?: { cipher?: Cipher; store?: MemoryStore }): Promise<Seat>;
  /** Opens the channel for the first seat and lets the others in, in order. */
  gather(labels: readonly string[], channel?: Partial<NewChannel>): Promise<Seat[]>;
  admit(sponsor: Seat, newcomer: Seat, label: string): Promise<void>;
  settle(...seats: readonly Seat[]): Promise<void>;
}

export const channelName = "line";
export const relayAddress = "relay.test";
let nextSeed = 1;

/** What stands between the world's relay and its seats, numbered from 0 in the order of `seat`. */
export type Through = (relay: () => Relay, seat: number) => Pick<Relay, "connect">;

export async function createWorld(
  options: Partial<RelayOptions> = {},
  through: Through = (relay) => relay(),
): Promise<World> {
  const clock = handClock();
  let seats = 0;
  const world: World = {
    clock,
    relay: await startTestRelay(clock, options),
    async seat({ cipher, store = memoryStore() } = {}) {
      const random = seededRandom(nextSeed++);
      const at = seats++;
      const { dialer, wire } = wiredDialer(() => through(() => world.relay, at));
      const notices: Notice[] = [];
      const open = async (from: Store): Promise<Client> => {
        const ports = { clock, random, store: from, dialer };
        const client = await openClient(cipher === undefined ? ports : { ...ports, cipher });
        client.subscribe((notice) => notices.push(notice));
        return client;
      };
      const seat: Seat = {
        client: await open(store),
        store,
        notices,
        wire,
        dialer,
        async reopen(other = store) {
          await seat.client.close();
          seat.client = await open(other);
        },
        heard<Type extends Notice["type"]>(type: Type) {
          return notices.filter(
            (notice): notice is Extract<Notice, { type: Type }> => notice.type === type,
          );
        },
        async texts() {
          return (await seat.client.messages(channelName)).map(({ body }) => body);
        },
      };
      return seat;
    },
    async gather(labels, channel = {}) {
      const [first, ...others] = labels;
      const founder = await world.seat();
      const wanted = { name: channelName, relay: relayAddress, approvals: 1, ...channel };
      await founder.client.openChannel({ ...wanted, label: first as string });
      const seats = [founder];
      for (const label of others) {
        const newcomer = await world.seat();
        await world.admit(founder, newcomer, label);
        seats.push(newcomer);
      }
      await world.settle(...seats);
      return seats;
    },
    async admit(sponsor, newcomer, label) {
      const invited = sponsor.client.invite({ channel: channelName, label, expiresMs: 600_000 });
      await quiet();
      const invitation = await invited;
      const { code } = invitation;
      const joined = newcomer.client.join({ code, relay: relayAddress, name: channelName });
      await quiet(24);
      await joined;
      await invitation.done;
    },
    async settle(...seats) {
      for (let round = 0; round < 3; round++) {
        await quiet();
        await Promise.all(seats.map(({ client }) => client.settle()));
      }
      await quiet();
    },
  };
  return world;
}

/** Starts something, lets everything that needs no time happen, and waits for it. */
export async function soon<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await quiet(24);
  return await promise;
}

/** The failure code that a promise ends in; null when it does not fail. */
export async function codeOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await soon(promise);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
