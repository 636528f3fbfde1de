import { wipe } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Cipher } from "./cipher.ts";
import type { Event } from "./event.ts";
import { changesBetween } from "./persist.ts";
import type { Bookkeeping, Change, Clock, Dialer, Random, ReceiptTimes, Store } from "./ports.ts";
import { connectRelay, type Relay } from "./relay.ts";
import { type Stepped, type Surroundings, step } from "./session.ts";
import type { Channel } from "./state.ts";
import type { Done, Effect } from "./turn.ts";
import type { Notice } from "./view.ts";
import { nextTickAt } from "./watch.ts";

/** Events that one save covers. */
const batchMax = 64;
/** After a save that failed, time's own work is tried again so much later. */
const saveRetryMs = 10_000;

export interface RunnerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly dialer: Dialer;
  readonly cipher: Cipher;
  readonly suite: Suite;
  readonly receiptTimes?: ReceiptTimes;
  readonly bookkeeping?: Bookkeeping<Channel>;
}

/** A channel at work: events in, one at a time; state saved, then effects carried out. */
export interface Runner {
  channel(): Channel;
  /** Dials the relay, unless that has happened. */
  connect(): void;
  /** Resolves once the event is taken in and saved; rejects with the Failure that refused it. */
  request(event: Event): Promise<void>;
  /** Resolves when the thing of that id (message, wish) is done. Call it before the request. */
  expect(id: string): Promise<Done>;
  /** Calls back after every change until it returns true. */
  watch(check: (channel: Channel) => boolean): void;
  end(): Promise<void>;
}

interface Job {
  readonly event: Event;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const ignore = (): void => {};

/**
 * Runs a channel. The order is the whole point: what a step has decided is saved first, with the
 * ratchets it has moved; only then is anything posted; only then are spent secrets wiped. A crash in
 * between finds, on opening, the same frames to post again.
 */
export function runChannel(
  initial: Channel,
  ports: RunnerPorts,
  tell: (notice: Notice) => void,
): Runner {
  const { clock, random, store, cipher, bookkeeping = changesBetween } = ports;
  const receipts = ports.receiptTimes === undefined ? {} : { receiptTimes: ports.receiptTimes };
  let channel = initial;
  let queue: Job[] = [];
  let working: Promise<void> | null = null;
  let isEnded = false;
  let relay: Relay | null = null;
  let cancelTick = ignore;
  const waiting = new Map<
    string,
    { resolve: (done: Done) => void; reject: (e: unknown) => void }
  >();
  let watchers: ((channel: Channel) => boolean)[] = [];

  const dispatch = (
    event: Event,
    resolve = ignore,
    reject: (e: unknown) => void = ignore,
  ): void => {
    if (isEnded) {
      reject(new Failure("interrupted", "the client is closed"));
      return;
    }
    queue.push({ event, resolve, reject });
    working ??= work();
  };

  const carryOut = (effect: Effect): void => {
    switch (effect.type) {
      case "open":
        relay?.open(effect.keys, effect.from, effect.opening);
        break;
      case "close":
        relay?.close(effect.mailbox);
        break;
      case "post":
        relay?.post(effect.mailbox, effect.frameId, effect.frame);
        break;
      case "notice":
        tell(effect.notice);
        break;
      case "done":
        waiting.get(effect.id)?.resolve(effect.result);
        waiting.delete(effect.id);
        break;
      case "failed":
        waiting.get(effect.id)?.reject(effect.failure);
        waiting.delete(effect.id);
        break;
    }
  };

  const takeBatch = async (jobs: readonly Job[]): Promise<void> => {
    const now = clock.now();
    let next = channel;
    const effects: Effect[] = [];
    const spent: Uint8Array[] = [];
    const taken: Job[] = [];
    for (const job of jobs) {
      try {
        const stepped = stepOver(next, job.event, { now, random, cipher, ...receipts });
        next = stepped.channel;
        effects.push(...stepped.effects);
        spent.push(...stepped.spent);
        taken.push(job);
      } catch (error) {
        job.reject(error);
      }
    }
    let changes: readonly Change[];
    try {
      changes = bookkeeping(channel, next);
    } catch (error) {
      return await takeSingly(jobs, error);
    }
    try {
      if (changes.length > 0) await store.save(changes);
    } catch (error) {
      // A failed save changes nothing: the old state stands, and what came from the relay comes again.
      for (const job of taken) job.reject(error);
      relay?.restart("what was read could not be saved");
      armTick(now + saveRetryMs);
      return;
    }
    if (isEnded) return;
    channel = next;
    for (const effect of effects) carryOut(effect);
    wipe(...spent);
    for (const job of taken) job.resolve();
    watchers = watchers.filter((check) => !check(channel));
    armTick(nextTickAt(channel, now));
  };

  /** A state that cannot be written down: the one event that led there is refused, or passed over. */
  const takeSingly = async (jobs: readonly Job[], error: unknown): Promise<void> => {
    const [job, ...others] = jobs;
    if (job === undefined) return;
    if (others.length > 0) {
      for (const one of jobs) await takeBatch([one]);
      return;
    }
    if (job.event.type === "frame") {
      await takeBatch([{ ...job, event: passedOver(job.event, error) }]);
      return;
    }
    job.reject(error);
    armTick(clock.now() + saveRetryMs);
  };

  const work = async (): Promise<void> => {
    // A turn of the loop, so that what arrives together is saved together.
    await Promise.resolve();
    while (queue.length > 0 && !isEnded) {
      const jobs = queue.slice(0, batchMax);
      queue = queue.slice(batchMax);
      await takeBatch(jobs);
    }
    working = null;
  };

  const armTick = (at: number | null): void => {
    cancelTick();
    cancelTick = ignore;
    if (at === null || isEnded) return;
    cancelTick = clock.wakeAt(at, () => dispatch({ type: "tick" }));
  };

  const { relay: address } = initial.settings;
  const connect = (): void => {
    if (relay !== null || isEnded) return;
    relay = connectRelay({
      address,
      dialer: ports.dialer,
      clock,
      events: {
        up() {
          tell({ type: "connection", relay: address, up: true, detail: "" });
          dispatch({ type: "up" });
        },
        down(reason) {
          tell({ type: "connection", relay: address, up: false, detail: reason });
          dispatch({ type: "down" });
        },
        opened: ({ mailbox, opening }, head, oldest) => {
          dispatch({ type: "opened", mailbox, opening, head, oldest });
        },
        live: ({ mailbox, opening }, head) => {
          dispatch({ type: "live", mailbox, opening, head });
        },
        frame: ({ mailbox, opening }, seq, frame) => {
          dispatch({ type: "frame", mailbox, opening, seq, frame });
        },
        acked: (frameId, seq) => dispatch({ type: "acked", frameId, seq }),
        refused: (mailbox, frameId, failure) => {
          dispatch({ type: "refused", mailbox, frameId, failure });
        },
      },
    });
  };

  dispatch({ type: "tick" });
  return {
    channel: () => channel,
    connect,
    request: (event) => new Promise((resolve, reject) => dispatch(event, resolve, reject)),
    expect: (id) => {
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    watch(check) {
      if (!check(channel)) watchers.push(check);
    },
    async end() {
      isEnded = true;
      cancelTick();
      relay?.end();
      for (const { reject } of waiting.values()) {
        reject(new Failure("interrupted", "the client is closed"));
      }
      await working;
    },
  };
}

type FrameEvent = Extract<Event, { type: "frame" }>;

function passedOver(event: FrameEvent, error: unknown): Event {
  // Only a Failure's words are known to hold no secret.
  const detail = error instanceof Failure ? error.message : "a fault of this program";
  return { ...event, type: "unreadable", detail };
}

/** A step; over a frame that makes it fail, the step that passes over that frame and says so. */
function stepOver(channel: Channel, event: Event, surroundings: Surroundings): Stepped {
  if (event.type !== "frame") return step(channel, event, surroundings);
  try {
    return step(channel, event, surroundings);
  } catch (error) {
    return step(channel, passedOver(event, error), surroundings);
  }
}

/** A fresh id for a request. */
export function newRequest(random: Random): string {
  return hex(random(8));
}
