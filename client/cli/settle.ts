import type { Client } from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";
import { unlessAborted } from "./caller.ts";

/**
 * Lets what waits in the outbox go out before the process ends: a commit makes messages wait, and this
 * seat's presence in the new epoch follows it. Who, status and motions settle first, to show the latest.
 * Without a relay nothing fails: what waits is kept.
 */
export async function tryToSettle(
  client: Client,
  channel: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await unlessAborted(client.settle(channel), signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "interrupted" || error.code === "internal") {
      throw error;
    }
  }
}

const catchUpMs = 3_000;

/** Reads what the others have said meanwhile, as far as the relay gives it soon. */
export async function catchUp(client: Client, channel: string, signal: AbortSignal): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, catchUpMs);
    cancel = () => clearTimeout(timer);
  });
  try {
    await Promise.race([tryToSettle(client, channel, signal), late]);
  } finally {
    cancel();
  }
}
