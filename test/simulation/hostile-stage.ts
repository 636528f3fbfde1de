import type { NewChannel } from "#client/core/client.ts";
import { channelName as channel, createWorld, type Seat, soon, type World } from "./cast.ts";
import { type Hostile, hostileRelay, type Stored } from "./hostile.ts";
import { stateOf } from "./insider.ts";
import { quiet } from "./kit.ts";

/** Seats on a channel whose relay is in the hands of an adversary, from the first frame on. */
export interface Stage {
  readonly hostile: Hostile;
  readonly world: World;
  readonly seats: readonly Seat[];
  /** Name of the mailbox in which a seat is. */
  mailbox(seat: Seat): Promise<string>;
  /** Lets broken connections be dialled again, and everybody read and say what there is. */
  recover(): Promise<void>;
}

export async function stageHostile(
  labels: readonly string[],
  wanted: Partial<NewChannel> = {},
): Promise<Stage> {
  const hostile = hostileRelay();
  const world = await createWorld({}, hostile.through);
  const seats = await world.gather(labels, wanted);
  return {
    hostile,
    world,
    seats,
    mailbox: async (seat) => (await stateOf(seat)).keys.name,
    async recover() {
      hostile.tell();
      await quiet(24);
      await world.clock.advance(65_000);
      await world.settle(...seats);
    },
  };
}

export const say = (seat: Seat, text: string) => soon(seat.client.send({ channel, text }));

/** Alarms of a seat, as `code label`. */
export function alarmsOf(seat: Seat): string[] {
  return seat.heard("alarm").map(({ code, from }) => (from === null ? code : `${code} ${from}`));
}

export const statusOf = (seat: Seat) => seat.client.status(channel);

export const wordsOf = (seat: Seat) => statusOf(seat).words.join(" ");

/** Everything above the size of a text: in these worlds, the commits. */
export const isCommit = ({ frame }: Stored) => frame.length > 1024;
