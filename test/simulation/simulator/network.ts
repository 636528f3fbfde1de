import type { Dialer, LinkEvents } from "#client/core/ports.ts";
import type { Relay } from "#server/relay.ts";
import { decodeBatch, encodeBatch, type WireRecord } from "#shared/records.ts";
import type { Dice } from "#test/dice.ts";
import type { Counts } from "./counts.ts";

/** How often a frame suffers what, on its way from the relay to one device. */
export interface Weather {
  readonly drop: number;
  readonly delay: number;
  readonly duplicate: number;
  readonly reorder: number;
}

export const fair: Weather = { drop: 0, delay: 0, duplicate: 0, reorder: 0 };

/** The way between one device and the relay. */
export interface Path {
  isUp: boolean;
  weather: Weather;
  /** Cuts what is connected; dialling goes on. */
  cut(): void;
  /** Lets go of what was delayed. */
  release(): void;
  /** A dialer that dies with its process: `kill` cuts its links for good. */
  dialer(): Dialer & { kill(): void };
}

/** A path over which every accident is drawn from the dice. */
export function createPath(relay: () => Pick<Relay, "connect">, dice: Dice, counts: Counts): Path {
  const open = new Set<() => void>();
  let held: (() => void)[] = [];

  const suffer = (records: readonly WireRecord[]): WireRecord[] => {
    const { drop, duplicate, reorder } = path.weather;
    const out: WireRecord[] = [];
    for (const record of records) {
      if (record.kind !== "frame") {
        out.push(record);
        continue;
      }
      counts.frames++;
      if (dice.chance(drop)) {
        counts.drops++;
        continue;
      }
      out.push(record);
      if (dice.chance(duplicate)) {
        counts.duplicates++;
        out.push(record);
      }
    }
    if (out.length > 1 && dice.chance(reorder)) {
      counts.reorders++;
      const [first, ...rest] = out as [WireRecord, ...WireRecord[]];
      rest.splice(dice.below(rest.length) + 1, 0, first);
      return rest;
    }
    return out;
  };

  const deliver = (events: LinkEvents, data: string | Uint8Array): void => {
    if (typeof data === "string") {
      events.message(data);
      return;
    }
    const records = suffer(decodeBatch(data));
    if (records.length > 0) events.message(encodeBatch(records));
  };

  const path: Path = {
    isUp: true,
    weather: fair,
    cut() {
      for (const close of [...open]) close();
      open.clear();
    },
    release() {
      const waiting = held;
      held = [];
      for (const go of waiting) go();
    },
    dialer() {
      let isDead = false;
      const own = new Set<() => void>();
      return {
        kill() {
          isDead = true;
          for (const close of own) close();
        },
        dial(_address, endpoint, events) {
          let isClosed = false;
          const close = (reason: string): void => {
            if (isClosed) return;
            isClosed = true;
            events.closed(reason);
          };
          if (!path.isUp || isDead) {
            if (!isDead) queueMicrotask(() => close("the relay is not there"));
            return { send() {}, close() {} };
          }
          const loop = relay().connect(endpoint, {
            opened: () => !isClosed && events.opened(),
            message(data) {
              if (isClosed) return;
              const isHeld = held.length > 0 || dice.chance(path.weather.delay);
              if (endpoint === "rendezvous" || !isHeld) {
                deliver(events, data);
                return;
              }
              // A stream keeps its order: what comes behind what is delayed waits, too.
              counts.delays++;
              held.push(() => !isClosed && deliver(events, data));
            },
            closed: close,
          });
          const hangUp = (): void => {
            loop.close();
            open.delete(hangUp);
            own.delete(hangUp);
            close("the connection was cut");
          };
          open.add(hangUp);
          own.add(hangUp);
          return {
            send: (data) => {
              if (!isClosed) loop.send(data);
            },
            close: () => loop.close(),
          };
        },
      };
    },
  };
  return path;
}
