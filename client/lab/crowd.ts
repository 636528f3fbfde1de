import { join } from "node:path";
import { type Client, openClient, type Sent } from "#client/core/client.ts";
import type { Dialer, ReceiptTimes } from "#client/core/ports.ts";
import { systemRandom } from "#client/node/random.ts";
import { startRelay } from "#server/relay.ts";
import { assert } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { memoryStore } from "./memory-store.ts";
import { relayHost } from "./relays.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";
import { type AccessLine, loggingRelay } from "./weak/logging-relay.ts";

/** One of many: a real client, on a store in memory, since no scenario of a crowd grants its device. */
export interface Person {
  readonly id: string;
  /** The network address from which it dials. */
  readonly line: string;
  readonly client: Client;
}

/** Two persons with a channel of their own, by their indices. */
export type Pair = readonly [number, number];

/** Many real clients in pairs, over one real relay behind a front that logs. */
export interface Crowd {
  readonly clock: VirtualClock;
  readonly people: readonly Person[];
  readonly log: readonly AccessLine[];
  /** When everybody had met, and nothing had been said yet. */
  readonly metAt: number;
  /** Says a text in the pair's channel at a moment that has not passed; what is due before comes before. */
  say(said: { atMs: number; pair: number; from: number; text: string }): Promise<Sent>;
  /** Lets time pass, with everything that falls due on the way carried out at its own moment. */
  passUntil(atMs: number): Promise<void>;
  close(): Promise<void>;
}

const startMs = Date.UTC(2027, 2, 1, 9);

/** Turns of the event loop in which what has been posted reaches everybody and is answered. */
const deliveryTurns = 40;
const minuteMs = 60_000;

/** Opens the crowd: every pair meets by a code, as people do. Receipts are the product's, or others'. */
export async function openCrowd(plan: {
  readonly folder: string;
  /** Network addresses, one for each person. */
  readonly lines: readonly string[];
  readonly pairs: readonly Pair[];
  readonly receipts: "off" | "product" | ReceiptTimes;
  /** How long a person's device sleeps over what has arrived, once everybody has met; 0 for not at all. */
  readonly sleepMs?: (person: number, now: number) => number;
  readonly onProgress?: (done: number, of: number) => void;
}): Promise<Crowd> {
  const { folder, lines, pairs, receipts } = plan;
  const clock = virtualClock(startMs);
  const relay = await startRelay({
    ...{ listen: null, addresses: [relayHost], thread: "inline", clock },
    data: join(folder, "relay"),
  });
  const front = loggingRelay(relay, () => clock.now());
  const people: Person[] = [];
  const sleepers = openSleepers(clock);
  for (const [at, line] of lines.entries()) {
    const client = await openClient({
      ...{
        clock,
        random: systemRandom,
        store: memoryStore(),
        dialer: sleepers.dialer(at, front.dialer(line)),
      },
      ...(typeof receipts === "function" ? { receiptTimes: receipts } : {}),
    });
    people.push({ id: `p${at}`, line, client });
  }
  const of = (at: number): Person => {
    const person = people[at];
    assert(person !== undefined, "a pair is of people of the crowd");
    return person;
  };
  const settle = (pair: number) => {
    const [a, b] = pairs[pair] as Pair;
    const names = [of(a), of(b)].map(({ client }) => client.settle(nameOf(pair)));
    return clock.drive(Promise.all(names));
  };
  for (const [index, [a, b]] of pairs.entries()) {
    const [host, guest] = [of(a).client, of(b).client];
    const channel = nameOf(index);
    await clock.drive(
      host.openChannel({
        ...{ name: channel, label: `L${a}`, relay: relayHost, approvals: 1 },
        update: { afterMessages: null, afterMs: null },
      }),
    );
    const label = `L${b}`;
    const expiresMs = limits.nameplateMsDefault;
    const { code, done } = await clock.drive(host.invite({ channel, label, expiresMs }));
    const joined = guest.join({ code, relay: relayHost, name: channel, sponsors: 1 });
    await clock.drive(Promise.all([joined, done]));
    await settle(index);
    if (receipts !== "off") {
      await host.setReceipts({ channel, on: true });
      await guest.setReceipts({ channel, on: true });
    }
    plan.onProgress?.(index + 1, pairs.length);
  }
  sleepers.begin(plan.sleepMs ?? (() => 0));
  const deliver = async () => {
    const turns = async () => {
      for (let turn = 0; turn < deliveryTurns; turn++) {
        await new Promise<void>((go) => setImmediate(go));
      }
    };
    await clock.drive(turns());
  };
  /** Receipts fall on full minutes: nothing of one minute may be carried out in the next. */
  const passUntil = async (atMs: number) => {
    for (;;) {
      const minute = (Math.floor(clock.now() / minuteMs) + 1) * minuteMs;
      const next = Math.min(minute, sleepers.nextAt());
      if (next > atMs) break;
      await clock.advanceTo(next);
      await deliver();
    }
    await clock.advanceTo(atMs);
  };
  return {
    clock,
    people,
    log: front.log,
    passUntil,
    metAt: clock.now(),
    async say({ atMs, pair, from, text }) {
      await passUntil(atMs);
      const sent = await clock.drive(of(from).client.send({ channel: nameOf(pair), text }));
      await deliver();
      return sent;
    },
    async close() {
      for (const { client } of people) await clock.drive(client.close()).catch(() => {});
      await relay.close();
    },
  };
}

/** Devices that wake up late for what the relay has sent; order is kept. */
function openSleepers(clock: VirtualClock) {
  let sleepMs: (person: number, now: number) => number = () => 0;
  const due = new Set<{ readonly atMs: number }>();
  return {
    begin(chosen: typeof sleepMs) {
      sleepMs = chosen;
    },
    /** When the next device wakes up; Infinity when none is asleep over anything. */
    nextAt: () => Math.min(Number.POSITIVE_INFINITY, ...[...due].map(({ atMs }) => atMs)),
    dialer: (person: number, inner: Dialer): Dialer => ({
      dial(address, path, events) {
        let freeAt = 0;
        return inner.dial(address, path, {
          ...events,
          message(data) {
            const now = clock.now();
            const atMs = Math.max(freeAt, now + sleepMs(person, now));
            if (atMs <= now) return events.message(data);
            freeAt = atMs;
            const entry = { atMs };
            due.add(entry);
            clock.wakeAt(atMs, () => {
              due.delete(entry);
              events.message(data);
            });
          },
        });
      },
    }),
  };
}

function nameOf(pair: number): string {
  return `pair-${pair}`;
}
