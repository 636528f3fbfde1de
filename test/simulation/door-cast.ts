import type { Cipher } from "#client/core/cipher.ts";
import type { NewChannel } from "#client/core/client.ts";
import { createPledge } from "#client/core/queue.ts";
import { words as list } from "#client/core/words.ts";
import {
  channelName,
  come,
  createWorld,
  reach,
  relayAddress,
  type Seat,
  type World,
} from "./cast.ts";

/*
 * A newcomer before the door, with every person's part in the test's hands. Slate is the first sponsor,
 * Heron the second, Otter the newcomer.
 */

type Words = readonly string[];

/** The newcomer's person: hears the words to read aloud, and types what the test says. */
export function createPerson() {
  const asked: {
    readonly by: string;
    readonly say: Words;
    type(words: Words): void;
    hangUp(): void;
  }[] = [];
  return {
    asked,
    ask({ by, say }: { readonly by: string; readonly say: Words }): Promise<Words> {
      const typed = createPledge<Words>();
      asked.push({
        by,
        say,
        type: typed.resolve,
        hangUp: () => typed.reject(new Error("nobody has the words now")),
      });
      return typed.promise;
    },
    /** The question of so many, once it is there. */
    async question(at = 0) {
      await reach(() => asked.length > at);
      return asked[at] as (typeof asked)[number];
    },
  };
}

/** Three other words of the list. */
export function otherWords(words: Words): string[] {
  return words.map((word) => list[(list.indexOf(word) + 1) % list.length] as string);
}

/** How a promise ended: its value, or the code of its Failure. */
export function endOf<T>(promise: Promise<T>): Promise<T | string> {
  return come(promise.catch((error: { code: string }) => error.code));
}

export interface Door {
  readonly world: World;
  readonly slate: Seat;
  readonly heron: Seat;
  readonly otter: Seat;
  /** The motion's id. */
  readonly id: string;
  readonly code: string;
  readonly done: Promise<{ readonly label: string; readonly epoch: number }>;
  readonly joined: ReturnType<Seat["client"]["join"]>;
  readonly person: ReturnType<typeof createPerson>;
}

/** A channel of these, in which two must approve; the first one's client may be another. */
export async function channelOf(
  labels: readonly string[],
  options: { readonly cipher?: Cipher; readonly channel?: Partial<NewChannel> } = {},
) {
  const world = await createWorld();
  const { cipher, channel = {} } = options;
  const [first, ...others] = labels;
  const founder = await world.seat(cipher === undefined ? {} : { cipher });
  const wanted = { name: channelName, relay: relayAddress, approvals: 2, ...channel };
  await founder.client.openChannel({ ...wanted, label: first as string });
  const seats = [founder];
  for (const label of others) {
    const seat = await world.seat();
    if (seats.length === 1) await world.admit(founder, seat, label);
    else await world.admitBy(seats.slice(0, wanted.approvals), seat, label);
    seats.push(seat);
  }
  await world.settle(...seats);
  return { world, seats };
}

/** Otter has used Slate's code, and Heron sees that it waits for a second approval. */
export async function atTheDoor(
  options: Parameters<typeof channelOf>[1] & { readonly labels?: readonly string[] } = {},
): Promise<Door & { readonly seats: readonly Seat[] }> {
  const { labels = ["Slate", "Heron"] } = options;
  const { world, seats } = await channelOf(labels, options);
  const [slate, heron] = seats as [Seat, Seat];
  const otter = await world.seat();
  const expiresMs = 600_000;
  const invited = slate.client.invite({ channel: channelName, label: "Otter", expiresMs });
  const { id, code, done } = await come(invited);
  const person = createPerson();
  const joined = otter.client.join({
    code,
    relay: relayAddress,
    name: channelName,
    ask: person.ask,
  });
  joined.catch(() => {});
  await reach(() => heron.client.pending(channelName).some((motion) => motion.id === id));
  return { world, seats, slate, heron, otter, id, code, done, joined, person };
}

/** Both sides have their words. */
export async function atTheWords(options: Parameters<typeof atTheDoor>[0] = {}) {
  const door = await atTheDoor(options);
  const { say } = await come(door.heron.client.check({ channel: channelName, id: door.id }));
  const question = await door.person.question();
  return { ...door, say, question };
}

/** Whether a seat sees a member of that label. */
export function sees(seat: Seat, label: string): boolean {
  return seat.client.who(channelName).some((member) => member.label === label);
}
