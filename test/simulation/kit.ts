import { type ClientPorts, openClient } from "#client/core/client.ts";
import type { Change, Clock, Dialer, Random, Store } from "#client/core/ports.ts";
import { type Relay, type RelayOptions, startRelay } from "#server/relay.ts";

/** A clock that stands still until it is advanced by hand. */
export interface HandClock extends Clock {
  /** Goes on by so much, waking whoever asked, in order. */
  advance(ms: number): Promise<void>;
}

export function handClock(startMs = 1_700_000_000_000): HandClock {
  let now = startMs;
  let nextId = 0;
  const wakes = new Map<number, { atMs: number; wake: () => void }>();
  return {
    now: () => now,
    wakeAt(atMs, wake) {
      const id = nextId++;
      wakes.set(id, { atMs, wake });
      return () => wakes.delete(id);
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        const due = [...wakes].filter(([, { atMs }]) => atMs <= until);
        due.sort(([a, one], [b, other]) => one.atMs - other.atMs || a - b);
        const first = due[0];
        if (first === undefined) break;
        wakes.delete(first[0]);
        now = Math.max(now, first[1].atMs);
        first[1].wake();
        await quiet();
      }
      now = until;
      await quiet();
    },
  };
}

/** Lets everything that needs no time happen: promises, and the in-process relay's turns of the loop. */
export async function quiet(turns = 12): Promise<void> {
  for (let at = 0; at < turns; at++) await new Promise((resolve) => setImmediate(resolve));
}

/** Bytes from a seed: SplitMix64, good enough for tests and the same in every run. */
export function seededRandom(seed: number): Random {
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
  const next = (): number => {
    state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
    return Number((mixed ^ (mixed >> 31n)) & 0xffn);
  };
  return (bytes) => Uint8Array.from({ length: bytes }, next);
}

export interface MemoryStore extends Store {
  readonly records: Map<string, Uint8Array>;
  saves: number;
}

export function memoryStore(records = new Map<string, Uint8Array>()): MemoryStore {
  return {
    records,
    saves: 0,
    async keys(prefix) {
      return [...records.keys()].filter((key) => key.startsWith(prefix));
    },
    async read(key) {
      return records.get(key)?.slice() ?? null;
    },
    async save(changes: readonly Change[]) {
      this.saves++;
      for (const { key, bytes } of changes) {
        if (bytes === null) records.delete(key);
        else records.set(key, bytes.slice());
      }
    },
  };
}

/** A copy of a store as it is now: what a restored backup holds. */
export function copyStore(store: MemoryStore): MemoryStore {
  return memoryStore(new Map([...store.records].map(([key, bytes]) => [key, bytes.slice()])));
}

/** What may happen to the traffic between one client and the relay. */
export interface Wire {
  /** False: dialling fails. */
  isUp: boolean;
  /** Sees, and may change or drop (null), what the relay says. */
  fromRelay: ((data: string | Uint8Array) => string | Uint8Array | null) | null;
  toRelay: ((data: string | Uint8Array) => string | Uint8Array | null) | null;
  hangUp(): void;
}

export function wiredDialer(relay: () => Pick<Relay, "connect">): {
  readonly dialer: Dialer;
  readonly wire: Wire;
} {
  const open = new Set<() => void>();
  const wire: Wire = {
    isUp: true,
    fromRelay: null,
    toRelay: null,
    hangUp() {
      for (const close of open) close();
      open.clear();
    },
  };
  const dialer: Dialer = {
    dial(_address, path, events) {
      let isClosed = false;
      const closed = (reason: string): void => {
        if (isClosed) return;
        isClosed = true;
        events.closed(reason);
      };
      if (!wire.isUp) {
        queueMicrotask(() => closed("the relay is not there"));
        return { send() {}, close() {} };
      }
      const loop = relay().connect(path, {
        opened: () => !isClosed && events.opened(),
        message(data) {
          if (isClosed) return;
          const passed = wire.fromRelay === null ? data : wire.fromRelay(data);
          if (passed !== null) events.message(passed);
        },
        closed,
      });
      const hangUp = (): void => {
        loop.close();
        closed("the connection was cut");
      };
      open.add(hangUp);
      return {
        send(data) {
          if (isClosed) return;
          const passed = wire.toRelay === null ? data : wire.toRelay(data);
          if (passed !== null) loop.send(passed);
        },
        close: () => loop.close(),
      };
    },
  };
  return { dialer, wire };
}

export async function startTestRelay(
  clock: Clock,
  options: Partial<RelayOptions> = {},
): Promise<Relay> {
  return await startRelay({
    listen: null,
    addresses: ["relay.test"],
    data: null,
    thread: "inline",
    clock,
    random: seededRandom(99),
    ...options,
  });
}

export { type ClientPorts, openClient };
