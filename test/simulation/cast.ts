import type { Cipher } from "#client/core/cipher.ts";
import { type Client, type NewChannel, type Notice, openClient } from "#client/core/client.ts";
import type { Dialer, Store } from "#client/core/ports.ts";
import { createPledge } from "#client/core/queue.ts";
import type { Suite } from "#client/crypto/suite.ts";
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
  seat(options?: { cipher?: Cipher; store?: MemoryStore; suite?: Suite }): Promise<Seat>;
  /** Opens the channel for the first seat and lets the others in, in order. */
  gather(labels: readonly string[], channel?: Partial<NewChannel>): Promise<Seat[]>;
  /** One sponsor lets a newcomer in that was told to expect one. */
  admit(sponsor: Seat, newcomer: Seat, label: string): Promise<void>;
  /** Two sponsors let a newcomer in: the first by its code, the second by words. */
  admitByTwo(first: Seat, second: Seat, newcomer: Seat, label: string): Promise<void>;
  /** As many sponsors as the policy asks for: the first by its code, the others by words. */
  admitBy(
    sponsors: readonly Seat[],
    newcomer: Seat,
    label: string,
    personOf?: string,
  ): Promise<void>;
  settle(...seats: readonly Seat[]): Promise<void>;
}

export const channelName = "line";
export const relayAddress = "relay.test";
let nextSeed = 1;
/** More than any seat draws. */
const streamBytes = 10_000_000;

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
    async seat({ cipher, store = memoryStore(), suite } = {}) {
      // Neighbouring seeds give one stream, shifted by an octet: seats far apart draw nothing in common.
      const random = seededRandom(nextSeed++ * streamBytes);
      const at = seats++;
      const { dialer, wire } = wiredDialer(() => through(() => world.relay, at));
      const notices: Notice[] = [];
      const open = async (from: Store): Promise<Client> => {
        const client = await openClient({
          ...{ clock, random, store: from, dialer },
          ...(cipher === undefined ? {} : { cipher }),
          ...(suite === undefined ? {} : { suite }),
        });
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
        const sponsors = seats.slice(0, wanted.approvals);
        if (sponsors.length === 1) await world.admit(founder, newcomer, label);
        else await world.admitBy(sponsors, newcomer, label);
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
      const joined = newcomer.client.join({
        code,
        relay: relayAddress,
        name: channelName,
        sponsors: 1,
      });
      await quiet(24);
      await joined;
      await invitation.done;
    },
    admitByTwo: (first, second, newcomer, label) => {
      return world.admitBy([first, second], newcomer, label);
    },
    async admitBy([first, ...others], newcomer, label, personOf) {
      const person = personOf === undefined ? {} : { personOf };
      const options = { channel: channelName, label, expiresMs: 600_000, ...person };
      const invitation = await come((first as Seat).client.invite(options));
      const { id, code } = invitation;
      const voices = new Map<string, ReturnType<typeof createVoice>>();
      const voiceWith = (by: string) => {
        const voice = voices.get(by) ?? createVoice();
        voices.set(by, voice);
        return voice;
      };
      const joined = newcomer.client.join({
        code,
        relay: relayAddress,
        name: channelName,
        ask: ({ by, say }) => voiceWith(by).newcomer(say),
      });
      joined.catch(() => {});
      for (const { client } of others) {
        await reach(() => client.pending(channelName).some((motion) => motion.id === id));
        const { say } = await come(client.check({ channel: channelName, id }));
        const own = client.who(channelName).find(({ self }) => self)?.label as string;
        const words = await come(voiceWith(own).sponsor(say));
        await come(client.approve({ channel: channelName, id, words }));
      }
      await come(Promise.all([joined, invitation.done]));
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

/** A telephone between newcomer and sponsor: each reads out its words and hears the other's. */
export function createVoice() {
  const [toSponsor, toNewcomer] = [createPledge<Words>(), createPledge<Words>()];
  return {
    newcomer(say: Words): Promise<Words> {
      toSponsor.resolve(say);
      return toNewcomer.promise;
    },
    sponsor(say: Words): Promise<Words> {
      toNewcomer.resolve(say);
      return toSponsor.promise;
    },
  };
}
type Words = readonly string[];

/** Turns of the loop within which everything that needs no time has happened. */
const turnsMax = 2_000;

/** Lets things happen until something is so. */
export async function reach(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < turnsMax && !isSo(); turn++) await quiet(1);
  if (!isSo()) throw new Error("this does not come about by itself");
}

/** Lets things happen until a promise is settled. */
export async function come<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = () => {
    isSettled = true;
  };
  promise.then(settled, settled);
  await reach(() => isSettled);
  return await promise;
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
