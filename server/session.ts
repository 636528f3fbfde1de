import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type AckRecord, type AppendRecord, decodeBatch, encodeBatch } from "#shared/records.ts";
import {
  composeControl,
  errorOf,
  nonceBytes,
  parseControl,
  type SocketReply,
  type SocketRequest,
  socketReply,
  socketRequest,
} from "#shared/wire.ts";
import { createBucket } from "./bucket.ts";
import type { Appended } from "./log.ts";
import { verifyOpen } from "./mailbox-key.ts";
import type { Session, Socket } from "./ports.ts";
import type { Caller, Service } from "./service.ts";
import { createReader } from "./subscription.ts";

/** Above this a client that reads nothing, not even its acks and errors, is let go. */
const hopelessBytes = 4 * limits.bufferedBytesMax;

/**
 * The protocol of `/v1/socket` over any socket (wire.ts, records.ts). What is malformed ends this
 * connection with a named error before anything of its message was acted upon; what is well-formed
 * and refused gets a named error under its `ref` and the connection goes on.
 */
export function openSession(service: Service, socket: Socket, caller: Caller): Session {
  const { clock, counters } = service;
  const appends = createBucket(
    { perSecond: limits.appendsPerSecond, burst: limits.appendBurst },
    clock.now(),
  );
  const controls = createBucket(
    { perSecond: limits.controlsPerSecond, burst: limits.controlBurst },
    clock.now(),
  );
  const lane = service.appender.lane();
  const nonce = service.random(nonceBytes);
  let acks: AckRecord[] = [];
  let isOpen = true;

  const say = (reply: SocketReply): void => {
    if (isOpen) socket.send(composeControl(socketReply, reply));
  };
  const refuse = (failure: Failure, ref: number | null, oldest: number | null = null): void => {
    counters.refused += 1;
    say(errorOf(failure, ref, oldest));
  };
  const end = (failure: Failure): void => {
    if (!isOpen) return;
    refuse(failure, null);
    isOpen = false;
    reader.close();
    socket.close(1008, failure.code);
  };
  const note = (event: "open" | "append", mailbox: Uint8Array, frameBytes: number | null): void => {
    const { connection, from } = caller;
    const atMs = clock.now();
    service.accessLog?.({ atMs, connection, event, from, mailbox: hex(mailbox), frameBytes });
  };
  const reader = createReader(
    { log: service.log, rooms: service.rooms, socket },
    {
      live: ({ room }, head) => say({ v: 1, type: "live", handle: room.handle, head }),
      failed: ({ ref }, failure, oldest) => refuse(failure, ref, oldest),
      delivered: (frames) => {
        counters.delivered += frames;
      },
    },
  );

  const flushAcks = (): void => {
    const batch = acks;
    acks = [];
    if (!isOpen) return;
    socket.send(encodeBatch(batch));
    if (socket.bufferedBytes() > hopelessBytes) {
      end(new Failure("rate-limited", "this client does not read what it is sent"));
    }
  };
  const answer = (ref: number, result: Appended | Failure): void => {
    if (result instanceof Failure) {
      refuse(result, ref);
      return;
    }
    if (result.kind === "refused") {
      refuse(new Failure(result.code, details[result.code]), ref);
      return;
    }
    counters[result.kind] += 1;
    acks.push({ kind: "ack", ref, seq: result.seq });
    // The answers of one commit come in one go; their acks leave in one write.
    if (acks.length === 1) queueMicrotask(flushAcks);
  };

  const append = ({ ref, handle, frameId, frame }: AppendRecord): void => {
    const retryAfterMs = appends.take(clock.now());
    if (retryAfterMs > 0) {
      throw new Failure("rate-limited", "append: too many per second", retryAfterMs);
    }
    if (frame.length > limits.frameBytesMax) {
      throw new Failure("frame-too-large", `append: frame has ${frame.length} octets`);
    }
    const subscription = reader.byHandle(handle);
    if (subscription === null) throw new Failure("bad-message", "append: no such open mailbox");
    const { mailbox } = subscription.room;
    lane.push({ mailbox, frameId, frame }, (result) => answer(ref, result));
    note("append", mailbox, frame.length);
  };

  const open = async (request: SocketRequest & { type: "open" }): Promise<void> => {
    const { mailbox, signature, ref, from } = request;
    if (reader.count() >= limits.openMailboxesPerConnection) {
      throw new Failure("too-many", "open: this connection has too many open mailboxes");
    }
    verifyOpen({ address: caller.host, nonce, mailbox }, signature);
    const subscription = reader.enter(mailbox, ref);
    const { handle } = subscription.room;
    try {
      const { head, oldest } = await service.log.extent(mailbox);
      if (from < oldest) {
        reader.leave(subscription);
        const detail = "positions of this mailbox have expired and are deleted";
        return refuse(new Failure("expired", detail), ref, oldest);
      }
      if (reader.byHandle(handle) !== subscription) return;
      counters.opens += 1;
      note("open", mailbox, null);
      say({ v: 1, type: "opened", ref, handle, head, oldest });
      reader.start(subscription, from, head);
    } catch (error) {
      reader.leave(subscription);
      throw error;
    }
  };

  const control = (text: string): void => {
    if (text.length > limits.controlBytesMax) {
      throw new Failure("bad-message", "control message: too large");
    }
    const request = parseControl(socketRequest, text);
    if (request.type === "close") {
      const subscription = reader.byHandle(request.handle);
      if (subscription !== null) reader.leave(subscription);
      return;
    }
    const retryAfterMs = controls.take(clock.now());
    if (retryAfterMs > 0) {
      refuse(new Failure("rate-limited", "open: too many per second", retryAfterMs), request.ref);
      return;
    }
    open(request).catch((error) => refuse(failureOf(error), request.ref));
  };

  const batch = (bytes: Uint8Array): void => {
    if (bytes.length > limits.batchBytesMax) {
      throw new Failure("frame-too-large", `batch: has ${bytes.length} octets`);
    }
    // Parse everything, then act: a bad record takes the good ones before it along.
    const records = decodeBatch(bytes);
    const isForeign = records.some((record) => record.kind !== "append");
    if (isForeign) throw new Failure("bad-message", "batch: clients send appends only");
    for (const record of records as AppendRecord[]) {
      try {
        append(record);
      } catch (error) {
        refuse(failureOf(error), record.ref);
      }
    }
  };

  if (service.addresses.has(caller.host)) {
    say({ v: 1, type: "hello", nonce, limits: helloLimits(service) });
  } else {
    end(new Failure("wrong-address", "this relay is not known under the address dialled"));
  }
  return {
    receive(data) {
      if (!isOpen) return;
      try {
        if (typeof data === "string") control(data);
        else batch(data);
      } catch (error) {
        end(failureOf(error));
      }
    },
    closed() {
      isOpen = false;
      reader.close();
    },
  };
}

const details = {
  "bad-message": "append: this frame id is stored with other bytes",
  "mailbox-full": "append: the mailbox is full",
} as const;

function helloLimits(service: Service): (SocketReply & { type: "hello" })["limits"] {
  return {
    frameBytesMax: limits.frameBytesMax,
    batchBytesMax: limits.batchBytesMax,
    mailboxFramesMax: service.logLimits.mailboxFramesMax,
    mailboxBytesMax: service.logLimits.mailboxBytesMax,
    openMailboxesMax: limits.openMailboxesPerConnection,
  };
}

function failureOf(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("internal", "the relay has failed");
}
