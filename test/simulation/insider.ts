import { type MailboxKeys, mailboxKeys } from "#client/core/mailbox.ts";
import { changesBetween, listChannels, loadChannel } from "#client/core/persist.ts";
import { connectRelay } from "#client/core/relay.ts";
import type { Channel } from "#client/core/state.ts";
import { relayAddress, type Seat, type World } from "./cast.ts";
import { quiet } from "./kit.ts";

/** A member who has taken the client apart: all state in hand, and any bytes can be appended. */
export interface Insider {
  readonly channel: Channel;
  /** Everything in the current mailbox, in order. */
  readonly frames: readonly Uint8Array[];
  append(frame: Uint8Array): Promise<void>;
  /** What the relay refused so far. */
  readonly refusals: readonly string[];
}

/** Ends the seat's client and gives what it held. */
export async function takeApart(world: World, seat: Seat): Promise<Insider> {
  await seat.client.close();
  const channel = await stateOf(seat);
  const frames: Uint8Array[] = [];
  const refusals: string[] = [];
  const keys = mailboxKeys(channel.group, channel.session.log.overflow);
  const relay = connectRelay({
    address: relayAddress,
    dialer: seat.dialer,
    clock: world.clock,
    events: {
      up: () => relay.open(keys, 1, 1),
      down() {},
      opened() {},
      live() {},
      frame: (_mailbox, _seq, frame) => frames.push(frame),
      acked() {},
      refused: (_mailbox, _frameId, failure) => refusals.push(failure.code),
    },
  });
  await quiet(24);
  let next = 1;
  return {
    channel,
    frames,
    refusals,
    async append(frame) {
      const frameId = new Uint8Array(16).fill(0xee);
      new DataView(frameId.buffer).setUint32(0, next++);
      relay.post(keys.name, frameId, frame);
      await quiet();
    },
  };
}

/** What the relay refuses when a mailbox is opened with these keys; empty when it lets us in. */
export async function openWith(world: World, seat: Seat, keys: MailboxKeys): Promise<string[]> {
  const refusals: string[] = [];
  const relay = connectRelay({
    address: relayAddress,
    dialer: seat.dialer,
    clock: world.clock,
    events: {
      up: () => relay.open(keys, 1, 1),
      down() {},
      opened() {},
      live() {},
      frame() {},
      acked() {},
      refused: (_mailbox, _frameId, failure) => refusals.push(failure.code),
    },
  });
  await quiet(24);
  relay.end();
  return refusals;
}

/** All frames of the mailbox in which a seat is. */
export async function framesOf(world: World, seat: Seat): Promise<Uint8Array[]> {
  const { keys } = await stateOf(seat);
  const frames: Uint8Array[] = [];
  const relay = connectRelay({
    address: relayAddress,
    dialer: seat.dialer,
    clock: world.clock,
    events: {
      up: () => relay.open(keys, 1, 1),
      down() {},
      opened() {},
      live() {},
      frame: (_box, _seq, frame) => frames.push(frame),
      acked() {},
      refused() {},
    },
  });
  await quiet(24);
  relay.end();
  return frames;
}

/** A seat's only channel, as its vault has it. */
export async function stateOf(seat: Seat): Promise<Channel> {
  const [id] = await listChannels(seat.store);
  return await loadChannel(seat.store, id as string);
}

/** Puts a changed state into a seat's vault. */
export async function plantState(seat: Seat, channel: Channel): Promise<void> {
  await seat.client.close();
  await seat.store.save(changesBetween(null, channel));
  await seat.reopen();
}
