import { randomBytes } from "node:crypto";
import type { Clock } from "#server/ports.ts";
import { type Endpoint, type Relay, type RelayOptions, startRelay } from "#server/relay.ts";
import { RelayClient } from "#test/relay-client.ts";

/** A clock that moves only when a test says so. */
export interface HandClock extends Clock {
  advance(ms: number): void;
}

export function handClock(nowMs = 1_700_000_000_000): HandClock {
  let now = nowMs;
  const alarms = new Map<number, { atMs: number; wake: () => void }>();
  let ids = 0;
  return {
    now: () => now,
    wakeAt(atMs, wake) {
      ids += 1;
      const id = ids;
      alarms.set(id, { atMs, wake });
      return () => alarms.delete(id);
    },
    advance(ms) {
      now += ms;
      for (const [id, alarm] of [...alarms]) {
        if (alarm.atMs > now || !alarms.delete(id)) continue;
        alarm.wake();
      }
    },
  };
}

export const host = "relay.test";

/** A relay off the network, in this thread, in memory, on a clock by hand. */
export async function stageRelay(
  options: Partial<RelayOptions> = {},
): Promise<{ relay: Relay; clock: HandClock }> {
  const clock = handClock();
  const relay = await startRelay({
    listen: null,
    addresses: [host],
    data: null,
    thread: "inline",
    clock,
    ...options,
  });
  return { relay, clock };
}

/** A client of `/v1/socket` within the process. */
export function connect(relay: Relay, dialled = host): RelayClient {
  const client: RelayClient = new RelayClient(
    (data) => loop.send(data),
    dialled,
    () => loop.close(),
  );
  const loop = relay.connect(
    "socket",
    {
      opened: () => {},
      message: (data) => client.hear(data),
      closed: (reason) => client.hearClosed(reason),
    },
    dialled,
  );
  return client;
}

/** A bare endpoint: texts in, texts out. */
export function connectBare(relay: Relay, endpoint: Endpoint, dialled = host) {
  const heard: (string | Uint8Array)[] = [];
  const state = { closed: null as string | null };
  let wake = (): void => {};
  const loop = relay.connect(
    endpoint,
    {
      opened: () => {},
      message: (data) => {
        heard.push(data);
        wake();
      },
      closed: (reason) => {
        state.closed = reason;
        wake();
      },
    },
    dialled,
  );
  const until = async (wants: () => boolean): Promise<void> => {
    while (!wants()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { heard, state, until, send: loop.send, close: loop.close };
}

/** Lets everything that is on its way within the process arrive. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await null;
}

export function frameOf(size: number, octet = 7): Uint8Array {
  return new Uint8Array(size).fill(octet);
}

export const newFrameId = (): Uint8Array => Uint8Array.from(randomBytes(16));
