import { Failure } from "#shared/failure.ts";
import { checkLabel } from "./identity.ts";
import type { RunningInvitation } from "./invitation.ts";
import type { RunningJoin } from "./joining.ts";
import { recordPrefix, wipeRecords } from "./persist.ts";
import { type Runner, type RunnerPorts, runChannel } from "./runner.ts";
import type { Channel } from "./state.ts";
import type { Notice } from "./view.ts";

/** How long a request waits for the relay before it says `network` and leaves the rest to the outbox. */
export const patienceMs = 10_000;

/** A wipe that the disk refused is tried again so much later. */
const wipeRetryMs = 60_000;

/** An open client: its ports, its channels at work, and whoever is being let in. */
export interface Host {
  readonly ports: RunnerPorts;
  readonly runners: Map<string, Runner>;
  readonly invitations: Set<RunningInvitation>;
  /** Cancels what waits to be tried again. */
  readonly cleanups: Set<() => void>;
  joining: RunningJoin | null;
  isClosed: boolean;
  tell(notice: Notice): void;
}

export function addRunner(host: Host, channel: Channel): Runner {
  const runner = runChannel(channel, host.ports, (notice) => {
    host.tell(notice);
    const isOver = notice.type === "state" && notice.state === "closed";
    if (isOver) void bury(host, channel);
  });
  host.runners.set(channel.settings.name, runner);
  return runner;
}

/** The sunset has passed: nothing of the channel stays, not even its name. */
async function bury(host: Host, { id, settings }: Channel): Promise<void> {
  const runner = host.runners.get(settings.name);
  host.runners.delete(settings.name);
  await runner?.end();
  await wipeClosed(host, id);
}

/** Wipes a closed channel, now or as soon as the disk lets it; whoever opens the vault next goes on. */
export async function wipeClosed(host: Host, id: string): Promise<void> {
  const { store, clock } = host.ports;
  try {
    await wipeRecords(store, recordPrefix(id));
  } catch {
    if (host.isClosed) return;
    const cancel = clock.wakeAt(clock.now() + wipeRetryMs, () => {
      host.cleanups.delete(cancel);
      void wipeClosed(host, id);
    });
    host.cleanups.add(cancel);
  }
}

export function runnerOf(host: Host, name: string): Runner {
  const runner = host.runners.get(name);
  if (runner === undefined)
    throw new Failure("no-channel", "no channel of that name in this vault");
  return runner;
}

export function checkNewName(host: Host, name: string): void {
  checkLabel(name, "usage");
  if (host.runners.has(name)) throw new Failure("usage", "a channel of that name is in this vault");
}

/** Waits so long at most, by the clock that was given. */
export async function within<T>(
  { ports }: Host,
  wait: Promise<T>,
  failure: Failure,
  waitMs: number = patienceMs,
): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = ports.clock.wakeAt(ports.clock.now() + waitMs, () => reject(failure));
  });
  return await Promise.race([wait, late]).finally(() => cancel());
}

export async function wipe(host: Host, name: string | null): Promise<void> {
  const { store } = host.ports;
  if (name === null) {
    await Promise.all([...host.runners.values()].map((runner) => runner.end()));
    host.runners.clear();
    return await wipeRecords(store, "");
  }
  const runner = runnerOf(host, name);
  host.runners.delete(name);
  await runner.end();
  await wipeRecords(store, recordPrefix(runner.channel().id));
}
