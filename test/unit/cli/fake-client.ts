import type { Session } from "#client/cli/caller.ts";
import type { Line } from "#client/cli/lines.ts";
import type {
  AlarmView,
  Client,
  MemberView,
  MotionView,
  Notice,
  StatusView,
} from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";

/** A seat of a made-up channel. */
export function seat(label: string, person: string, changes: Partial<MemberView> = {}): MemberView {
  return {
    ...{ leaf: 0, label, person, otherSeats: [], self: false, heard: true, lastHeardEpoch: 2 },
    ...{ admittedBy: [], admittedAt: null, admittedEpoch: null, receipt: null },
    archives: false,
    ...changes,
  };
}

/** A motion to admit Wren that Slate has moved and a second person has still to agree to. */
export function motionOf(changes: Partial<MotionView> = {}): MotionView {
  return {
    id: "3f2a91c05d7e4b1aa0c3e5f7091b2d4c",
    op: "admit",
    label: "Wren",
    by: "Slate",
    given: ["Slate"],
    needed: 2,
    seenAt: Date.UTC(2026, 10, 24, 12),
    ended: null,
    endedBy: null,
    against: [],
    granted: null,
    mine: false,
    approved: false,
    lookAlike: null,
    change: null,
    otherSeats: [],
    archives: false,
    ...changes,
  };
}

/** A client that shows what it is told to and notes what it is asked; whatever is not given fails. */
export function fakeSession(scene: {
  readonly motions?: MotionView[];
  readonly members?: readonly MemberView[];
  readonly alarms?: AlarmView[];
  readonly methods?: Partial<Client>;
}) {
  const listeners = new Set<(notice: Notice) => void>();
  const records = new Map<string, Uint8Array>();
  const status = {
    ...{ name: "north-line", id: "c1", relay: "127.0.0.1:7117", label: "Heron", epoch: 2 },
    ...{
      state: "open",
      approvals: 2,
      check: "words",
      archivers: "shown",
      frozen: null,
      members: 2,
      unread: 0,
    },
    ...{ timerMs: null, sunsetAt: null, connected: true, caughtUp: true, words: [], outbox: 0 },
    ...{ heardFrom: [], silent: [], gaps: [], updateDueAt: 0, alarms: scene.alarms ?? [] },
    late: { epochs: 1, windowMs: 120_000, kept: [] },
  } as unknown as StatusView;
  const client = {
    channels: () => [status],
    status: () => ({ ...status, alarms: scene.alarms ?? [] }),
    who: () => scene.members ?? [seat("Slate", "p1"), seat("Heron", "p2", { self: true })],
    pending: () => scene.motions ?? [],
    settle: async () => {},
    subscribe(listener: (notice: Notice) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...scene.methods,
  } as unknown as Client;
  const session: Session = {
    client,
    store: {
      keys: async () => [...records.keys()],
      read: async (key) => records.get(key) ?? null,
      async save(changes) {
        for (const { key, bytes } of changes) {
          if (bytes === null) records.delete(key);
          else records.set(key, bytes);
        }
      },
    },
  };
  const tell = (notice: Notice): void => {
    for (const listener of listeners) listener(notice);
  };
  return { session, tell };
}

/** A caller that keeps its lines, and how what it asked for ended. */
export function listen(ask?: (label: string, over: AbortSignal) => Promise<string[]>) {
  const lines: Line[] = [];
  const { signal } = new AbortController();
  const emit = (line: Line): void => {
    lines.push(line);
  };
  return { lines, caller: { emit, signal, ...(ask === undefined ? {} : { ask }) } };
}

/** The failure by which a promise ends. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof Failure) return outcome;
  throw new Error(`expected a Failure, got ${String(outcome)}`);
}
