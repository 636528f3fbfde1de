import { join } from "node:path";
import type { Cipher } from "#client/core/cipher.ts";
import { type Client, openClient, type Sent } from "#client/core/client.ts";
import type { Clock, Dialer, ReceiptTimes } from "#client/core/ports.ts";
import { systemRandom } from "#client/node/random.ts";
import { type Relay, startRelay } from "#server/relay.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { memoryStore, unwritten } from "./memory-store.ts";
import { relayAddress } from "./relays.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";
import { type AccessLine, type LoggingRelay, loggingRelay } from "./weak/logging-relay.ts";

/** One of many: a real client, on a store in memory, since no scenario of a crowd grants its device. */
export interface Person {
  readonly id: string;
  /** The network address from which it dials. */
  readonly line: string;
  readonly client: Client;
}

/** Two persons with a channel of their own, by their indices. */
export type Pair = readonly [number, number];

/** Persons with a channel of their own; the first opens it. */
export type Group = readonly [number, number, ...number[]];

/** Many real clients in pairs or groups, over one real relay behind a front that logs. */
export interface Crowd {
  readonly clock: VirtualClock;
  readonly people: readonly Person[];
  readonly log: readonly AccessLine[];
  /** When everybody had met, and nothing had been said yet. */
  readonly metAt: number;
  /** Says a text in the pair's channel at a moment that has not passed; what is due before comes before. */
  say(said: { atMs: number; pair: number; from: number; text: string }): Promise<Sent>;
  /** As `say`, without waiting until the relay's answer, which may be late, has come. */
  post(said: { atMs: number; pair: number; from: number; text: string }): Promise<void>;
  /** What a channel is called, on everybody's device. */
  nameOf(pair: number): string;
  /** Lets time pass, with everything that falls due on the way carried out at its own moment. */
  passUntil(atMs: number): Promise<void>;
  close(): Promise<void>;
}

const startMs = Date.UTC(2027, 2, 1, 9);

/** Turns of the event loop in which what has been posted reaches everybody and is answered. */
const deliveryTurns = 40;
const minuteMs = 60_000;

/** Opens the crowd: everybody meets by codes, as people do. Receipts are the product's, or others'. */
export async function openCrowd(plan: {
  /** Where the relay keeps its database; null in memory, where nobody gets it. */
  readonly folder: string | null;
  /** Network addresses, one for each person. */
  readonly lines: readonly string[];
  readonly pairs: readonly (Pair | Group)[];
  /** Which relay carries a pair's channel, by name; all of them the one called `relay` where absent. */
  readonly relayOf?: (pair: number) => string;
  /** What lies between a person's device and the network: taps. */
  readonly tap?: (line: string, inner: Dialer, clock: Clock) => Dialer;
  /** When each person's receipts leave; null where nobody sends any. */
  readonly receipts: ((person: number) => ReceiptTimes) | null;
  /** Notes what a person's own device reads and writes; the product's cipher where absent. */
  readonly cipher?: (person: number, clock: Clock) => Cipher;
  /** How long a person's device sleeps over what has arrived, once everybody has met; 0 for not at all. */
  readonly sleepMs?: (person: number, now: number) => number;
  readonly onProgress?: (done: number, of: number) => void;
}): Promise<Crowd> {
  const { lines, pairs, receipts } = plan;
  const clock = virtualClock(startMs);
  const relays = await openRelays(plan, clock);
  const tap = plan.tap ?? ((_line, inner) => inner);
  const people: Person[] = [];
  const sleepers = openSleepers(clock);
  for (const [at, line] of lines.entries()) {
    const client = await openClient({
      ...{
        clock,
        random: systemRandom,
        store: memoryStore(),
        bookkeeping: unwritten,
        dialer: tap(line, sleepers.dialer(at, relays.dialer(line)), clock),
      },
      ...(receipts === null ? {} : { receiptTimes: receipts(at) }),
      ...(plan.cipher === undefined ? {} : { cipher: plan.cipher(at, clock) }),
    });
    people.push({ id: `p${at}`, line, client });
  }
  const of = (at: number): Person => {
    const person = people[at];
    assert(person !== undefined, "a pair is of people of the crowd");
    return person;
  };
  for (const [index, members] of pairs.entries()) {
    const where = { channel: nameOf(index), relay: relays.addressOf(index) };
    await meet(clock, members.map(of), { ...where, receipts: receipts !== null });
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
    get log() {
      return relays.log();
    },
    passUntil,
    nameOf,
    metAt: clock.now(),
    async say({ atMs, pair, from, text }) {
      await passUntil(atMs);
      const sent = await clock.drive(of(from).client.send({ channel: nameOf(pair), text }));
      await deliver();
      return sent;
    },
    async post({ atMs, pair, from, text }) {
      await passUntil(atMs);
      // Who does not wait is not told either that an answer took too long, or had not come by the end.
      of(from)
        .client.send({ channel: nameOf(pair), text })
        .catch((error) => {
          const isLate =
            error instanceof Failure && ["network", "interrupted"].includes(error.code);
          assert(isLate, "a text is kept, and goes out, whoever waits for it");
        });
      await deliver();
    },
    async close() {
      for (const { client } of people) await clock.drive(client.close()).catch(() => {});
      await relays.close();
    },
  };
}

/** Real relays, one for each name, each behind a front that logs; the same line dials them all. */
async function openRelays(
  {
    folder,
    pairs,
    relayOf = () => "relay",
  }: Pick<Parameters<typeof openCrowd>[0], "folder" | "pairs" | "relayOf">,
  clock: VirtualClock,
) {
  const names = [...new Set(["relay", ...pairs.map((_, index) => relayOf(index))])];
  const opened = new Map<string, { readonly relay: Relay; readonly front: LoggingRelay }>();
  for (const name of names) {
    const relay = await startRelay({
      ...{ listen: null, addresses: [relayAddress(name)], thread: "inline", clock },
      data: folder === null ? null : join(folder, name),
    });
    const front = loggingRelay(relay, () => clock.now());
    opened.set(relayAddress(name), { relay, front });
  }
  return {
    addressOf: (pair: number) => relayAddress(relayOf(pair)),
    log: () => [...opened.values()].flatMap(({ front }) => front.log),
    dialer: (line: string): Dialer => ({
      dial(address, path, events) {
        const front = opened.get(address)?.front;
        assert(front !== undefined, "people dial relays of their world");
        return front.dialer(line).dial(address, path, events);
      },
    }),
    async close() {
      for (const { relay } of opened.values()) await relay.close();
    },
  };
}

/** The first opens a channel, and lets the others in one after the other. */
async function meet(
  clock: VirtualClock,
  members: readonly Person[],
  { channel, relay, receipts }: { channel: string; relay: string; receipts: boolean },
): Promise<void> {
  const [host, ...guests] = members;
  assert(host !== undefined && guests.length > 0, "a channel is for two or more");
  await clock.drive(
    host.client.openChannel({
      ...{ name: channel, label: labelOf(host), relay, approvals: 1 },
      update: { afterMessages: null, afterMs: null },
    }),
  );
  for (const guest of guests) {
    const expiresMs = limits.nameplateMsDefault;
    const asked = { channel, label: labelOf(guest), expiresMs };
    const { code, done } = await clock.drive(host.client.invite(asked));
    const joined = guest.client.join({ code, relay, name: channel, sponsors: 1 });
    await clock.drive(Promise.all([joined, done]));
    const inside = members.slice(0, members.indexOf(guest) + 1);
    await clock.drive(Promise.all(inside.map(({ client }) => client.settle(channel))));
  }
  if (!receipts) return;
  for (const { client } of members) await client.setReceipts({ channel, on: true });
}

function labelOf({ id }: Person): string {
  return id.replace("p", "L");
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
