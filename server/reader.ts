import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { encodeBatch } from "#shared/records.ts";
import type { Log, Stretch } from "./log.ts";
import type { Socket } from "./ports.ts";
import type { Published, Room, Rooms, Subscriber } from "./rooms.ts";

/** One connection's reading of one mailbox. */
export interface Subscription extends Subscriber {
  readonly room: Room;
  /** The `open` that began it. */
  readonly ref: number;
}

/** What a session hears of its subscriptions. */
export interface ReaderEvents {
  /** All that was stored has been sent, up to `head`; called once for each subscription. */
  live(subscription: Subscription, head: number): void;
  /** The reading cannot go on and the subscription is gone. `oldest` comes with `expired`. */
  failed(subscription: Subscription, failure: Failure, oldest: number | null): void;
  delivered(frames: number): void;
}

interface State extends Subscription {
  /** The next position to send. */
  next: number;
  /** Commits are pushed only while live; while lagging the log is read until it has no more. */
  mode: "entered" | "lagging" | "live";
  hasBeenLive: boolean;
}

/**
 * Delivers the open mailboxes of one connection, each in order and without a hole: from the log until
 * its end is reached, then straight from the commits. Above `limits.bufferedBytesMax` nothing more is
 * pushed; once the socket has drained, what was missed is read from the log.
 */
export class Reader {
  private readonly log: Log;
  private readonly rooms: Rooms;
  private readonly socket: Socket;
  private readonly events: ReaderEvents;
  private readonly states = new Map<number, State>();
  private readonly lagging = new Set<State>();
  private isReading = false;

  constructor(log: Log, rooms: Rooms, socket: Socket, events: ReaderEvents) {
    this.log = log;
    this.rooms = rooms;
    this.socket = socket;
    this.events = events;
  }

  /** Takes its place in the mailbox's room; nothing is sent before `start`. A mailbox that is open begins anew. */
  enter(mailbox: Uint8Array, ref: number): Subscription {
    const state = this.rooms.enter(mailbox, (room): State => {
      const publish = (published: Published): void => this.push(state, published);
      return { room, ref, publish, next: 0, mode: "entered", hasBeenLive: false };
    });
    this.leave(this.byHandle(state.room.handle));
    this.states.set(state.room.handle, state);
    return state;
  }

  /** Sends from position `from` on, or from the end of a log that is shorter than the client believes. */
  start(subscription: Subscription, from: number, head: number): void {
    const state = this.states.get(subscription.room.handle);
    if (state === undefined || state !== subscription) return;
    state.next = Math.min(from, head + 1);
    this.settle(state, head);
  }

  leave(subscription: Subscription | null): void {
    if (subscription === null || !this.has(subscription)) return;
    const { room } = subscription;
    this.lagging.delete(this.states.get(room.handle) as State);
    this.states.delete(room.handle);
    this.rooms.leave(room, subscription);
  }

  has(subscription: Subscription): boolean {
    return this.states.get(subscription.room.handle) === subscription;
  }

  byHandle(handle: number): Subscription | null {
    return this.states.get(handle) ?? null;
  }

  count(): number {
    return this.states.size;
  }

  close(): void {
    for (const state of [...this.states.values()]) this.leave(state);
  }

  private push(state: State, { first, last, batch }: Published): void {
    if (state.mode !== "live" || last < state.next) return;
    if (first !== state.next || this.isCongested()) {
      this.settle(state, last);
      return;
    }
    this.socket.send(batch);
    state.next = last + 1;
    this.events.delivered(last - first + 1);
  }

  /** Goes live if the log ends before `next`, and otherwise reads on. */
  private settle(state: State, head: number): void {
    // A commit may have been published after the log was read.
    const isAtEnd = state.next > Math.max(head, state.room.head);
    state.mode = isAtEnd ? "live" : "lagging";
    if (!isAtEnd) {
      this.lagging.add(state);
      this.read();
      return;
    }
    this.lagging.delete(state);
    if (state.hasBeenLive) return;
    state.hasBeenLive = true;
    this.events.live(state, state.next - 1);
  }

  private isCongested(): boolean {
    return this.socket.bufferedBytes() > limits.bufferedBytesMax;
  }

  private read(): void {
    if (this.isReading || this.lagging.size === 0) return;
    this.isReading = true;
    void this.readOn();
  }

  private async readOn(): Promise<void> {
    try {
      for (;;) {
        const state = this.lagging.values().next().value;
        if (state === undefined) return;
        if (this.isCongested()) {
          this.socket.whenDrained(limits.bufferedBytesMax / 2, () => this.read());
          return;
        }
        // In turn: a long log does not hold up the other mailboxes of this connection.
        this.lagging.delete(state);
        this.lagging.add(state);
        const { mailbox } = state.room;
        const stretch = await this.log.read(mailbox, state.next, limits.replayBytesMax);
        if (this.has(state)) this.send(state, stretch);
      }
    } catch (error) {
      this.giveUp(error);
    } finally {
      // Here and not after an await: what begins to lag next must find this reading over.
      this.isReading = false;
    }
  }

  private send(state: State, { head, oldest, frames }: Stretch): void {
    if (state.next <= head && state.next < oldest) {
      this.leave(state);
      const failure = new Failure("expired", "read: these positions are deleted");
      this.events.failed(state, failure, oldest);
      return;
    }
    const { handle } = state.room;
    const records = frames.map((frame) => ({ kind: "frame", handle, ...frame }) as const);
    const isDense = frames.every((frame, at) => frame.seq === state.next + at);
    assert(isDense && (frames.length > 0 || state.next > head), "a log has no hole");
    if (records.length > 0) {
      this.socket.send(encodeBatch(records));
      state.next += records.length;
      this.events.delivered(records.length);
    }
    this.settle(state, head);
  }

  private giveUp(error: unknown): void {
    const failure =
      error instanceof Failure ? error : new Failure("internal", "the relay's log has failed");
    for (const state of [...this.lagging]) {
      this.leave(state);
      this.events.failed(state, failure, null);
    }
  }
}
