import type { Dialer } from "#client/core/ports.ts";
import { hex } from "#shared/bytes.ts";
import { decodeBatch, encodeBatch, type WireRecord } from "#shared/records.ts";
import { composeControl, parseControl, socketReply, socketRequest } from "#shared/wire.ts";

/** Above a text of the lab and below any commit: what a relay has to go by is the padded size. */
const commitBytesMin = 2_048;

/**
 * WEAK: one reader's way to a relay whose operator hides from him what stands behind the commit that ended an
 * epoch. As soon as the reader opens another mailbox, the one whose last frame looked like a commit ends there
 * for him. Anything earlier he would miss, and wait for. The operator opens nothing, and needs not to.
 */
export function hidingLine(inner: Dialer): Dialer {
  const seen = new Set<string>();
  const last = new Map<string, { readonly seq: number; readonly bytes: number }>();
  const ends = new Map<string, number>();
  const opens = (mailbox: string): void => {
    if (seen.has(mailbox)) return;
    seen.add(mailbox);
    for (const [name, { seq, bytes }] of last) {
      if (bytes >= commitBytesMin && !ends.has(name)) ends.set(name, seq);
    }
  };
  const endOf = (mailbox: string) => ends.get(mailbox) ?? Number.POSITIVE_INFINITY;
  return {
    dial(address, path, events) {
      if (path !== "socket") return inner.dial(address, path, events);
      const asked = new Map<number, string>();
      const handles = new Map<number, string>();
      const nameOf = (handle: number) => handles.get(handle) ?? "";
      const isShown = (record: WireRecord): boolean => {
        if (record.kind !== "frame") return true;
        const mailbox = nameOf(record.handle);
        if (record.seq > endOf(mailbox)) return false;
        last.set(mailbox, { seq: record.seq, bytes: record.frame.length });
        return true;
      };
      const toClient = (data: string | Uint8Array): string | Uint8Array | null => {
        if (typeof data !== "string") {
          const records = decodeBatch(data).filter(isShown);
          return records.length === 0 ? null : encodeBatch(records);
        }
        const reply = parseControl(socketReply, data);
        if (reply.type === "opened") handles.set(reply.handle, asked.get(reply.ref) ?? "");
        if (reply.type !== "opened" && reply.type !== "live") return data;
        const head = Math.min(reply.head, endOf(nameOf(reply.handle)));
        return composeControl(socketReply, { ...reply, head });
      };
      const link = inner.dial(address, path, {
        ...events,
        message(data) {
          const told = toClient(data);
          if (told !== null) events.message(told);
        },
      });
      return {
        send(data) {
          if (typeof data === "string") {
            const request = parseControl(socketRequest, data);
            if (request.type === "open") {
              asked.set(request.ref, hex(request.mailbox));
              opens(hex(request.mailbox));
            }
          }
          link.send(data);
        },
        close: () => link.close(),
      };
    },
  };
}
