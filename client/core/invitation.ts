import { readKeyPackage } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Mood } from "#shared/rendezvous.ts";
import { archiverRefused } from "./authority.ts";
import { stepsForChannel, tellNewcomer } from "./bridge.ts";
import { formatCode } from "./code.ts";
import { decodeDeclaration } from "./declaration.ts";
import { endOfFailure, failureOfEnd, failureOfMood, moodOf } from "./ending.ts";
import { findMotion, isOpen } from "./motion.ts";
import type { Motion } from "./motion-schema.ts";
import { composeRecord } from "./persist.ts";
import { decodePolicy } from "./policy.ts";
import { createPledge, createQueue } from "./queue.ts";
import { meet, type Rendezvous } from "./rendezvous.ts";
import { channelGroupRules } from "./rules.ts";
import type { Runner, RunnerPorts } from "./runner.ts";
import { hearNewcomer, type InvitationState, invitationSchema, sayToNewcomer } from "./sponsor.ts";
import type { Channel, Grant } from "./state.ts";
import { labelOf } from "./turn.ts";
import { promiseKey, vouching } from "./vouching.ts";

/** Key of an invitation's record in the vault. */
export function invitationKey(id: string): string {
  return `invite/${id}`;
}

export interface RunningInvitation {
  readonly id: string;
  readonly opened: Promise<{
    readonly code: string;
    readonly nameplate: string;
    readonly expiresAt: number;
  }>;
  readonly done: Promise<{ readonly label: string; readonly epoch: number }>;
  cancel(): Promise<void>;
  /** Stops without giving up: the next client that opens this vault goes on. */
  end(): void;
}

/**
 * Runs a sponsor's side of a join, from a fresh state or from one that a crash has left: the pairing,
 * then an admission by this sponsor alone, or the motion for one and the bridge between the newcomer
 * and the others. Each state is saved before anything of it is posted.
 */
export function runInvitation(
  initial: InvitationState,
  ports: RunnerPorts,
  runner: Runner,
): RunningInvitation {
  const { clock, random, store, dialer } = ports;
  const { id, motion: motionId, isSecond, label } = initial;
  const key = invitationKey(id);
  const opened = createPledge<Awaited<RunningInvitation["opened"]>>();
  const done = createPledge<Awaited<RunningInvitation["done"]>>();
  let state = initial;
  let isOver = false;
  let isWished = false;
  let rendezvous: Rendezvous | null = null;

  const stop = (): void => {
    isOver = true;
    cancelExpiry();
    rendezvous?.end();
  };
  const forget = async (): Promise<void> => {
    stop();
    await store.save([{ key, bytes: null, tier: "hot" }]);
    await runner.request({ type: "hold", invite: id, on: false });
    await runner.request({ type: "taken", invite: id });
  };
  const motionOf = (channel: Channel): Motion | null => findMotion(channel, motionId);

  /** Tells channel, newcomer and relay, each as far as it can still be told. */
  const giveUp = async (failure: Failure, isTheirs: boolean): Promise<void> => {
    const motion = motionOf(runner.channel());
    const hasKeyPackage = state.keyPackage !== null;
    const reason = endOfFailure(failure, hasKeyPackage && !isSecond);
    // A second code that nobody used leaves the motion as it was.
    if (motion !== null && isOpen(motion) && (!isSecond || reason === "code")) {
      await runner.request({ type: "end", id: motionId, reason });
    }
    await runner.request({ type: "withdraw", wish: id });
    if (hasKeyPackage && !isTheirs) {
      await update(sayToNewcomer(state, { v: limits.version, kind: "end", reason }, random));
    }
    rendezvous?.finish(moodOf(failure));
    await forget();
  };
  const fail = async (failure: Failure, isTheirs = false): Promise<void> => {
    if (isOver) return;
    isOver = true;
    try {
      await giveUp(failure, isTheirs);
    } finally {
      stop();
      opened.reject(failure);
      done.reject(failure);
    }
  };
  const succeed = async (epoch: number): Promise<void> => {
    if (isOver) return;
    await forget();
    done.resolve({ label, epoch });
  };
  const queue = createQueue(async (error) => {
    const failure =
      error instanceof Failure ? error : new Failure("internal", "the invitation has failed");
    // Whoever waits has heard of the failure; what could not be told any more stays untold.
    await fail(failure).catch(() => {});
  });

  const update = async (next: InvitationState): Promise<void> => {
    if (next === state) return;
    await store.save([{ key, bytes: composeRecord(invitationSchema, next, key), tier: "hot" }]);
    const before = state.posts.length;
    state = next;
    postFrom(before);
  };
  const postFrom = (first: number): void => {
    for (const [index, body] of state.posts.entries()) {
      if (index >= first) rendezvous?.post(index, body);
    }
  };

  const held = async (claimed: { nameplate: string; expiresAt: number } | null) => {
    assert(claimed !== null, "a sponsor claims");
    const { nameplate } = claimed;
    if (state.nameplate === null) await update({ ...state, nameplate });
    if (state.nameplate !== nameplate) {
      throw new Failure("expired", "the relay has forgotten the nameplate");
    }
    postFrom(0);
    const { secret, expiresAt } = state;
    if (secret === null) return;
    opened.resolve({ code: formatCode({ nameplate, secret }), nameplate, expiresAt });
    await drive();
  };
  const hear = async (index: number, body: Uint8Array): Promise<void> => {
    if (isOver || index !== state.received) return;
    if (index === 0) await promiseKey(runner, id);
    await update(hearNewcomer(state, body, vouching(runner.channel()), ports));
    await drive();
  };

  /** Compares what is saved here with what is known in the channel, and does what is missing. */
  const drive = async (): Promise<void> => {
    if (isOver) return;
    const channel = runner.channel();
    const motion = motionOf(channel);
    const grant = channel.plans.grants.find((one) => one.id === id);
    if (grant === undefined && motion?.granted == null) refuseArchiver(channel, state);
    if (motion !== null && motion.ended !== null) {
      if (state.keyPackage !== null) await update(tell(motion));
      throw failureOfEnd(motion.ended.reason);
    }
    if (grant !== undefined) await deliver(grant);
    else if (motion !== null) await bridge(motion);
    else if (state.nameplate !== null && !isSecond && !state.isClosed) await begin(channel);
    await noticeArrival();
  };

  /** One person is enough: this one admits. Otherwise the channel is asked. */
  const begin = async (channel: Channel): Promise<void> => {
    const { needed, check } = vouching(channel);
    const { keyPackage, person } = state;
    if (needed > 1 && (keyPackage !== null || check === "two-codes")) {
      const change = { op: "admit", label, person, keyPackage } as const;
      await runner.request({ type: "move", id, change });
      return;
    }
    if (keyPackage === null || isWished) return;
    isWished = true;
    runner.expect(id).then(
      () => queue.push(drive),
      (failure) => queue.push(() => (failure.code === "pending" ? retry() : fail(failure))),
    );
    if (channel.plans.wishes.some((wish) => wish.id === id)) return;
    await runner.request({ type: "wish", wish: { kind: "admit", id, label, keyPackage } });
  };
  /** More persons have come in meanwhile, or the policy has become stricter. */
  const retry = async (): Promise<void> => {
    isWished = false;
    await drive();
  };

  /** Saved in the invitation first; only then does the channel let go of it. */
  const deliver = async ({ welcome, previous }: Grant): Promise<void> => {
    const body = { v: limits.version, kind: "welcome", welcome, previous } as const;
    await update(sayToNewcomer(state, body, random));
    await runner.request({ type: "taken", invite: id });
  };

  const tell = (motion: Motion): InvitationState => {
    const channel = runner.channel();
    // Checks go through the first sponsor alone.
    const told = isSecond ? { ...motion, checks: [] } : motion;
    return tellNewcomer(state, told, (leaf) => labelOf(channel, leaf), random);
  };
  const bridge = async (motion: Motion): Promise<void> => {
    const { keyPackage } = state;
    const { change, consent } = motion;
    if (keyPackage === null || change.op !== "admit") return;
    if (change.keyPackage === null) {
      if (!isSecond) await runner.request({ type: "fill", id, keyPackage });
      return;
    }
    if (!equalBytes(change.keyPackage, keyPackage)) {
      throw new Failure("auth", "the two codes have brought two newcomers");
    }
    if (isSecond && consent === null) {
      await runner.request({ type: "consent", id: motionId, check: "code" });
    }
    await update(tell(motion));
    if (isSecond) return;
    for (const step of stepsForChannel(state, motion)) {
      await runner.request({ type: "check", id, step });
    }
  };

  /** A newcomer that has spoken in the channel has joined, whatever became of the nameplate. */
  const noticeArrival = async (): Promise<void> => {
    const channel = runner.channel();
    const granted = motionOf(channel)?.granted ?? null;
    if (granted === null && !state.isClosed) return;
    const isHeard = channel.session.heard.some((leaf) => labelOf(channel, leaf) === label);
    if (isHeard) await succeed(granted?.epoch ?? Number(channel.group.epoch));
  };
  const finished = async (mood: Mood): Promise<void> => {
    const hasKeyPackage = state.keyPackage !== null;
    const granted = motionOf(runner.channel())?.granted ?? null;
    // The relay's word alone lets nobody in: the Welcome must have gone out.
    if (mood === "happy" && (state.isClosed || granted !== null)) {
      return await succeed(granted?.epoch ?? Number(runner.channel().group.epoch));
    }
    const mayComeByOther = hasKeyPackage && state.terms?.check === "two-codes";
    if (mood !== "happy" || !mayComeByOther) await fail(failureOfMood(mood, hasKeyPackage), true);
    else rendezvous?.end();
  };
  const expire = async (): Promise<void> => {
    const isWaiting = state.keyPackage !== null && !state.isClosed;
    await fail(isWaiting ? failureOfEnd("expired") : new Failure("expired", "nobody came in time"));
  };

  const cancelExpiry = clock.wakeAt(initial.expiresAt, () => queue.push(expire));
  runner.connect();
  rendezvous = meet({
    address: runner.channel().settings.relay,
    dialer,
    clock,
    greeting: {
      v: limits.version,
      type: "claim",
      side: initial.side,
      expiresMs: Math.max(1, initial.expiresAt - clock.now()),
    },
    events: {
      held: (claimed) => queue.push(() => held(claimed)),
      message: (index, body) => queue.push(() => hear(index, body)),
      finished: (mood) => queue.push(() => finished(mood)),
      refused: (failure) => queue.push(() => fail(failure)),
    },
  });
  watchChannel(
    runner,
    () => !isOver,
    () => queue.push(drive),
  );
  return {
    id,
    opened: opened.promise,
    done: done.promise,
    cancel() {
      queue.push(() => fail(new Failure("interrupted", "the invitation is withdrawn")));
      return queue.done();
    },
    end() {
      if (isOver) return;
      stop();
      const failure = new Failure("interrupted", "the client is closed");
      opened.reject(failure);
      done.reject(failure);
    },
  };
}

/** What nobody would count is not even moved, and the newcomer is told why. Failure `archiver`. */
function refuseArchiver({ group }: Channel, { keyPackage }: InvitationState): void {
  if (keyPackage === null || decodePolicy(group.extensions).archivers === "shown") return;
  const view = readKeyPackage(group.suite, keyPackage, channelGroupRules);
  if (decodeDeclaration(view.leafExtensions).archives) throw archiverRefused(view.identity);
}

/** Calls back whenever a motion, a grant or who was heard has changed. */
function watchChannel(runner: Runner, isOn: () => boolean, changed: () => void): void {
  let plans: unknown = null;
  let heard: unknown = null;
  runner.watch((channel) => {
    if (!isOn()) return true;
    if (channel.plans === plans && channel.session.heard === heard) return false;
    plans = channel.plans;
    heard = channel.session.heard;
    changed();
    return false;
  });
}
