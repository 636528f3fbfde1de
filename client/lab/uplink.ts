import type { Dialer } from "#client/core/ports.ts";

/** One person's way to the relay, of which the sending half can stall. */
export interface Uplink {
  readonly dialer: Dialer;
  /** From now on what is sent waits on the line; what the relay says still arrives. */
  hold(): void;
  /** Hands on what waits, in order. What waited on a link that was closed meanwhile is lost. */
  release(): void;
}

/** A dialer whose links can be held. */
export function openUplink(inner: Dialer): Uplink {
  let isHeld = false;
  let waiting: { readonly link: object; readonly send: () => void }[] = [];
  return {
    dialer: {
      dial(address, path, events) {
        const link = inner.dial(address, path, events);
        return {
          send(data) {
            if (isHeld) waiting.push({ link, send: () => link.send(data) });
            else link.send(data);
          },
          close() {
            waiting = waiting.filter((each) => each.link !== link);
            link.close();
          },
        };
      },
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      const due = waiting;
      waiting = [];
      for (const { send } of due) send();
    },
  };
}
