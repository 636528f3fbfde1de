import { wipe } from "#client/crypto/hash.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Ask } from "./api.ts";
import { failureOfMood, moodOf } from "./ending.ts";
import { type Entered, hearSponsor } from "./entering.ts";
import { newChannel } from "./founding.ts";
import { agreedTerms, type JoinState, joinSchema } from "./newcomer.ts";
import { agreeTo, openComparisons } from "./newcomer-check.ts";
import { changesBetween, composeRecord, parseRecord } from "./persist.ts";
import type { Store } from "./ports.ts";
import { createPledge, createQueue } from "./queue.ts";
import { meet, type Rendezvous } from "./rendezvous.ts";
import type { RunnerPorts } from "./runner.ts";
import { step } from "./session.ts";
import type { Channel } from "./state.ts";

/** Key of the record of a join on its way: one at a time. */
export const joinKey = "join";

/** The join that a crash has left; null when there is none. Failure `vault-damaged`. */
export async function loadJoin(store: Store): Promise<JoinState | null> {
  const bytes = await store.read(joinKey);
  return bytes === null ? null : parseRecord(joinSchema, bytes, joinKey);
}

export async function saveJoin(store: Store, state: JoinState): Promise<void> {
  const bytes = composeRecord(joinSchema, state, joinKey);
  await store.save([{ key: joinKey, bytes, tier: "hot" }]);
}

export interface RunningJoin {
  readonly done: Promise<Channel>;
  /** Stops without giving up: `resume` goes on. */
  end(failure: Failure): void;
  /** Whether the relay has answered and the nameplates exist. */
  isHeld(): boolean;
}

/**
 * Runs the newcomer's side of a join, from a fresh state or from one that a crash, or a person who had
 * no words yet, has left. Each state is saved before anything of it is posted.
 */
export function runJoin(initial: JoinState, ports: RunnerPorts, ask: Ask): RunningJoin {
  const { clock, random, store, dialer, cipher } = ports;
  const done = createPledge<Channel>();
  const meetings: Rendezvous[] = [];
  const held = new Set<number>();
  const asked = new Set<string>();
  let state = initial;
  let isOver = false;

  const stop = (): void => {
    isOver = true;
    for (const meeting of meetings) meeting.end();
  };
  const end = (failure: Failure): void => {
    if (isOver) return;
    stop();
    done.reject(failure);
  };
  const fail = async (failure: Failure, isOurs: boolean): Promise<void> => {
    if (isOver) return;
    if (isOurs) for (const meeting of meetings) meeting.finish(moodOf(failure));
    stop();
    await store.save([{ key: joinKey, bytes: null, tier: "hot" }]);
    done.reject(failure);
  };
  const queue = createQueue((error) => {
    return fail(
      error instanceof Failure ? error : new Failure("internal", "the join has failed"),
      true,
    );
  });

  const postFrom = (at: number, first: number): void => {
    for (const [index, body] of (state.pairings[at]?.posts ?? []).entries()) {
      if (index >= first) meetings[at]?.post(index, body);
    }
  };
  const update = async (next: JoinState): Promise<void> => {
    await saveJoin(store, next);
    const before = state.pairings.map(({ posts }) => posts.length);
    state = next;
    for (const [at, first] of before.entries()) postFrom(at, first);
    compare();
  };
  const hear = async (at: number, index: number, body: Uint8Array): Promise<void> => {
    if (isOver || index !== state.pairings[at]?.received) return;
    const heard = hearSponsor(state, at, body, ports);
    if (heard.entered !== null) return await arrive(heard.entered);
    await update(heard.state);
  };

  /**
   * Asks our person for the words of each check, once; the join goes on listening meanwhile. Only when
   * the sponsor can be told: a wrong word must end the attempt over there too.
   */
  const compare = (): void => {
    if (held.size < meetings.length) return;
    for (const { sponsor, by, say } of openComparisons(ports.suite, state)) {
      if (isOver || asked.has(hex(sponsor))) continue;
      asked.add(hex(sponsor));
      ask({ by, say }).then(
        (typed) => queue.push(() => agree(typed)),
        () => end(new Failure("pending", `the words with ${by} have yet to be compared`)),
      );
    }
  };
  const agree = async (typed: readonly string[]): Promise<void> => {
    if (isOver) return;
    try {
      await update(agreeTo(state, typed, ports));
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "code-typo") throw error;
      end(error);
    }
  };

  /** The channel appears and the join disappears in one save. */
  const arrive = async (entered: Entered): Promise<void> => {
    const { channelId: id, name, relay } = state;
    const fresh = newChannel({ ...entered, id, name, relay, now: clock.now() });
    const event = { type: "arrive" } as const;
    const { channel } = step(fresh, event, { now: clock.now(), random, cipher });
    const changes = changesBetween(null, channel);
    await store.save([...changes, { key: joinKey, bytes: null, tier: "hot" }]);
    wipe(...entered.spent);
    for (const meeting of meetings) meeting.finish("happy");
    stop();
    done.resolve(channel);
  };

  /** The nameplate has ended, or is gone: after the KeyPackage that means that nobody has let us in. */
  const lose = async (failure: Failure): Promise<void> => {
    const isLate = agreedTerms(state) !== null && failure.fault === "relay";
    await fail(isLate ? failureOfMood("lonely", true) : failure, false);
  };

  for (const [at, { side, nameplate }] of initial.pairings.entries()) {
    const meeting = meet({
      address: initial.relay,
      dialer,
      clock,
      greeting: { v: limits.version, type: "join", side, nameplate },
      events: {
        held() {
          queue.push(async () => {
            held.add(at);
            postFrom(at, 0);
            compare();
          });
        },
        message: (index, body) => queue.push(() => hear(at, index, body)),
        finished(mood) {
          queue.push(() => fail(failureOfMood(mood, agreedTerms(state) !== null), false));
        },
        refused: (failure) => queue.push(() => lose(failure)),
      },
    });
    meetings.push(meeting);
  }
  return { done: done.promise, isHeld: () => held.size === meetings.length, end };
}
