import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { encodeBatch, type FrameRecord } from "#shared/records.ts";
import type { Committed } from "./appender.ts";
import type { Random } from "./ports.ts";

/** A mailbox that someone has open. */
export interface Room {
  readonly mailbox: Uint8Array;
  /**
   * The mailbox's name in records, the same for every subscriber, so that one encoded batch serves
   * them all. Random: a counter would tell members how many mailboxes this relay serves.
   */
  readonly handle: number;
  /** The highest position published while the room was open. */
  head: number;
  readonly subscribers: Set<Subscriber>;
}

/** One connection's reading of one mailbox. */
export interface Subscriber {
  /** New frames of a room, once encoded for all. `first` and `last` are their positions. */
  publish(published: Published): void;
}

export interface Published {
  readonly room: Room;
  readonly first: number;
  readonly last: number;
  /** One wire batch with all of them. */
  readonly batch: Uint8Array;
}

export interface Rooms {
  /** Adds the subscriber that `make` makes for the mailbox's room. */
  enter<S extends Subscriber>(mailbox: Uint8Array, make: (room: Room) => S): S;
  leave(room: Room, subscriber: Subscriber): void;
  publish(committed: Committed): void;
  /** Open mailboxes. */
  count(): number;
}

/** Who has which mailbox open; hands each commit to the subscribers of its mailboxes. */
export function createRooms(random: Random): Rooms {
  const rooms = new Map<string, Room>();
  const handles = new Set<number>();
  return {
    enter(mailbox, make) {
      const name = hex(mailbox);
      let room = rooms.get(name);
      if (room === undefined) {
        const handle = freeHandle(handles, random);
        handles.add(handle);
        room = { mailbox: Uint8Array.from(mailbox), handle, head: 0, subscribers: new Set() };
        rooms.set(name, room);
      }
      const subscriber = make(room);
      room.subscribers.add(subscriber);
      return subscriber;
    },
    leave(room, subscriber) {
      room.subscribers.delete(subscriber);
      if (room.subscribers.size > 0) return;
      const name = hex(room.mailbox);
      // A room that was left before may have a successor of the same name.
      if (rooms.get(name) !== room) return;
      rooms.delete(name);
      handles.delete(room.handle);
    },
    publish(committed) {
      const changed = new Map<Room, FrameRecord[]>();
      for (const { append, seq } of committed) {
        const room = rooms.get(hex(append.mailbox));
        if (room === undefined) continue;
        room.head = Math.max(room.head, seq);
        const records = changed.get(room);
        const { frameId, frame } = append;
        const record = { kind: "frame", handle: room.handle, seq, frameId, frame } as const;
        if (records === undefined) changed.set(room, [record]);
        else records.push(record);
      }
      for (const [room, records] of changed) publishIn(room, records);
    },
    count: () => rooms.size,
  };
}

/** One write per subscriber for all frames of a commit, in pieces of bounded size. */
function publishIn(room: Room, records: readonly FrameRecord[]): void {
  let start = 0;
  while (start < records.length) {
    let end = start;
    let bytes = 0;
    for (; end < records.length; end++) {
      bytes += (records[end] as FrameRecord).frame.length;
      if (end > start && bytes > limits.replayBytesMax) break;
    }
    const piece = records.slice(start, end);
    const first = (piece[0] as FrameRecord).seq;
    const last = (piece.at(-1) as FrameRecord).seq;
    const published = { room, first, last, batch: encodeBatch(piece) };
    for (const subscriber of [...room.subscribers]) subscriber.publish(published);
    start = end;
  }
}

function freeHandle(taken: ReadonlySet<number>, random: Random): number {
  for (;;) {
    const handle = new DataView(Uint8Array.from(random(4)).buffer).getUint32(0);
    if (!taken.has(handle)) return handle;
  }
}
