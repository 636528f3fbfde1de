import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Append, Appended, Log } from "./log.ts";

/** One append that waits, and what to do with its answer. */
interface Waiting extends Append {
  readonly answer: (result: Appended | Failure) => void;
}

/** What one connection has waiting. */
interface Queue {
  readonly waiting: Waiting[];
  bytes: number;
}

/** One connection's place in the queue. */
export interface Lane {
  /** Queues an append; `answer` is called once, after the commit and after its fan-out. Failure `rate-limited`. */
  push(append: Append, answer: (result: Appended | Failure) => void): void;
}

/** A commit as it became durable: what was stored newly, in the order of positions. */
export type Committed = readonly { readonly append: Append; readonly seq: number }[];

export interface Appender {
  lane(): Lane;
  /** Appends that wait for a commit. */
  waiting(): number;
  /** Resolves when nothing waits any more; pushes after it are refused. */
  drain(): Promise<void>;
}

/**
 * Group commit without a timer: while one batch is being made durable the next one gathers, and goes
 * when the disk is free. Each batch takes from the lanes in turn, one append at a time, so that a
 * connection that floods waits for itself and nobody else waits for it.
 * `publish` is called between the commit and the answers.
 */
export function createAppender(
  log: Pick<Log, "append">,
  expiresHour: () => number,
  publish: (committed: Committed) => void,
): Appender {
  // Lanes that have something waiting, in turn: a Set keeps the order of insertion.
  const turns = new Set<Queue>();
  let waitingBytes = 0;
  let waitingCount = 0;
  let busy: Promise<void> | null = null;
  let closed = false;

  const takeBatch = (): Waiting[] => {
    const batch: Waiting[] = [];
    let bytes = 0;
    while (turns.size > 0 && batch.length < limits.commitFramesMax) {
      const queue = turns.values().next().value as Queue;
      const next = queue.waiting[0] as Waiting;
      if (batch.length > 0 && bytes + next.frame.length > limits.commitBytesMax) break;
      queue.waiting.shift();
      queue.bytes -= next.frame.length;
      turns.delete(queue);
      if (queue.waiting.length > 0) turns.add(queue);
      batch.push(next);
      bytes += next.frame.length;
    }
    waitingBytes -= bytes;
    waitingCount -= batch.length;
    return batch;
  };

  const commit = async (batch: readonly Waiting[]): Promise<void> => {
    let results: readonly (Appended | Failure)[];
    try {
      results = await log.append(batch, expiresHour());
    } catch (error) {
      const failure =
        error instanceof Failure ? error : new Failure("internal", "the relay's log has failed");
      results = batch.map(() => failure);
    }
    const stored: { append: Append; seq: number }[] = [];
    for (const [at, result] of results.entries()) {
      if (result instanceof Failure || result.kind !== "stored") continue;
      stored.push({ append: batch[at] as Waiting, seq: result.seq });
    }
    if (stored.length > 0) publish(stored);
    for (const [at, result] of results.entries()) (batch[at] as Waiting).answer(result);
  };

  const work = async (): Promise<void> => {
    // One turn of the event loop's microtasks lets everything that has just arrived into the batch.
    await null;
    while (turns.size > 0) await commit(takeBatch());
    busy = null;
  };

  const laneOf = (): Lane => {
    const queue: Queue = { waiting: [], bytes: 0 };
    return {
      push(append, answer) {
        const size = append.frame.length;
        const isOver =
          queue.bytes + size > limits.waitingBytesMax ||
          waitingBytes + size > limits.waitingBytesAllMax;
        if (closed || isOver) {
          throw new Failure("rate-limited", "append: too much is waiting for the disk", 250);
        }
        queue.waiting.push({ ...append, answer });
        queue.bytes += size;
        waitingBytes += size;
        waitingCount += 1;
        turns.add(queue);
        busy ??= work();
      },
    };
  };

  return {
    lane: laneOf,
    waiting: () => waitingCount,
    drain: async () => {
      closed = true;
      await busy;
    },
  };
}
