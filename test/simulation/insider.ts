import { sealedCipher } from "#client/core/cipher.ts";
import { type MailboxKeys, mailboxKeys } from "#client/core/mailbox.ts";
import { type Body, composeBody } from "#client/core/message.ts";
import { changesBetween, listChannels, loadChannel } from "#client/core/persist.ts";
import { connectRelay } from "#client/core/relay.ts";
import type { Channel } from "#client/core/state.ts";
import type { Group } from "#client/mls/group.ts";
import { relayAddress, type Seat, type World } from "./cast.ts";
import { quiet, seededRandom } from "./kit.ts";

let nextInsider = 8_000;

/** A member who has taken the client apart: all state in hand, and any bytes can be appended. */
export interface Insider {
  readonly channel: Channel;
  /** Everything in the current mailbox, in order. */
  readonly frames: readonly Uint8Array[];
  append(frame: Uint8Array): Promise<void>;
  /** Appends an MLSMessage, sealed as it should be. */
  post(message: Uint8Array): Promise<void>;
  /** Says a body that an honest client would not say; `as` changes in whose name and under which key. */
  say(body: Partial<Body>, as?: Mask): Promise<void>;
  /** What the relay refused so far. */
  readonly refusals: readonly string[];
}

/** Another member's seat, and the key to sign with: any member can derive any other's message keys. */
export interface Mask {
  readonly leaf: number;
  readonly signatureSecret?: Uint8Array;
}

/** The insider's group as if he sat elsewhere. */
export function masked(group: Group, { leaf, signatureSecret }: Mask): Group {
  const own = group.state.signatureSecret;
  const state = { ...group.state, ownLeaf: leaf, signatureSecret: signatureSecret ?? own };
  return { ...group, ownLeaf: leaf, state };
}

/** Ends the seat's client and gives what it held, or goes on with an older state of it. */
export async function takeApart(world: World, seat: Seat, older?: Channel): Promise<Insider> {
  await seat.client.close();
  const channel = older ?? (await stateOf(seat));
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
  const random = seededRandom(nextInsider++);
  let { group } = channel;
  let { counter } = channel.session;
  const append = async (frame: Uint8Array): Promise<void> => {
    relay.post(keys.name, random(16), frame);
    await quiet(24);
  };
  const post = (message: Uint8Array) => append(sealedCipher.seal(keys, message, random));
  return {
    channel,
    frames,
    refusals,
    append,
    post,
    async say(body, as) {
      const { position, head } = channel.session.log.chain;
      const composed = composeBody({
        v: 1,
        id: random(16),
        counter: counter++,
        seen: { position, head },
        previous: channel.session.previous,
        content: { kind: "presence" },
        ...body,
      });
      const from = as === undefined ? group : masked(group, as);
      const made = sealedCipher.protect(from, composed, random);
      if (as === undefined) group = made.group;
      await post(made.message);
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
