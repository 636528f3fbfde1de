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
