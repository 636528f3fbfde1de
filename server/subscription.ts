import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { encodeBatch } from "#shared/records.ts";
import type { Log, Stretch } from "./log.ts";
import type { Socket } from "./ports.ts";
import type { Room, Rooms, Subscriber } from "./rooms.ts";

/** One connection's reading of one mailbox. */
export interface Subscription extends Subscriber {
  readonly room: Room;
  /** The `open` that began it. */
  readonly ref: number;
}

/** What a session hears from its subscriptions. */
export interface ReaderEvents {
  /** All that was stored has been sent; called once for each subscription. */
  live(subscription: Subscription, head: number): void;
  /** The reading cannot go on; the subscription is gone. `oldest` with `expired`. */
  failed(subscription: Subscription, failure: Failure, oldest: number | null): void;
  delivered(frames: number): void;
}

/** Every mailbox that one connection reads. */
export interface Reader {
  /** Begins to deliver `mailbox`; nothing is sent before `start`. A mailbox already open starts anew. */
  enter(mailbox: Uint8Array, ref: number): Subscription;
  /** Sends from position `from` on. Ignored when the subscription was left meanwhile. */
  start(subscription: Subscription, from: number, head: number): void;
  leave(subscription: Subscription): void;
  byHandle(handle: number): Subscription | null;
  count(): number;
  close(): void;
}

interface State extends Subscription {
  /** The next position to send. */
  next: number;
  /** New commits are pushed only while live; otherwise the log is read until it has no more. */
  mode: "entered" | "lagging" | "live";
  announced: boolean;
}

/**
 * Delivers mailboxes over one socket, in order and without a hole: from the log until it has been read
 * to its end, then straight from the commits. Above `limits.bufferedBytesMax` nothing more is pushed;
 * when the socket has drained, what was missed is read from the log.
 */
export function createReader(
  parts: { readonly log: Log; readonly rooms: Rooms; readonly socket: Socket },
  events: ReaderEvents,
): Reader {
  const { log, rooms, socket } = parts;
  const states = new Map<number, State>();
  const lagging = new Set<State>();
  let isPumping = false;

  const isCurrent = (state: State): boolean => states.get(state.room.handle) === state;
  const isCongested = (): boolean => socket.bufferedBytes() > limits.bufferedBytesMax;

  const leave = (state: State): void => {
    if (isCurrent(state)) states.delete(state.room.handle);
    lagging.delete(state);
    rooms.leave(state.room, state);
  };

  const goLiveOrLag = (state: State, head: number): void => {
    // A commit may have been published since the log was read: then there is more to read.
    const isAtEnd = state.next > Math.max(head, state.room.head);
    state.mode = isAtEnd ? "live" : "lagging";
    if (!isAtEnd) {
      lagging.add(state);
      return;
    }
    lagging.delete(state);
    if (state.announced) return;
    state.announced = true;
    events.live(state, state.next - 1);
  };

  const sendStretch = (state: State, stretch: Stretch): void => {
    if (state.next <= stretch.head && state.next < stretch.oldest) {
      leave(state);
      const detail = "positions of this mailbox have expired and are deleted";
      events.failed(state, new Failure("expired", detail), stretch.oldest);
      return;
    }
    const handle = state.room.handle;
    const records = stretch.frames.map((frame) => ({ kind: "frame", handle, ...frame }) as const);
    if (records.length > 0) {
      assert(records[0]?.seq === state.next, "a log is read densely");
      socket.send(encodeBatch(records));
      state.next += records.length;
      events.delivered(records.length);
    }
    assert(records.length > 0 || state.next > stretch.head, "a log has no hole");
    goLiveOrLag(state, stretch.head);
  };

  const pump = async (): Promise<void> => {
    isPumping = true;
    try {
      for (;;) {
        const state = lagging.values().next().value;
        if (state === undefined) return;
        if (isCongested()) {
          socket.whenDrained(limits.bufferedBytesMax / 2, start);
          return;
        }
        // In turn: a long log does not hold up the other mailboxes of this connection.
        lagging.delete(state);
        lagging.add(state);
        const stretch = await log.read(state.room.mailbox, state.next, limits.replayBytesMax);
        if (isCurrent(state)) sendStretch(state, stretch);
      }
    } catch (error) {
      const failure =
        error instanceof Failure ? error : new Failure("internal", "the relay's log has failed");
      for (const state of [...lagging]) {
        leave(state);
        events.failed(state, failure, null);
      }
    } finally {
      isPumping = false;
    }
  };
  const start = (): void => {
    if (!isPumping && lagging.size > 0) void pump();
  };

  return {
    enter(mailbox, ref) {
      const state: State = {
        // Filled in below: entering a room needs the subscriber, and the subscriber its room.
        room: null as unknown as Room,
        ref,
        next: 0,
        mode: "entered",
        announced: false,
        publish({ first, last, batch }) {
          if (state.mode !== "live" || last < state.next) return;
          if (first !== state.next || isCongested()) {
            goLiveOrLag(state, last);
            start();
            return;
          }
          socket.send(batch);
          state.next = last + 1;
          events.delivered(last - first + 1);
        },
      };
      const room = rooms.enter(mailbox, state);
      Object.assign(state, { room });
      const before = states.get(room.handle);
      if (before !== undefined) leave(before);
      states.set(room.handle, state);
      return state;
    },
    start(subscription, from, head) {
      const state = states.get(subscription.room.handle);
      if (state !== subscription || state === undefined) return;
      // Beyond a log that is shorter than the client thinks there is nothing to skip.
      state.next = Math.min(from, head + 1);
      goLiveOrLag(state, head);
      start();
    },
    leave(subscription) {
      const state = states.get(subscription.room.handle);
      if (state === subscription && state !== undefined) leave(state);
    },
    byHandle: (handle) => states.get(handle) ?? null,
    count: () => states.size,
    close() {
      for (const state of [...states.values()]) leave(state);
    },
  };
}
