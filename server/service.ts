import type { Mood } from "#shared/rendezvous.ts";
import type { Appender } from "./appender.ts";
import type { Log, LogLimits } from "./log.ts";
import type { AccessLog, Clock, Random } from "./ports.ts";
import type { Rooms } from "./rooms.ts";

/** Bounds that are the operator's to choose; all others are the protocol's (shared/limits.ts). */
export interface RelayLimits extends LogLimits {
  /** Of one connection. */
  readonly appendsPerSecond: number;
  readonly appendBurst: number;
}

/** What all connections of one relay share. */
export interface Service {
  readonly log: Log;
  readonly appender: Appender;
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly random: Random;
  /** Hosts under which clients may dial this relay. */
  readonly addresses: ReadonlySet<string>;
  readonly bounds: RelayLimits;
  readonly counters: Counters;
  readonly accessLog: AccessLog | null;
}

/** Telemetry without people: counts since the start, nothing else. */
export interface Counters {
  connections: number;
  opens: number;
  stored: number;
  again: number;
  refused: number;
  delivered: number;
  commits: number;
  expired: number;
  readonly moods: Record<Mood, number>;
}

export function createCounters(): Counters {
  return {
    connections: 0,
    opens: 0,
    stored: 0,
    again: 0,
    refused: 0,
    delivered: 0,
    commits: 0,
    expired: 0,
    moods: { happy: 0, lonely: 0, scary: 0, errory: 0 },
  };
}

/** One connection, before its protocol begins. */
export interface Caller {
  /** Which connection of this process, counted from 1. */
  readonly connection: number;
  /** The Host that the client dialled. */
  readonly host: string;
  /** Its network address, for an access log only; null within the process. */
  readonly from: string | null;
}
