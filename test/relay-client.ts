import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { WebSocket } from "ws";
import { unbase64url } from "#shared/bytes.ts";
import {
  type AckRecord,
  decodeBatch,
  encodeBatch,
  type FrameRecord,
  type WireRecord,
} from "#shared/records.ts";
import {
  challengeBytes,
  composeControl,
  type ErrorMessage,
  parseControl,
  type SocketReply,
  socketReply,
  socketRequest,
} from "#shared/wire.ts";

/** A mailbox's key pair made by Node's crypto, not by libsodium: an independent second opinion. */
export interface MailboxKey {
  readonly mailbox: Uint8Array;
  readonly secret: KeyObject;
}

export function makeMailbox(): MailboxKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const x = publicKey.export({ format: "jwk" }).x as string;
  return { mailbox: unbase64url(x) as Uint8Array, secret: privateKey };
}

type Opened = SocketReply & { type: "opened" };
type Waiter = { wants: () => boolean; resolve: () => void };

/** Dials `/v1/socket` over a real network socket. */
export function dialRelay(address: string): RelayClient {
  const webSocket = new WebSocket(`ws://${address}/v1/socket`, { perMessageDeflate: false });
  const client = new RelayClient(
    (data) => webSocket.send(data),
    address,
    () => webSocket.terminate(),
  );
  webSocket.on("message", (data: Buffer, isBinary) => {
    client.hear(isBinary ? data : data.toString("utf8"));
  });
  webSocket.on("error", () => {});
  webSocket.on("close", (code, reason) => client.hearClosed(`${code} ${reason}`));
  return client;
}

/**
 * A bare client of `/v1/socket` for tests: keeps everything it hears and lets a test wait for a
 * condition on it. `send` is the way to the relay, over a network or within the process.
 */
export class RelayClient {
  readonly replies: SocketReply[] = [];
  readonly errors: ErrorMessage[] = [];
  readonly frames: FrameRecord[] = [];
  readonly acks = new Map<number, AckRecord>();
  closedReason: string | null = null;
  private refs = 0;
  private readonly waiters = new Set<Waiter>();
  readonly send: (data: string | Uint8Array) => void;
  readonly host: string;
  readonly close: () => void;

  constructor(send: (data: string | Uint8Array) => void, host: string, close: () => void) {
    this.send = send;
    this.host = host;
    this.close = close;
  }

  /** Feeds what the relay sent. */
  hear(data: string | Uint8Array): void {
    if (typeof data === "string") {
      const reply = parseControl(socketReply, data);
      this.replies.push(reply);
      if (reply.type === "error") this.errors.push(reply);
    } else {
      for (const record of decodeBatch(data)) this.hearRecord(record);
    }
    this.wake();
  }

  hearClosed(reason: string): void {
    this.closedReason = reason;
    this.wake();
  }

  /** Resolves once the condition holds. */
  async until(wants: () => boolean): Promise<void> {
    if (wants()) return;
    await new Promise<void>((resolve) => this.waiters.add({ wants, resolve }));
  }

  nextRef(): number {
    this.refs += 1;
    return this.refs;
  }

  get nonce(): Uint8Array {
    const hello = this.replies.find((reply) => reply.type === "hello");
    if (hello?.type !== "hello") throw new Error("the relay has not said hello");
    return hello.nonce;
  }

  /** The text of an open, signed for this connection unless told otherwise. */
  openText(
    key: MailboxKey,
    options: { from?: number; ref?: number; address?: string; nonce?: Uint8Array } = {},
  ): string {
    const { mailbox } = key;
    const challenge = challengeBytes({
      address: options.address ?? this.host,
      nonce: options.nonce ?? this.nonce,
      mailbox,
    });
    return composeControl(socketRequest, {
      v: 1,
      type: "open",
      ref: options.ref ?? this.nextRef(),
      mailbox,
      from: options.from ?? 1,
      signature: Uint8Array.from(sign(null, challenge, key.secret)),
    });
  }

  /** Opens a mailbox and waits for the answer; rejects with the relay's error code. */
  async open(key: MailboxKey, from = 1): Promise<Opened> {
    await this.until(() => this.replies.length > 0);
    const ref = this.nextRef();
    this.send(this.openText(key, { from, ref }));
    return this.answerTo(ref);
  }

  async answerTo(ref: number): Promise<Opened> {
    const find = (reply: SocketReply) =>
      (reply.type === "opened" || reply.type === "error") && reply.ref === ref;
    await this.until(() => this.replies.some(find) || this.closedReason !== null);
    const reply = this.replies.find(find);
    if (reply?.type === "opened") return reply;
    throw new Error(reply?.type === "error" ? reply.code : `closed: ${this.closedReason}`);
  }

  /** Sends one append without waiting; its ref. */
  post(handle: number, frame: Uint8Array, frameId: Uint8Array = randomBytes(16)): number {
    const ref = this.nextRef();
    this.send(encodeBatch([{ kind: "append", ref, handle, frameId, frame }]));
    return ref;
  }

  /** Appends and waits for the ack's position; rejects with the relay's error code. */
  async append(handle: number, frame: Uint8Array, frameId?: Uint8Array): Promise<number> {
    const ref = this.post(handle, frame, frameId);
    const isError = (error: ErrorMessage) => error.ref === ref;
    await this.until(
      () => this.acks.has(ref) || this.errors.some(isError) || this.closedReason !== null,
    );
    const ack = this.acks.get(ref);
    if (ack !== undefined) return ack.seq;
    throw new Error(this.errors.find(isError)?.code ?? `closed: ${this.closedReason}`);
  }

  private hearRecord(record: WireRecord): void {
    if (record.kind === "frame") this.frames.push(record);
    else if (record.kind === "ack") this.acks.set(record.ref, record);
  }

  private wake(): void {
    for (const waiter of this.waiters) {
      if (!waiter.wants()) continue;
      this.waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
