import { member } from "#client/mls/group.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Mood } from "#shared/rendezvous.ts";
import { formatCode } from "./code.ts";
import { createPledge, createQueue } from "./queue.ts";
import { meet, type Rendezvous } from "./rendezvous.ts";
import type { Runner, RunnerPorts } from "./runner.ts";
import {
  deliverWelcome,
  hearNewcomer,
  type InvitationState,
  type Sponsor,
  welcomeIndex,
} from "./sponsor.ts";
import type { Channel, Grant } from "./state.ts";
import { labelOf } from "./turn.ts";

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

/** How an invitation that failed is counted at the relay, and shown to the newcomer. */
function moodOf(failure: Failure): Mood {
  if (failure.code === "auth") return "scary";
  return failure.code === "expired" || failure.code === "interrupted" ? "lonely" : "errory";
}

/** What the newcomer's side, or time, made of the nameplate. */
export function failureOfMood(mood: Mood): Failure {
  if (mood === "scary") return new Failure("auth", "the other side missed the code; it is burned");
  if (mood === "lonely") return new Failure("expired", "the code has expired or was withdrawn");
  if (mood === "happy")
    return new Failure("refused", "the other side called it done before anybody was let in");
  return new Failure("refused", "the other side gave up");
}

/**
 * Runs the sponsor's side of a join, from a fresh state or from one that a crash has left. Each state
 * is saved before anything of it is posted.
 */
export function runInvitation(
  initial: InvitationState,
  ports: RunnerPorts,
  runner: Runner,
): RunningInvitation {
  const { clock, random, store, dialer } = ports;
  const key = invitationKey(initial.id);
  const opened = createPledge<Awaited<RunningInvitation["opened"]>>();
  const done = createPledge<Awaited<RunningInvitation["done"]>>();
  let state = initial;
  let isOver = false;
  let rendezvous: Rendezvous | null = null;

  const stop = (): void => {
    isOver = true;
    cancelExpiry();
    rendezvous?.end();
  };
  const forget = async (): Promise<void> => {
    stop();
    await store.save([{ key, bytes: null, tier: "hot" }]);
    await runner.request({ type: "hold", invite: initial.id, on: false });
    await runner.request({ type: "taken", invite: initial.id });
  };
  const fail = async (failure: Failure): Promise<void> => {
    if (isOver) return;
    rendezvous?.finish(moodOf(failure));
    await runner.request({ type: "withdraw", wish: initial.id });
    await forget();
    opened.reject(failure);
    done.reject(failure);
  };
  const succeed = async (epoch: number): Promise<void> => {
    if (isOver) return;
    await forget();
    done.resolve({ label: initial.label, epoch });
  };
  const queue = createQueue((error) => {
    const failure =
      error instanceof Failure ? error : new Failure("internal", "the invitation has failed");
    return fail(failure);
  });

  const update = async (next: InvitationState): Promise<void> => {
    await store.save([{ key, bytes: encodeCbor(next), tier: "hot" }]);
    const before = state.posts.length;
    state = next;
    for (let index = before; index < next.posts.length; index++) post(index);
  };
  const post = (index: number): void => {
    const body = state.posts[index];
    if (body !== undefined) rendezvous?.post(index, body);
  };

  const held = async (claimed: { nameplate: string; expiresAt: number } | null) => {
    assert(claimed !== null, "a sponsor claims");
    const { nameplate } = claimed;
    if (state.nameplate === null) await update({ ...state, nameplate });
    if (state.nameplate !== nameplate) {
      throw new Failure("expired", "the relay has forgotten the nameplate");
    }
    for (let index = 0; index < state.posts.length; index++) post(index);
    const { secret, expiresAt } = state;
    if (secret === null) return;
    opened.resolve({ code: formatCode({ nameplate, secret }), nameplate, expiresAt });
  };

  const hear = async (index: number, body: Uint8Array): Promise<void> => {
    if (isOver || index !== state.received) return;
    const sponsor = await promiseKey(runner, initial.id);
    await update(hearNewcomer(state, body, sponsor, random));
    if (state.keyPackage !== null) admit();
  };

  const admit = (): void => {
    const { keyPackage, id, label } = state;
    if (keyPackage === null) return;
    const { grants, wishes } = runner.channel().plans;
    const grant = grants.find((one) => one.id === id);
    if (grant !== undefined || state.posts.length > welcomeIndex) {
      queue.push(() => deliver(grant ?? null));
      return;
    }
    runner.expect(id).then(
      () => queue.push(() => deliver(grantOf(runner.channel(), id))),
      (failure) => queue.push(() => Promise.reject(failure)),
    );
    if (wishes.some((wish) => wish.id === id)) return;
    const wish = { kind: "admit", id, label, keyPackage } as const;
    runner
      .request({ type: "wish", wish })
      .catch((error) => queue.push(() => Promise.reject(error)));
  };

  /** Saved in the invitation first; only then does the channel let go of it. */
  const deliver = async (grant: Grant | null): Promise<void> => {
    if (grant !== null) {
      const self = labelOf(runner.channel(), runner.channel().group.ownLeaf) ?? "";
      await update(deliverWelcome(state, grant, [self], random));
      await runner.request({ type: "taken", invite: state.id });
    }
    const epoch = grant?.epoch ?? Number(runner.channel().group.epoch);
    // A newcomer that has spoken in the channel has joined, whatever became of the nameplate.
    runner.watch((channel) => {
      if (!isOver && !isHeard(channel, state.label)) return false;
      queue.push(() => succeed(epoch));
      return true;
    });
  };

  const cancelExpiry = clock.wakeAt(initial.expiresAt, () => {
    queue.push(() => fail(new Failure("expired", "nobody came in time")));
  });
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
      finished: (mood) =>
        queue.push(() =>
          // The relay's word alone lets nobody in: the Welcome must have gone out.
          mood === "happy" && state.posts.length > welcomeIndex
            ? succeed(Number(runner.channel().group.epoch))
            : fail(failureOfMood(mood)),
        ),
      refused: (failure) => queue.push(() => fail(failure)),
    },
  });
  admit();
  return {
    id: initial.id,
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

function grantOf(channel: Channel, id: string): Grant {
  const grant = channel.plans.grants.find((one) => one.id === id);
  assert(grant !== undefined, "an admission that has won leaves a Welcome");
  return grant;
}

function isHeard(channel: Channel, label: string): boolean {
  return channel.session.heard.some((leaf) => labelOf(channel, leaf) === label);
}

/** Holds the own signature key still, then names it: the newcomer will demand it of the Welcome. */
async function promiseKey(runner: Runner, invite: string): Promise<Sponsor> {
  await runner.request({ type: "hold", invite, on: true });
  // A rotation that was on its way still changes it.
  await new Promise<void>((resolve) => {
    runner.watch((channel) => {
      if (channel.pending !== null) return false;
      resolve();
      return true;
    });
  });
  const { group } = runner.channel();
  const self = member(group, group.ownLeaf);
  assert(self !== null, "a sponsor has a seat");
  return { group: group.groupId, signatureKey: self.signatureKey };
}
