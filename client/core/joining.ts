import { wipe } from "#client/crypto/hash.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { newChannel } from "./founding.ts";
import { failureOfMood } from "./invitation.ts";
import { type Entered, hearSponsor, type JoinState, joinSchema } from "./newcomer.ts";
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

export interface RunningJoin {
  readonly done: Promise<Channel>;
  /** Stops without giving up: `resume` goes on. */
  end(failure: Failure): void;
  /** Whether the relay has answered and the nameplate exists. */
  isHeld(): boolean;
}

/** Runs the newcomer's side of a join, from a fresh state or from one that a crash has left. */
export function runJoin(initial: JoinState, ports: RunnerPorts): RunningJoin {
  const { clock, random, store, dialer, cipher } = ports;
  const done = createPledge<Channel>();
  let state = initial;
  let isOver = false;
  let isHeld = false;
  let rendezvous: Rendezvous | null = null;

  const stop = (): void => {
    isOver = true;
    rendezvous?.end();
  };
  const fail = async (failure: Failure, isOurs: boolean): Promise<void> => {
    if (isOver) return;
    if (isOurs) rendezvous?.finish(failure.code === "auth" ? "scary" : "errory");
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

  const post = (index: number): void => {
    const body = state.posts[index];
    if (body !== undefined) rendezvous?.post(index, body);
  };
  const held = async (): Promise<void> => {
    isHeld = true;
    for (let index = 0; index < state.posts.length; index++) post(index);
  };
  const hear = async (index: number, body: Uint8Array): Promise<void> => {
    if (isOver || index !== state.received) return;
    const heard = hearSponsor(state, body, random);
    if (heard.entered !== null) return await arrive(heard.entered);
    const bytes = composeRecord(joinSchema, heard.state, joinKey);
    await store.save([{ key: joinKey, bytes, tier: "hot" }]);
    const before = state.posts.length;
    state = heard.state;
    for (let at = before; at < state.posts.length; at++) post(at);
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
    rendezvous?.finish("happy");
    stop();
    done.resolve(channel);
  };

  rendezvous = meet({
    address: initial.relay,
    dialer,
    clock,
    greeting: {
      v: limits.version,
      type: "join",
      side: initial.side,
      nameplate: initial.nameplate,
    },
    events: {
      held: () => queue.push(held),
      message: (index, body) => queue.push(() => hear(index, body)),
      finished: (mood) => queue.push(() => fail(failureOfMood(mood), false)),
      refused: (failure) => queue.push(() => fail(failure, false)),
    },
  });
  return {
    done: done.promise,
    isHeld: () => isHeld,
    end(failure) {
      if (isOver) return;
      stop();
      done.reject(failure);
    },
  };
}
