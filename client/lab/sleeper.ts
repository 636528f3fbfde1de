import type { Clock, Dialer, Link, LinkEvents } from "#client/core/ports.ts";

/** When a device takes in what the network brings, in milliseconds from a world's first message on. */
export interface SleepPlan {
  /** What has arrived waits until the device wakes, so often; null for at once. */
  readonly wakesEveryMs: number | null;
  /** No connection from `fromMs` until `untilMs`, and again in each period of `everyMs`; null for never. */
  readonly offline: {
    readonly fromMs: number;
    readonly untilMs: number;
    readonly everyMs: number;
  } | null;
}

/** A device that sleeps, between its client and the network. */
export interface Sleeper {
  readonly dialer: Dialer;
  /** Whether its client hears nothing now: the device is off the network, or takes things in later. */
  isAsleep(): boolean;
  isOffline(): boolean;
  /** From this moment on, which is the world's first, the device keeps its hours. */
  begin(atMs: number): void;
  /** When the device next does something by itself; Infinity for never. */
  nextAt(): number;
  /** Does what is due by now; afterwards its client has something to take in. */
  keepTime(): void;
  /** Its owner uses the device: it is awake and on the network. The returned function puts it back to sleep. */
  wake(): () => void;
}

interface Line {
  readonly events: LinkEvents;
  readonly connect: () => Link;
  link: Link | null;
  /** What the network has said and the client has not heard. */
  readonly unheard: (() => void)[];
}

/** Whether a device is off the network so long after the first message, and when that changes. */
export function offlineAt(
  { offline }: SleepPlan,
  sinceMs: number,
): { readonly isOffline: boolean; readonly changesAtMs: number } {
  if (offline === null) return { isOffline: false, changesAtMs: Number.POSITIVE_INFINITY };
  const { fromMs, untilMs, everyMs } = offline;
  if (sinceMs < fromMs) return { isOffline: false, changesAtMs: fromMs };
  const begun = fromMs + Math.floor((sinceMs - fromMs) / everyMs) * everyMs;
  const endsAtMs = begun + untilMs - fromMs;
  return sinceMs < endsAtMs
    ? { isOffline: true, changesAtMs: endsAtMs }
    : { isOffline: false, changesAtMs: begun + everyMs };
}

/** Order is kept; what had arrived before the device hangs up is heard, what comes after is the relay's to keep. */
export function openSleeper(inner: Dialer, plan: SleepPlan, clock: Clock): Sleeper {
  const lines = new Set<Line>();
  let beganAtMs: number | null = null;
  let changesAtMs = Number.POSITIVE_INFINITY;
  let wakesAtMs = Number.POSITIVE_INFINITY;
  let isNight = false;
  let isUsed = false;
  let isAway = false;
  let isHearing = false;

  const isAsleep = () => beganAtMs !== null && !isUsed && plan.wakesEveryMs !== null;
  const hear = (line: Line, tell: () => void): void => {
    if (!lines.has(line)) return;
    if (beganAtMs === null) {
      tell();
      return;
    }
    line.unheard.push(tell);
    if (!isAsleep()) {
      // What one turn of the loop brings is heard together, as from one read of a socket.
      if (!isHearing) setImmediate(hearAll);
      isHearing = true;
      return;
    }
    const every = plan.wakesEveryMs ?? 0;
    const now = clock.now();
    wakesAtMs = Math.min(wakesAtMs, now + every - ((now - (beganAtMs ?? now)) % every));
  };
  const hearAll = (): void => {
    isHearing = false;
    wakesAtMs = Number.POSITIVE_INFINITY;
    for (const line of lines) for (const tell of line.unheard.splice(0)) tell();
  };
  const end = (line: Line, reason: string): void => {
    if (lines.delete(line)) line.events.closed(reason);
  };
  const match = (): void => {
    const wasAway = isAway;
    isAway = isNight && !isUsed;
    if (isAway && !wasAway) {
      hearAll();
      for (const line of [...lines]) {
        line.link?.close();
        end(line, "the device is off the network");
      }
    }
    if (isAway) return;
    for (const line of lines) line.link ??= line.connect();
  };

  return {
    isAsleep: () => isAway || isAsleep(),
    isOffline: () => isAway,
    dialer: {
      dial(address, path, events) {
        const line: Line = {
          events,
          link: null,
          unheard: [],
          connect: () =>
            inner.dial(address, path, {
              opened: () => hear(line, () => events.opened()),
              message: (data) => hear(line, () => events.message(data)),
              closed: (reason) => hear(line, () => end(line, reason)),
            }),
        };
        lines.add(line);
        if (!isAway) line.link = line.connect();
        return {
          // Before the relay has said hello a client sends nothing.
          send: (data) => line.link?.send(data),
          close() {
            lines.delete(line);
            line.link?.close();
          },
        };
      },
    },
    begin(atMs) {
      beganAtMs = atMs;
      changesAtMs = atMs;
    },
    nextAt: () => Math.min(changesAtMs, wakesAtMs),
    keepTime() {
      const now = clock.now();
      if (beganAtMs !== null && changesAtMs <= now) {
        const hours = offlineAt(plan, now - beganAtMs);
        isNight = hours.isOffline;
        changesAtMs = beganAtMs + hours.changesAtMs;
        match();
      }
      if (wakesAtMs <= now) hearAll();
    },
    wake() {
      isUsed = true;
      match();
      hearAll();
      return () => {
        isUsed = false;
        match();
      };
    },
  };
}
