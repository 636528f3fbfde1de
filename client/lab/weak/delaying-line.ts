import type { Clock, Dialer } from "#client/core/ports.ts";
import { hex } from "#shared/bytes.ts";
import { decodeBatch, encodeBatch } from "#shared/records.ts";

/** What an adversary between a device and its relay does with what the device appends. */
export interface Delaying {
  /** How long the frame is held, in milliseconds; null swallows it for good. */
  fate(frameId: string, frame: Uint8Array): number | null;
}

/**
 * WEAK: a line whose operator holds each appended frame for a time of its own, so that frames overtake each
 * other, and swallows some, also when they are posted again. It can open nothing.
 */
export function delayingLine(inner: Dialer, clock: Clock, plan: Delaying): Dialer {
  const swallowed = new Set<string>();
  return {
    dial(address, path, events) {
      const link = inner.dial(address, path, events);
      let isOpen = true;
      return {
        send(data) {
          if (typeof data === "string") return link.send(data);
          for (const record of decodeBatch(data)) {
            const id = record.kind === "append" ? hex(record.frameId) : null;
            if (id !== null && swallowed.has(id)) continue;
            const held = record.kind === "append" && id !== null ? plan.fate(id, record.frame) : 0;
            if (held === null && id !== null) swallowed.add(id);
            if (held === null) continue;
            const bytes = encodeBatch([record]);
            if (held === 0) link.send(bytes);
            else clock.wakeAt(clock.now() + held, () => isOpen && link.send(bytes));
          }
        },
        close() {
          isOpen = false;
          link.close();
        },
      };
    },
  };
}
