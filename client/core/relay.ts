import { sign } from "#client/crypto/signing.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { decodeBatch, encodeBatch, type WireRecord } from "#shared/records.ts";
import {
  challengeBytes,
  composeControl,
  hostOf,
  parseControl,
  type SocketReply,
  type SocketRequest,
  socketReply,
  socketRequest,
} from "#shared/wire.ts";
import type { MailboxKeys } from "./mailbox.ts";
import type { Clock, Dialer, Link } from "./ports.ts";

/** A mailbox, and which attempt at opening it this is. */
export interface Opened {
  readonly mailbox: string;
  readonly opening: number;
}

/** What a relay tells a channel. Mailboxes are named by their public keys in hex. */
export interface RelayEvents {
  up(): void;
  /** The connection is gone, or never came; it is dialled again by itself, later and later. */
  down(reason: string): void;
  /** `opening` is the number that was given to `open`. */
  opened(box: Opened, head: number, oldest: number): void;
  live(box: Opened, head: number): void;
  frame(box: Opened, seq: number, frame: Uint8Array): void;
  acked(frameId: Uint8Array, seq: number): void;
  refused(mailbox: string, frameId: Uint8Array | null, failure: Failure): void;
}

export interface Relay {
  open(keys: MailboxKeys, from: number, opening: number): void;
  close(mailbox: string): void;
  post(mailbox: string, frameId: Uint8Array, frame: Uint8Array): void;
  /** Hangs up and dials again: what was heard could not be kept. */
  restart(reason: string): void;
  /** Hangs up for good. */
  end(): void;
}

interface Box extends Opened {
  readonly ref: number;
  handle: number | null;
}

/** One connection's state; a new one for each dial. */
interface Connection {
  readonly link: Link;
  nonce: Uint8Array | null;
  nextRef: number;
  readonly boxes: Map<string, Box>;
  /** Mailboxes by handle: two opens of one mailbox share a handle, the latest box holds it. */
  readonly handles: Map<number, Box>;
  readonly appends: Map<number, { readonly mailbox: string; readonly frameId: Uint8Array }>;
}

/**
 * The client's side of `/v1/socket` (shared/wire.ts) over a dialer, one connection for one channel, so
 * that a relay is not told which mailboxes of different channels belong to one client. Whatever breaks
 * the protocol ends the connection; the next one begins from what is saved.
 */
export function connectRelay(parts: {
  readonly address: string;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly events: RelayEvents;
}): Relay {
  const { address, dialer, clock, events } = parts;
  const host = hostOf(address);
  let connection: Connection | null = null;
  let failures = 0;
  let isEnded = false;
  let cancelRetry = (): void => {};

  const lose = (lost: Connection, reason: string): void => {
    if (connection !== lost) return;
    connection = null;
    events.down(reason);
    if (isEnded) return;
    const backoffMs = Math.min(limits.retryMsMin * 2 ** failures, limits.retryMsMax);
    failures = Math.min(failures + 1, 16);
    cancelRetry = clock.wakeAt(clock.now() + backoffMs, dial);
  };
  const drop = (broken: Connection, reason: string): void => {
    broken.link.close();
    lose(broken, reason);
  };

  function dial(): void {
    if (isEnded) return;
    const link = dialer.dial(address, "socket", {
      opened() {},
      message(data) {
        if (connection !== fresh) return;
        try {
          receive(fresh, data);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          drop(fresh, error.message);
        }
      },
      closed: (reason) => lose(fresh, reason),
    });
    const fresh: Connection = {
      link,
      nonce: null,
      nextRef: 1,
      boxes: new Map(),
      handles: new Map(),
      appends: new Map(),
    };
    connection = fresh;
  }

  const receive = (from: Connection, data: string | Uint8Array): void => {
    if (typeof data === "string") {
      const reply = parseControl(socketReply, data);
      if (reply.type === "hello") failures = 0;
      receiveControl(from, reply, events);
    } else {
      for (const record of decodeBatch(data)) receiveRecord(from, record, events);
    }
  };

  dial();
  return {
    open(keys, from, opening) {
      if (connection?.nonce) {
        openMailbox(connection, connection.nonce, host, { keys, from, opening });
      }
    },
    close(mailbox) {
      const box = connection?.boxes.get(mailbox);
      if (!connection || box === undefined) return;
      connection.boxes.delete(mailbox);
      if (box.handle === null) return;
      connection.handles.delete(box.handle);
      say(connection.link, { v: limits.version, type: "close", handle: box.handle });
    },
    post(mailbox, frameId, frame) {
      const handle = connection?.boxes.get(mailbox)?.handle ?? null;
      if (!connection || handle === null) return;
      const ref = connection.nextRef++;
      connection.appends.set(ref, { mailbox, frameId });
      connection.link.send(encodeBatch([{ kind: "append", ref, handle, frameId, frame }]));
    },
    restart(reason) {
      if (connection !== null) drop(connection, reason);
    },
    end() {
      isEnded = true;
      cancelRetry();
      const last = connection;
      connection = null;
      last?.link.close();
    },
  };
}

function say(link: Link, message: SocketRequest): void {
  link.send(composeControl(socketRequest, message));
}

function openMailbox(
  connection: Connection,
  nonce: Uint8Array,
  host: string,
  wanted: { readonly keys: MailboxKeys; readonly from: number; readonly opening: number },
): void {
  const { keys, from, opening } = wanted;
  const ref = connection.nextRef++;
  const mailbox = keys.publicKey;
  const signature = sign(keys.secretKey, challengeBytes({ address: host, nonce, mailbox }));
  connection.boxes.set(keys.name, { mailbox: keys.name, opening, ref, handle: null });
  say(connection.link, { v: limits.version, type: "open", ref, mailbox, from, signature });
}

function receiveControl(connection: Connection, reply: SocketReply, events: RelayEvents): void {
  switch (reply.type) {
    case "hello":
      if (connection.nonce !== null) throw new Failure("bad-message", "relay: a second hello");
      connection.nonce = reply.nonce;
      events.up();
      return;
    case "opened": {
      const box = [...connection.boxes.values()].find(({ ref }) => ref === reply.ref);
      if (box === undefined) {
        say(connection.link, { v: limits.version, type: "close", handle: reply.handle });
        return;
      }
      box.handle = reply.handle;
      connection.handles.set(reply.handle, box);
      events.opened(box, reply.head, reply.oldest);
      return;
    }
    case "live": {
      const box = connection.handles.get(reply.handle);
      if (box !== undefined) events.live(box, reply.head);
      return;
    }
    case "error":
      receiveError(connection, reply, events);
  }
}

function receiveError(
  connection: Connection,
  reply: SocketReply & { type: "error" },
  events: RelayEvents,
): void {
  const failure = new Failure(reply.code, `relay: ${reply.message}`, reply.retryAfterMs);
  if (reply.ref === null) throw failure;
  const append = connection.appends.get(reply.ref);
  if (append !== undefined) {
    connection.appends.delete(reply.ref);
    events.refused(append.mailbox, append.frameId, failure);
    return;
  }
  const box = [...connection.boxes.values()].find(({ ref }) => ref === reply.ref);
  if (box === undefined) return;
  connection.boxes.delete(box.mailbox);
  events.refused(box.mailbox, null, failure);
}

function receiveRecord(connection: Connection, record: WireRecord, events: RelayEvents): void {
  if (record.kind === "append") throw new Failure("bad-message", "relay: sent an append");
  if (record.kind === "ack") {
    const append = connection.appends.get(record.ref);
    connection.appends.delete(record.ref);
    if (append !== undefined) events.acked(append.frameId, record.seq);
    return;
  }
  const box = connection.handles.get(record.handle);
  // The batch is a view into the socket's buffer.
  if (box !== undefined) events.frame(box, record.seq, record.frame.slice());
}
