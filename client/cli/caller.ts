import type { Client } from "#client/core/client.ts";
import type { Store } from "#client/core/ports.ts";
import { Failure } from "#shared/failure.ts";
import type { Line } from "./lines.ts";

/** An open vault and the messenger over it. */
export interface Session {
  readonly client: Client;
  readonly store: Store;
}

/** Who asked: lines go back to them, and they may give up. */
export interface Caller {
  emit(line: Line): void;
  readonly signal: AbortSignal;
  /** Asks the person for the words that somebody reads aloud; absent where no person can be asked. */
  readonly ask?: (label: string, over: AbortSignal) => Promise<string[]>;
}

/** The promise's outcome, or Failure `interrupted` as soon as the caller gives up. */
export async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  promise.catch(() => {}); // when the caller gives up first, nobody else listens
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Failure("interrupted", "by you"));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
