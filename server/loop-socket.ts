import type { Session, Socket } from "./ports.ts";

/** What the client's end of a connection within the process hears; the shape of the core's LinkEvents. */
export interface LoopEvents {
  opened(): void;
  message(data: string | Uint8Array): void;
  closed(reason: string): void;
}

/** The client's end; the shape of the core's Link. */
export interface Loop {
  send(data: string | Uint8Array): void;
  close(): void;
}

/**
 * A connection without a network: two ends whose messages arrive in order, each in a microtask of its
 * own, so that neither end runs inside the other's call. Nothing is ever buffered on the way.
 */
export function openLoop(events: LoopEvents, accept: (socket: Socket) => Session): Loop {
  let isOpen = true;
  let session: Session | null = null;
  const finish = (reason: string): void => {
    if (!isOpen) return;
    isOpen = false;
    session?.closed();
    events.closed(reason);
  };
  const socket: Socket = {
    send: (data) => queueMicrotask(() => isOpen && events.message(data)),
    close: (_code, reason) => queueMicrotask(() => finish(reason)),
    bufferedBytes: () => 0,
    whenDrained: (_bytes, wake) => queueMicrotask(wake),
  };
  queueMicrotask(() => {
    if (!isOpen) return;
    events.opened();
    session = accept(socket);
  });
  return {
    send: (data) =>
      queueMicrotask(() => {
        if (isOpen) session?.receive(data);
      }),
    close: () => queueMicrotask(() => finish("closed by this side")),
  };
}
