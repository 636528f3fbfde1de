import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { createApp } from "./app.ts";
import { createAppender } from "./appender.ts";
import { openInlineLog } from "./inline-log.ts";
import { checkListen, createHttp, hostsOf, type Listen, startListening } from "./listen.ts";
import type { Log } from "./log.ts";
import { type Loop, type LoopEvents, openLoop } from "./loop-socket.ts";
import { createNameplates } from "./nameplates.ts";
import type { AccessLog, Clock, Random } from "./ports.ts";
import { expiresHour, prune, startPruning } from "./pruning.ts";
import { openRendezvous } from "./rendezvous.ts";
import { createRooms } from "./rooms.ts";
import { type Counters, createCounters, type RelayLimits, type Service } from "./service.ts";
import { SocketSession } from "./session.ts";
import { systemClock, systemRandom } from "./system.ts";
import { type Accept, type Endpoint, serveWebSockets } from "./web-socket.ts";
import { openWorkerLog } from "./worker-log.ts";

/** The relay's public door: everything that the command line, the lab and the tests may use. */
export type { Listen } from "./listen.ts";
export type { Loop, LoopEvents } from "./loop-socket.ts";
export type { AccessEntry, AccessLog } from "./ports.ts";
export type { RelayLimits } from "./service.ts";
export type { Endpoint } from "./web-socket.ts";

export interface RelayOptions {
  /** Null: no network, connections come through `connect`. Default: 127.0.0.1 on any free port. */
  readonly listen?: Listen | null;
  /** Addresses under which clients dial, besides the loopback names. */
  readonly addresses?: readonly string[];
  /** Folder of the database, made when it is missing; null keeps everything in memory. */
  readonly data: string | null;
  /** `inline` commits in the caller's thread, for worlds on a virtual clock. Default `worker`. */
  readonly thread?: "worker" | "inline";
  readonly retentionMs?: number;
  readonly limits?: Partial<RelayLimits>;
  readonly clock?: Clock;
  readonly random?: Random;
  /** None by default: a relay keeps no addresses and no times. */
  readonly accessLog?: AccessLog;
}

export interface RelayStats extends Counters {
  readonly openMailboxes: number;
  readonly nameplates: number;
  /** Appends that wait for their commit. */
  readonly waiting: number;
}

export interface Relay {
  /** Where to dial it: `host:port`, or the first address named. */
  readonly address: string;
  /** Null when it is not on the network. */
  readonly port: number | null;
  readonly store: {
    /** The SQLite file; null in memory. */
    readonly path: string | null;
    /** Brings everything into that one file, and out of its write-ahead log. */
    checkpoint(): Promise<void>;
  };
  /** Connects within the process, as if dialling `host` (default `address`). */
  connect(endpoint: Endpoint, events: LoopEvents, host?: string): Loop;
  /** Deletes what has expired by now, and what lingers of it in the file; how many frames. */
  expire(): Promise<number>;
  stats(): RelayStats;
  /** Resolves when the log has failed for good: nothing is acked any more, the host should stop. */
  readonly failed: Promise<Failure>;
  /** Ends every connection, waits for what is being committed, closes the file. */
  close(): Promise<void>;
}

/**
 * Starts a relay. Failures: `usage` (plain HTTP beyond loopback, no address named), `network` (port
 * taken), `locked` (another relay has the folder), `unavailable` (data of another version).
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const listen = options.listen === undefined ? { host: "127.0.0.1", port: 0 } : options.listen;
  const named = options.addresses ?? [];
  checkListen(listen, named);
  const clock = options.clock ?? systemClock;
  const health = watchHealth();
  const log = await openLog(options, health.fail);
  // Filled once the port is known; nobody can connect before.
  const hosts = new Set<string>();
  const service = createService(options, log, clock, hosts);
  const { accept, nameplates } = createAccept(service);
  const web = await serve(listen, service, accept, health.isWell).catch(async (error) => {
    await log.close();
    throw error;
  });
  for (const host of hostsOf(listen, web.port ?? 0, named)) hosts.add(host);
  const address = hosts.values().next().value as string;

  const expire = async (): Promise<number> => {
    const frames = await prune(log, clock.now());
    service.counters.expired += frames;
    return frames;
  };
  const loops = new Set<Loop>();
  const stopPruning = startPruning(clock, expire, (error) => {
    // A full disk passes; anything else means that deletion no longer works.
    if (!(error instanceof Failure && error.code === "relay-full")) health.fail(toFailure(error));
  });
  const stop = async (): Promise<void> => {
    await stopPruning();
    await service.appender.drain();
    for (const loop of loops) loop.close();
    nameplates.close();
    await web.close();
    await log.close();
  };
  let closing: Promise<void> | null = null;
  return {
    address,
    port: web.port,
    store: { path: log.path, checkpoint: () => log.checkpoint() },
    connect(endpoint, events, host = address) {
      const closed = (reason: string): void => {
        loops.delete(loop);
        events.closed(reason);
      };
      const loop: Loop = openLoop(
        { opened: () => events.opened(), message: (data) => events.message(data), closed },
        (socket) => accept(endpoint, socket, { host, from: null }),
      );
      loops.add(loop);
      return loop;
    },
    expire,
    stats: () => ({
      ...structuredClone(service.counters),
      openMailboxes: service.rooms.count(),
      nameplates: nameplates.count(),
      waiting: service.appender.waiting(),
    }),
    failed: health.failed,
    close: () => {
      closing ??= stop();
      return closing;
    },
  };
}

const defaultLimits: RelayLimits = {
  mailboxFramesMax: limits.mailboxFramesMax,
  mailboxBytesMax: limits.mailboxBytesMax,
  dataBytesMax: null,
  appendsPerSecond: limits.appendsPerSecond,
  appendBurst: limits.appendBurst,
};

function watchHealth() {
  let isWell = true;
  let fail = (_failure: Failure): void => {};
  const failed = new Promise<Failure>((resolve) => {
    fail = (failure) => {
      isWell = false;
      resolve(failure);
    };
  });
  return { failed, fail: (failure: Failure) => fail(failure), isWell: () => isWell };
}

async function openLog(options: RelayOptions, died: (failure: Failure) => void): Promise<Log> {
  if (options.data !== null) await mkdir(options.data, { recursive: true, mode: 0o700 });
  const path = options.data === null ? null : join(options.data, "relay.sqlite");
  const logLimits = { ...defaultLimits, ...options.limits };
  const random = options.random ?? systemRandom;
  const log =
    options.thread === "inline"
      ? openInlineLog({ path, limits: logLimits, random })
      : await openWorkerLog({ path, limits: logLimits }, died);
  return {
    ...log,
    append: async (appends, hour) => {
      try {
        return await log.append(appends, hour);
      } catch (error) {
        // A full disk passes; a log that fails in any other way is not to be trusted with more.
        const failure = toFailure(error);
        if (failure.code !== "relay-full") died(failure);
        throw failure;
      }
    },
  };
}

function createService(
  options: RelayOptions,
  log: Log,
  clock: Clock,
  addresses: ReadonlySet<string>,
): Service {
  const random = options.random ?? systemRandom;
  const retentionMs = options.retentionMs ?? limits.retentionMsDefault;
  const counters = createCounters();
  const rooms = createRooms(random);
  const appender = createAppender(
    log,
    () => expiresHour(clock.now(), retentionMs),
    (committed) => {
      counters.commits += 1;
      rooms.publish(committed);
    },
  );
  const bounds = { ...defaultLimits, ...options.limits };
  const accessLog = options.accessLog ?? null;
  return { log, appender, rooms, clock, random, addresses, bounds, counters, accessLog };
}

function createAccept(service: Service) {
  const { clock, random, counters, accessLog } = service;
  const nameplates = createNameplates({
    clock,
    random,
    ended: (mood) => {
      counters.moods[mood] += 1;
    },
  });
  const accept: Accept = (endpoint, socket, { host, from }) => {
    counters.connections += 1;
    const connection = counters.connections;
    const caller = { connection, host, from };
    const note = (event: "connect" | "disconnect"): void =>
      accessLog?.({ atMs: clock.now(), connection, event, from, mailbox: null, frameBytes: null });
    note("connect");
    const session =
      endpoint === "socket"
        ? new SocketSession(service, socket, caller)
        : openRendezvous(service, nameplates, socket, caller);
    return {
      receive: (data) => session.receive(data),
      closed() {
        session.closed();
        note("disconnect");
      },
    };
  };
  return { accept, nameplates };
}

async function serve(
  listen: Listen | null,
  service: Service,
  accept: Accept,
  isWell: () => boolean,
): Promise<{ readonly port: number | null; close(): Promise<void> }> {
  if (listen === null) return { port: null, close: async () => {} };
  const app = createApp({ addresses: service.addresses, isWell });
  const server = createHttp(listen, getRequestListener(app.fetch));
  const webSockets = serveWebSockets(server, service.clock, accept);
  const port = await startListening(server, listen).catch((error) => {
    webSockets.close();
    throw error;
  });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        webSockets.close();
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function toFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("internal", "the relay's log has failed");
}
