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
import type { Lane } from "./appender.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import type { Appended } from "./log.ts";
import { verifyOpen } from "./mailbox-key.ts";
import type { Session, Socket } from "./ports.ts";
import { Reader } from "./reader.ts";
import type { Caller, Service } from "./service.ts";

/** Above this a client that reads nothing, not even its acks and errors, is let go. */
const hopelessBytes = 4 * limits.bufferedBytesMax;

/**
 * The protocol of `/v1/socket` over any socket (shared/wire.ts, shared/records.ts). What is malformed
 * ends this connection with a named error before anything of its message was acted upon; what is
 * well-formed and refused gets a named error under its `ref`, and the connection goes on.
 */
export class SocketSession implements Session {
  private readonly service: Service;
  private readonly socket: Socket;
  private readonly caller: Caller;
  private readonly nonce: Uint8Array;
  private readonly appends: Bucket;
  private readonly controls: Bucket;
  private readonly lane: Lane;
  private readonly reader: Reader;
  private acks: AckRecord[] = [];
  private isOpen = true;

  constructor(service: Service, socket: Socket, caller: Caller) {
    const now = service.clock.now();
    this.service = service;
    this.socket = socket;
    this.caller = caller;
    this.nonce = Uint8Array.from(service.random(nonceBytes));
    const { appendsPerSecond, appendBurst } = service.bounds;
    this.appends = createBucket({ perSecond: appendsPerSecond, burst: appendBurst }, now);
    this.controls = createBucket(
      { perSecond: limits.controlsPerSecond, burst: limits.controlBurst },
      now,
    );
    this.lane = service.appender.lane();
    this.reader = new Reader(service.log, service.rooms, socket, {
      live: ({ room }, head) => this.say({ v: 1, type: "live", handle: room.handle, head }),
      failed: ({ ref }, failure, oldest) => this.refuse(failure, ref, oldest),
      delivered: (frames) => {
        service.counters.delivered += frames;
      },
    });
    this.greet();
  }

  receive(data: string | Uint8Array): void {
    if (!this.isOpen) return;
    try {
      if (typeof data === "string") this.control(data);
      else this.batch(data);
    } catch (error) {
      this.end(failureOf(error));
    }
  }

  closed(): void {
    this.isOpen = false;
    this.reader.close();
  }

  private greet(): void {
    const { addresses, bounds } = this.service;
    if (!addresses.has(this.caller.host)) {
      const detail = "this relay is not known under the address dialled";
      this.end(new Failure("wrong-address", detail));
      return;
    }
    const offered = {
      frameBytesMax: limits.frameBytesMax,
      batchBytesMax: limits.batchBytesMax,
      mailboxFramesMax: bounds.mailboxFramesMax,
      mailboxBytesMax: bounds.mailboxBytesMax,
      openMailboxesMax: limits.openMailboxesPerConnection,
    };
    this.say({ v: 1, type: "hello", nonce: this.nonce, limits: offered });
  }

  private control(text: string): void {
    if (text.length > limits.controlBytesMax) {
      throw new Failure("bad-message", "control message: too large");
    }
    const request = parseControl(socketRequest, text);
    if (request.type === "close") {
      this.reader.leave(this.reader.byHandle(request.handle));
      return;
    }
    this.open(request).catch((error) => this.refuse(failureOf(error), request.ref));
  }

  private async open(request: SocketRequest & { type: "open" }): Promise<void> {
    const { mailbox, signature, ref, from } = request;
    const retryAfterMs = this.controls.take(this.service.clock.now());
    if (retryAfterMs > 0) {
      throw new Failure("rate-limited", "open: too many per second", retryAfterMs);
    }
    if (this.reader.count() >= limits.openMailboxesPerConnection) {
      throw new Failure("too-many", "open: this connection has too many open mailboxes");
    }
    verifyOpen({ address: this.caller.host, nonce: this.nonce, mailbox }, signature);
    // Entered before the log is asked: a commit that comes in between is not missed.
    const subscription = this.reader.enter(mailbox, ref);
    try {
      const { head, oldest } = await this.service.log.extent(mailbox);
      if (!this.reader.has(subscription)) return;
      if (from < oldest) {
        this.reader.leave(subscription);
        this.refuse(new Failure("expired", "open: these positions are deleted"), ref, oldest);
        return;
      }
      this.service.counters.opens += 1;
      this.note("open", mailbox, null);
      this.say({ v: 1, type: "opened", ref, handle: subscription.room.handle, head, oldest });
      this.reader.start(subscription, from, head);
    } catch (error) {
      this.reader.leave(subscription);
      throw error;
    }
  }

  private batch(bytes: Uint8Array): void {
    if (bytes.length > limits.batchBytesMax) {
      throw new Failure("frame-too-large", `batch: has ${bytes.length} octets`);
    }
    // Parse everything, then act: one bad record and none of the batch is stored.
    const appends = decodeBatch(bytes).map((record) => {
      if (record.kind === "append") return record;
      throw new Failure("bad-message", "batch: clients send appends only");
    });
    for (const record of appends) {
      try {
        this.append(record);
      } catch (error) {
        this.refuse(failureOf(error), record.ref);
      }
    }
  }

  private append({ ref, handle, frameId, frame }: AppendRecord): void {
    const retryAfterMs = this.appends.take(this.service.clock.now());
    if (retryAfterMs > 0) {
      throw new Failure("rate-limited", "append: too many per second", retryAfterMs);
    }
    if (frame.length > limits.frameBytesMax) {
      throw new Failure("frame-too-large", `append: frame has ${frame.length} octets`);
    }
    const subscription = this.reader.byHandle(handle);
    if (subscription === null) throw new Failure("bad-message", "append: no such open mailbox");
    const { mailbox } = subscription.room;
    this.lane.push({ mailbox, frameId, frame }, (result) => this.answer(ref, result));
    this.note("append", mailbox, frame.length);
  }

  private answer(ref: number, result: Appended | Failure): void {
    if (result instanceof Failure) {
      this.refuse(result, ref);
      return;
    }
    if (result.kind === "refused") {
      this.refuse(new Failure(result.code, details[result.code]), ref);
      return;
    }
    this.service.counters[result.kind] += 1;
    this.acks.push({ kind: "ack", ref, seq: result.seq });
    // The answers of one commit come in one go: their acks leave in one write.
    if (this.acks.length === 1) queueMicrotask(() => this.flushAcks());
  }

  private flushAcks(): void {
    const acks = this.acks;
    this.acks = [];
    if (!this.isOpen) return;
    this.socket.send(encodeBatch(acks));
    if (this.socket.bufferedBytes() > hopelessBytes) {
      this.end(new Failure("rate-limited", "this client does not read what it is sent"));
    }
  }

  private say(reply: SocketReply): void {
    if (this.isOpen) this.socket.send(composeControl(socketReply, reply));
  }

  private refuse(failure: Failure, ref: number | null, oldest: number | null = null): void {
    this.service.counters.refused += 1;
    this.say(errorOf(failure, ref, oldest));
  }

  private end(failure: Failure): void {
    if (!this.isOpen) return;
    this.refuse(failure, null);
    this.closed();
    this.socket.close(1008, failure.code);
  }

  private note(event: "open" | "append", mailbox: Uint8Array, frameBytes: number | null): void {
    const { accessLog, clock } = this.service;
    if (accessLog === null) return;
    const { connection, from } = this.caller;
    accessLog({ atMs: clock.now(), connection, event, from, mailbox: hex(mailbox), frameBytes });
  }
}

const details = {
  "bad-message": "append: this frame id is stored with other bytes",
  "mailbox-full": "append: the mailbox is full",
} as const;

function failureOf(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("internal", "the relay has failed");
}
