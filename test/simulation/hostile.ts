import { sha256 } from "#client/crypto/hash.ts";
import type { Relay } from "#server/relay.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { decodeBatch, encodeBatch, type FrameRecord } from "#shared/records.ts";
import {
  composeControl,
  parseControl,
  type SocketReply,
  socketReply,
  socketRequest,
} from "#shared/wire.ts";

/** One frame as a relay keeps it, and which client brought it. */
export interface Stored {
  readonly frameId: Uint8Array;
  readonly frame: Uint8Array;
  readonly by: number;
}

/** What the relay tells one client in place of the truth. Each lie may begin and end at any time. */
export interface Lies {
  /** What it shows of a mailbox: position = index + 1. `tell` passes on what has changed. */
  log: (entries: readonly Stored[], mailbox: string) => readonly Stored[];
  /** How it answers an open, and where it says that the stored frames end. */
  opened: (head: number) => number;
  live: (head: number) => number;
  /** `swallow` acks and forgets, `ignore` says nothing. */
  append: (entry: Stored, mailbox: string) => "store" | "swallow" | "ignore";
  /** The position that it acks. */
  acked: (seq: number) => number;
  /** What happens to frames on their way: duplicated, reordered, dropped. */
  transit: (frames: readonly FrameRecord[]) => readonly FrameRecord[];
}

export type Connectable = Pick<Relay, "connect">;

/**
 * A relay in the hands of an adversary, over the real wire protocol. It keeps everything that it was
 * ever given and can show each client another log. Clients are numbered in the order of their seats;
 * each is on a side, and what one side stores the other does not see.
 */
export interface Hostile {
  /** The relay as this client dials it; the rendezvous is an honest relay's. */
  through(honest: () => Connectable, client: number): Connectable;
  readonly lies: (client: number) => Lies;
  /** Every mailbox of a side, by name, in the order in which they appeared. */
  logs(side?: string): ReadonlyMap<string, Stored[]>;
  /** From now on these clients have a log of their own, which begins as a copy of the one they had. */
  fork(side: string, clients: readonly number[]): void;
  /** Shows this client another side's logs, over a new connection. */
  present(client: number, side: string): void;
  /** Puts a frame behind the end of a mailbox. */
  inject(frame: Uint8Array, mailbox: string, side?: string): void;
  /** Passes on whatever the lies let through by now. */
  tell(): void;
  hangUp(...clients: readonly number[]): void;
}

interface Box {
  readonly mailbox: string;
  readonly handle: number;
  /** Position up to which frames were sent. */
  sent: number;
}

interface Connection {
  readonly client: number;
  readonly boxes: Map<number, Box>;
  say(reply: SocketReply): void;
  deliver(frames: readonly FrameRecord[]): void;
  ack(ref: number, seq: number): void;
  end(): void;
}

const honest = (): Lies => ({
  log: (entries) => entries,
  opened: (head) => head,
  live: (head) => head,
  append: () => "store",
  acked: (seq) => seq,
  transit: (frames) => frames,
});

const mainSide = "main";

export function hostileRelay(): Hostile {
  const sides = new Map<string, Map<string, Stored[]>>([[mainSide, new Map()]]);
  const sideOf = new Map<number, string>();
  const liesOf = new Map<number, Lies>();
  const connections = new Set<Connection>();
  let injected = 0;

  const lies = (client: number): Lies => {
    const known = liesOf.get(client) ?? honest();
    liesOf.set(client, known);
    return known;
  };
  const logsOf = (side: string): Map<string, Stored[]> => {
    const logs = sides.get(side);
    if (logs === undefined) throw new Error(`no side ${side}`);
    return logs;
  };
  const logOf = (side: string, mailbox: string): Stored[] => {
    const logs = logsOf(side);
    const log = logs.get(mailbox) ?? [];
    logs.set(mailbox, log);
    return log;
  };
  const shownTo = (client: number, mailbox: string): readonly Stored[] => {
    return lies(client).log(logOf(sideOf.get(client) ?? mainSide, mailbox), mailbox);
  };

  const pass = (connection: Connection, box: Box): void => {
    const shown = shownTo(connection.client, box.mailbox);
    const fresh = shown.slice(box.sent).map((entry, at): FrameRecord => {
      const { frameId, frame } = entry;
      return { kind: "frame", handle: box.handle, seq: box.sent + at + 1, frameId, frame };
    });
    box.sent = Math.max(box.sent, shown.length);
    const sent = lies(connection.client).transit(fresh);
    if (sent.length > 0) connection.deliver(sent);
  };
  const tell = (): void => {
    for (const connection of connections) {
      for (const box of connection.boxes.values()) pass(connection, box);
    }
  };

  const open = (connection: Connection, text: string): void => {
    const request = parseControl(socketRequest, text);
    if (request.type === "close") {
      connection.boxes.delete(request.handle);
      return;
    }
    const mailbox = hex(request.mailbox);
    const { client, boxes } = connection;
    const { ref } = request;
    const known = [...boxes.values()].find((box) => box.mailbox === mailbox);
    const handle = known?.handle ?? ref;
    const { length } = shownTo(client, mailbox);
    const box = { mailbox, handle, sent: Math.min(request.from - 1, length) };
    boxes.set(handle, box);
    const v = limits.version;
    const head = lies(client).opened(length);
    connection.say({ v, type: "opened", ref, handle, head, oldest: 1 });
    pass(connection, box);
    connection.say({ v, type: "live", handle, head: lies(client).live(length) });
  };

  const append = (connection: Connection, data: Uint8Array): void => {
    const { client, boxes } = connection;
    for (const record of decodeBatch(data)) {
      if (record.kind !== "append") continue;
      const mailbox = boxes.get(record.handle)?.mailbox;
      if (mailbox === undefined) continue;
      const entry = { frameId: record.frameId, frame: record.frame.slice(), by: client };
      const fate = lies(client).append(entry, mailbox);
      if (fate === "ignore") continue;
      const log = logOf(sideOf.get(client) ?? mainSide, mailbox);
      const known = log.findIndex((one) => hex(one.frameId) === hex(entry.frameId));
      if (known < 0 && fate === "store") log.push(entry);
      const seq = known >= 0 ? known + 1 : log.length + (fate === "store" ? 0 : 1);
      tell();
      connection.ack(record.ref, lies(client).acked(seq));
    }
  };

  const connect = (client: number, events: Parameters<Relay["connect"]>[1]) => {
    let isOpen = true;
    const later = (act: () => void): void => queueMicrotask(() => isOpen && act());
    const connection: Connection = {
      client,
      boxes: new Map(),
      say: (reply) => later(() => events.message(composeControl(socketReply, reply))),
      deliver: (frames) => later(() => events.message(encodeBatch([...frames]))),
      ack: (ref, seq) => later(() => events.message(encodeBatch([{ kind: "ack", ref, seq }]))),
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        connections.delete(connection);
        queueMicrotask(() => events.closed("the relay hung up"));
      },
    };
    connections.add(connection);
    later(() => events.opened());
    const { frameBytesMax, batchBytesMax, mailboxFramesMax, mailboxBytesMax } = limits;
    const told = { frameBytesMax, batchBytesMax, mailboxFramesMax, mailboxBytesMax };
    connection.say({
      v: limits.version,
      type: "hello",
      nonce: new Uint8Array(32).fill(client),
      limits: { ...told, openMailboxesMax: limits.openMailboxesPerConnection },
    });
    return {
      send: (data: string | Uint8Array) =>
        later(() => {
          if (typeof data === "string") open(connection, data);
          else append(connection, data);
        }),
      close: () => connection.end(),
    };
  };

  const hangUp = (...clients: readonly number[]): void => {
    for (const connection of [...connections]) {
      if (clients.includes(connection.client)) connection.end();
    }
  };
  return {
    through: (relay, client) => ({
      connect(endpoint, events, host) {
        if (endpoint === "socket") return connect(client, events);
        return relay().connect(endpoint, events, host);
      },
    }),
    lies,
    logs: (side = mainSide) => logsOf(side),
    fork(side, clients) {
      for (const client of clients) {
        const old = logsOf(sideOf.get(client) ?? mainSide);
        if (!sides.has(side)) {
          sides.set(side, new Map([...old].map(([name, log]) => [name, [...log]])));
        }
        sideOf.set(client, side);
      }
      hangUp(...clients);
    },
    present(client, side) {
      sideOf.set(client, side);
      hangUp(client);
    },
    inject(frame, mailbox, side = mainSide) {
      const frameId = sha256(Uint8Array.of(0xff, injected >> 8, injected++)).subarray(0, 16);
      logOf(side, mailbox).push({ frameId, frame, by: -1 });
      tell();
    },
    tell,
    hangUp,
  };
}
