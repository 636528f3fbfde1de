import type { Dialer } from "#client/core/ports.ts";
import type { Relay } from "#server/relay.ts";
import { base64url, hex } from "#shared/bytes.ts";
import { decodeBatch } from "#shared/records.ts";
import { rendezvousReply, rendezvousRequest } from "#shared/rendezvous.ts";
import { parseControl, socketReply, socketRequest } from "#shared/wire.ts";

/** One line of a recording: the bytes of a frame or of a rendezvous message, as they passed. */
export type RecordedLine =
  | {
      readonly what: "frame";
      readonly atMs: number;
      /** Lower-case hex. */
      readonly mailbox: string;
      /** base64url */
      readonly bytes: string;
    }
  | {
      readonly what: "said";
      readonly atMs: number;
      readonly nameplate: string;
      readonly side: "sponsor" | "newcomer";
      readonly index: number;
      readonly bytes: string;
    };

export interface RecordingRelay {
  readonly dialer: Dialer;
  readonly lines: readonly RecordedLine[];
}

type Events = Parameters<Dialer["dial"]>[2];
type Note = (line: RecordedLine) => void;

/** WEAK: a relay whose operator keeps all that clients ever send, and for ever. It can open nothing. */
export function recordingRelay(relay: Relay, now: () => number): RecordingRelay {
  const lines: RecordedLine[] = [];
  const seen = new Set<string>();
  // What is sent again after a lost connection is the same line.
  const note: Note = (line) => {
    const place = line.what === "frame" ? line.mailbox : `${line.nameplate} ${line.side}`;
    const key = `${place} ${line.bytes}`;
    if (seen.has(key)) return;
    seen.add(key);
    lines.push(line);
  };
  return {
    lines,
    dialer: {
      dial(address, path, events) {
        const tap = path === "socket" ? socketTap(now, note) : rendezvousTap(now, note);
        const heard: Events = {
          ...events,
          message(data) {
            tap.down(data);
            events.message(data);
          },
        };
        const link = relay.connect(path, heard, address);
        return {
          send(data) {
            tap.up(data);
            link.send(data);
          },
          close: () => link.close(),
        };
      },
    },
  };
}

type Data = string | Uint8Array;

/** Frames on one connection. The handle of a mailbox is said once, by the relay. */
function socketTap(now: () => number, note: Note) {
  const asked = new Map<number, string>();
  const open = new Map<number, string>();
  return {
    up(data: Data): void {
      if (typeof data === "string") {
        const request = parseControl(socketRequest, data);
        if (request.type === "open") asked.set(request.ref, hex(request.mailbox));
        return;
      }
      for (const record of decodeBatch(data)) {
        if (record.kind !== "append") continue;
        const mailbox = open.get(record.handle) ?? "";
        note({ what: "frame", atMs: now(), mailbox, bytes: base64url(record.frame) });
      }
    },
    down(data: Data): void {
      if (typeof data !== "string") return;
      const reply = parseControl(socketReply, data);
      if (reply.type === "opened") open.set(reply.handle, asked.get(reply.ref) ?? "");
    },
  };
}

function rendezvousTap(now: () => number, note: Note) {
  let side: "sponsor" | "newcomer" = "sponsor";
  let nameplate = "";
  return {
    up(data: Data): void {
      if (typeof data !== "string") return;
      const request = parseControl(rendezvousRequest, data);
      if (request.type === "join") {
        side = "newcomer";
        nameplate = request.nameplate;
      }
      if (request.type !== "post") return;
      const { index, body } = request;
      note({ what: "said", atMs: now(), nameplate, side, index, bytes: base64url(body) });
    },
    down(data: Data): void {
      if (typeof data !== "string") return;
      const reply = parseControl(rendezvousReply, data);
      if (reply.type === "claimed") nameplate = reply.nameplate;
    },
  };
}
