import type { Dialer } from "#client/core/ports.ts";
import type { Relay } from "#server/relay.ts";
import { hex } from "#shared/bytes.ts";
import { decodeBatch } from "#shared/records.ts";
import { parseControl, socketReply, socketRequest } from "#shared/wire.ts";

/** One line of an access log: what the product's relay never writes down. */
export interface AccessLine {
  readonly atMs: number;
  /** Network address that dialled: the same line is the same address (ASSUMED: nobody uses Tor). */
  readonly line: string;
  readonly what: "opened" | "stored" | "delivered";
  /** Lower-case hex. */
  readonly mailbox: string;
  /** Position in the mailbox; null where the line is about no frame or the relay has not numbered it yet. */
  readonly seq: number | null;
  /** Lower-case hex; null for an opened mailbox. */
  readonly frameId: string | null;
  /** Size of the frame; null for an opened mailbox. */
  readonly bytes: number | null;
}

/** A real relay behind a front that writes down who opened, appended and was sent what, and when. */
export interface LoggingRelay {
  /** The relay as one network address dials it. */
  dialer(line: string): Dialer;
  readonly log: readonly AccessLine[];
}

/**
 * WEAK: a relay whose operator keeps network addresses. It passes everything on unchanged and can open
 * nothing; a frame is `delivered` also to the address that appended it, because the relay echoes it.
 */
export function loggingRelay(relay: Relay, now: () => number): LoggingRelay {
  const log: AccessLine[] = [];
  const dialSocket = (line: string, address: string, events: Parameters<Dialer["dial"]>[2]) => {
    const asked = new Map<number, string>();
    const open = new Map<number, string>();
    const note = (
      what: AccessLine["what"],
      mailbox: string,
      frame: { frameId: Uint8Array; frame: Uint8Array; seq?: number } | null,
    ): void => {
      const about =
        frame === null
          ? { seq: null, frameId: null, bytes: null }
          : { seq: frame.seq ?? null, frameId: hex(frame.frameId), bytes: frame.frame.length };
      log.push({ atMs: now(), line, what, mailbox, ...about });
    };
    const readDown = (data: string | Uint8Array): void => {
      if (typeof data === "string") {
        const reply = parseControl(socketReply, data);
        if (reply.type === "opened") open.set(reply.handle, asked.get(reply.ref) ?? "");
        return;
      }
      for (const record of decodeBatch(data)) {
        if (record.kind === "frame") note("delivered", open.get(record.handle) ?? "", record);
      }
    };
    const readUp = (data: string | Uint8Array): void => {
      if (typeof data === "string") {
        const request = parseControl(socketRequest, data);
        if (request.type !== "open") return;
        asked.set(request.ref, hex(request.mailbox));
        note("opened", hex(request.mailbox), null);
        return;
      }
      for (const record of decodeBatch(data)) {
        if (record.kind === "append") note("stored", open.get(record.handle) ?? "", record);
      }
    };
    const loop = relay.connect(
      "socket",
      {
        opened: () => events.opened(),
        message: (data) => {
          readDown(data);
          events.message(data);
        },
        closed: (reason) => events.closed(reason),
      },
      address,
    );
    return {
      send(data: string | Uint8Array) {
        readUp(data);
        loop.send(data);
      },
      close: () => loop.close(),
    };
  };
  return {
    dialer: (line) => ({
      dial(address, path, events) {
        if (path === "socket") return dialSocket(line, address, events);
        return relay.connect(path, events, address);
      },
    }),
    log,
  };
}
