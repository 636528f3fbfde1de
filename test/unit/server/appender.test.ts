import { describe, expect, test } from "vitest";
import { createAppender } from "#server/appender.ts";
import type { Append, Appended } from "#server/log.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { frameOf, newFrameId, settle } from "./kit.ts";

interface Batch {
  readonly appends: readonly Append[];
  commit(): Promise<void>;
  fail(failure: Failure): Promise<void>;
}

/** A log whose commits end when the test says so; positions count up over all mailboxes. */
function slowLog() {
  const batches: Batch[] = [];
  let seq = 0;
  const append = (appends: readonly Append[]): Promise<readonly Appended[]> =>
    new Promise((resolve, reject) => {
      batches.push({
        appends,
        commit: async () => {
          resolve(
            appends.map(() => {
              seq += 1;
              return { kind: "stored", seq };
            }),
          );
          await settle();
        },
        fail: async (failure) => {
          reject(failure);
          await settle();
        },
      });
    });
  return { batches, append };
}

const one = (octet: number, size = 10): Append => ({
  mailbox: new Uint8Array(32).fill(octet),
  frameId: newFrameId(),
  frame: frameOf(size, octet),
});

describe("group commit", () => {
  test("what arrives during a commit goes together in the next one", async () => {
    const log = slowLog();
    const appender = createAppender(
      log,
      () => 1,
      () => {},
    );
    const lane = appender.lane();
    lane.push(one(1), () => {});
    await settle();
    for (let count = 0; count < 5; count++) lane.push(one(1), () => {});
    await settle();
    expect(log.batches.length).toBe(1);
    await log.batches[0]?.commit();
    expect(log.batches.map(({ appends }) => appends.length)).toEqual([1, 5]);
    expect(appender.waiting()).toBe(0);
  });

  test("nobody is answered before the commit, and everybody hears the frame before its ack", async () => {
    const log = slowLog();
    const order: string[] = [];
    const appender = createAppender(
      log,
      () => 1,
      (committed) => order.push(`published ${committed.map(({ seq }) => seq)}`),
    );
    const lane = appender.lane();
    for (const name of ["a", "b"]) lane.push(one(1), () => order.push(`acked ${name}`));
    await settle();
    expect(order).toEqual([]);
    await log.batches[0]?.commit();
    expect(order).toEqual(["published 1,2", "acked a", "acked b"]);
  });

  test("a connection that floods does not make another wait", async () => {
    const log = slowLog();
    const appender = createAppender(
      log,
      () => 1,
      () => {},
    );
    const flood = appender.lane();
    const quiet = appender.lane();
    flood.push(one(1), () => {});
    await settle();
    for (let count = 0; count < 3 * limits.commitFramesMax; count++) flood.push(one(1), () => {});
    for (let count = 0; count < 3; count++) quiet.push(one(2), () => {});
    await log.batches[0]?.commit();
    const second = log.batches[1]?.appends ?? [];
    expect(second.length).toBe(limits.commitFramesMax);
    // Taken in turn: the quiet one's three are among the first six.
    expect(second.slice(0, 6).filter(({ mailbox }) => mailbox[0] === 2).length).toBe(3);
  });

  test("the appends of one connection stay in their order", async () => {
    const log = slowLog();
    const appender = createAppender(
      log,
      () => 1,
      () => {},
    );
    const lanes = [appender.lane(), appender.lane(), appender.lane()];
    for (let round = 0; round < 5; round++) {
      for (const [at, lane] of lanes.entries()) lane.push(one(at, round + 1), () => {});
    }
    await settle();
    const sizes = (at: number) =>
      log.batches[0]?.appends
        .filter(({ mailbox }) => mailbox[0] === at)
        .map(({ frame }) => frame.length);
    for (const at of [0, 1, 2]) expect(sizes(at)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a commit is bounded in bytes", async () => {
    const log = slowLog();
    const appender = createAppender(
      log,
      () => 1,
      () => {},
    );
    const size = limits.frameBytesMax;
    const lanes = Array.from({ length: 4 }, () => appender.lane());
    for (const lane of lanes)
      for (let count = 0; count < 4; count++) lane.push(one(1, size), () => {});
    await settle();
    expect(log.batches[0]?.appends.length).toBe(limits.commitBytesMax / size);
  });

  test("a commit that fails answers each of its appends with the failure, and the next goes on", async () => {
    const log = slowLog();
    const published: number[] = [];
    const appender = createAppender(
      log,
      () => 1,
      ({ length }) => published.push(length),
    );
    const answers: string[] = [];
    const lane = appender.lane();
    const answer = (result: Appended | Failure): void => {
      answers.push(result instanceof Failure ? result.code : result.kind);
    };
    lane.push(one(1), answer);
    lane.push(one(1), answer);
    await settle();
    await log.batches[0]?.fail(new Failure("relay-full", "no room"));
    expect(answers).toEqual(["relay-full", "relay-full"]);
    expect(published).toEqual([]);
    lane.push(one(1), answer);
    await settle();
    await log.batches[1]?.commit();
    expect(answers).toEqual(["relay-full", "relay-full", "stored"]);
  });

  test("one connection may have only so many bytes waiting, and others are not touched by it", async () => {
    const log = slowLog();
    const appender = createAppender(
      log,
      () => 1,
      () => {},
    );
    const flood = appender.lane();
    flood.push(one(1), () => {});
    await settle();
    const size = limits.frameBytesMax;
    for (let bytes = 0; bytes < limits.waitingBytesMax; bytes += size)
      flood.push(one(1, size), () => {});
    expect(() => flood.push(one(1, size), () => {})).toThrow(Failure);
    appender.lane().push(one(2, size), () => {});
  });

  test("draining waits for what is queued and refuses what comes after", async () => {
    const log = slowLog();
    const appender = createAppender(
      log,
      () => 1,
      () => {},
    );
    const lane = appender.lane();
    const answers: string[] = [];
    lane.push(one(1), () => answers.push("acked"));
    await settle();
    const drained = appender.drain().then(() => answers.push("drained"));
    expect(() => lane.push(one(1), () => {})).toThrow(Failure);
    await log.batches[0]?.commit();
    await drained;
    expect(answers).toEqual(["acked", "drained"]);
  });
});
