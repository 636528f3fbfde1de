import { ready } from "#client/crypto/sodium.ts";
import { members } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { hostOf } from "#shared/wire.ts";
import type { Client, ClientPorts, Invitation, Joined, NewChannel } from "./api.ts";
import { seatId } from "./approval.ts";
import { sealedCipher } from "./cipher.ts";
import { parseCode } from "./code.ts";
import { foundChannel } from "./founding.ts";
import { listMessages } from "./history.ts";
import { checkLabel, decodeIdentity } from "./identity.ts";
import { invitationKey, type RunningInvitation, runInvitation } from "./invitation.ts";
import { joinKey, loadJoin, type RunningJoin, runJoin } from "./joining.ts";
import { newJoin } from "./newcomer.ts";
import { requireOpen } from "./outbox.ts";
import {
  changesBetween,
  listChannels,
  loadChannel,
  parseRecord,
  recordPrefix,
  wipeRecords,
} from "./persist.ts";
import { defaultPolicy } from "./policy.ts";
import { newRequest, type Runner, type RunnerPorts, runChannel } from "./runner.ts";
import { isSettled, showChannel, showMembers, showStatus } from "./show.ts";
import { type InvitationState, invitationSchema, newInvitation } from "./sponsor.ts";
import type { Channel, Wish } from "./state.ts";
import type { Done } from "./turn.ts";
import type { Notice } from "./view.ts";

export type * from "./api.ts";
export type * from "./view.ts";

/** How long a request waits for the relay before it says `network` and leaves the rest to the outbox. */
const patienceMs = 10_000;

type Host = {
  readonly ports: RunnerPorts;
  readonly runners: Map<string, Runner>;
  readonly invitations: Set<RunningInvitation>;
  joining: RunningJoin | null;
  tell(notice: Notice): void;
};

/** Opens the messenger that lives in a store. Nothing is dialled before something asks for it. Failures: `vault-damaged`, `unavailable`. */
export async function openClient(ports: ClientPorts): Promise<Client> {
  await ready();
  const listeners = new Set<(notice: Notice) => void>();
  const host: Host = {
    ports: { ...ports, cipher: ports.cipher ?? sealedCipher },
    runners: new Map(),
    invitations: new Set(),
    joining: null,
    tell(notice) {
      for (const listener of listeners) listener(notice);
    },
  };
  for (const id of await listChannels(ports.store)) {
    addRunner(host, await loadChannel(ports.store, id));
  }
  await resumeInvitations(host);
  return {
    channels: () => [...host.runners.values()].map((runner) => showChannel(runner.channel())),
    openChannel: (channel) => openChannel(host, channel),
    invite: (options) => invite(host, options),
    join: (options) => join(host, options),
    async send({ channel, text }) {
      const runner = runnerOf(host, channel);
      const id = ports.random(16);
      const content = { kind: "text", text } as const;
      return await carry(host, runner, hex(id), { type: "say", id, content });
    },
    rotate: ({ channel }) => change(host, channel, (id) => ({ kind: "rotate", id })),
    remove: ({ channel, label }) => {
      return change(host, channel, (id, state) => ({
        kind: "remove",
        id,
        seat: seatOf(state, label),
      }));
    },
    setTimer: ({ channel, timerMs }) =>
      change(host, channel, (id) => ({ kind: "timer", id, timerMs })),
    async leave({ channel }) {
      const id = ports.random(16);
      await carry(host, runnerOf(host, channel), hex(id), { type: "leave", id });
    },
    wipe: (options) => wipe(host, options?.channel ?? null),
    who: (channel) => showMembers(runnerOf(host, channel).channel()),
    status: (channel) => showStatus(runnerOf(host, channel).channel()),
    async messages(channel, options = {}) {
      return listMessages(runnerOf(host, channel).channel(), options);
    },
    markRead: ({ channel, cursor }) => runnerOf(host, channel).request({ type: "read", cursor }),
    subscribe(listener) {
      listeners.add(listener);
      for (const runner of host.runners.values()) runner.connect();
      return () => listeners.delete(listener);
    },
    async settle(channel) {
      const runners =
        channel === undefined ? [...host.runners.values()] : [runnerOf(host, channel)];
      await Promise.all(runners.map((runner) => settle(host, runner)));
    },
    async close() {
      for (const invitation of host.invitations) invitation.end();
      host.joining?.end(new Failure("interrupted", "the client is closed"));
      await Promise.all([...host.runners.values()].map((runner) => runner.end()));
    },
  };
}

function addRunner(host: Host, channel: Channel): Runner {
  const runner = runChannel(channel, host.ports, (notice) => {
    host.tell(notice);
    const isOver = notice.type === "state" && notice.state === "closed";
    // The sunset has passed: nothing of the channel stays, not even its name.
    if (isOver) void wipe(host, channel.settings.name);
  });
  host.runners.set(channel.settings.name, runner);
  return runner;
}

function runnerOf(host: Host, name: string): Runner {
  const runner = host.runners.get(name);
  if (runner === undefined)
    throw new Failure("no-channel", "no channel of that name in this vault");
  return runner;
}

function checkNewName(host: Host, name: string): void {
  checkLabel(name, "usage");
  if (host.runners.has(name)) throw new Failure("usage", "a channel of that name is in this vault");
}

async function openChannel(host: Host, wanted: NewChannel) {
  const { name, label, relay, approvals } = wanted;
  const { clock, random, store } = host.ports;
  checkNewName(host, name);
  checkLabel(label, "usage");
  const now = clock.now();
  const policy = {
    ...defaultPolicy,
    approvals,
    timerMs: wanted.timerMs ?? null,
    sunsetAt: wanted.sunsetMs === undefined ? null : now + wanted.sunsetMs,
    ...(wanted.lateWindowMs === undefined ? {} : { lateWindowMs: wanted.lateWindowMs }),
    ...(wanted.update === undefined
      ? {}
      : {
          updateAfterMessages: wanted.update.afterMessages,
          updateAfterMs: wanted.update.afterMs,
        }),
    ...(wanted.mailboxFrames === undefined ? {} : { mailboxFrames: wanted.mailboxFrames }),
  };
  const channel = foundChannel({ name, relay, label, policy, now, random });
  await store.save(changesBetween(null, channel));
  return showChannel(addRunner(host, channel).channel());
}

async function invite(
  host: Host,
  options: { readonly channel: string; readonly label: string; readonly expiresMs: number },
): Promise<Invitation> {
  const { clock, random, store } = host.ports;
  const { label, expiresMs } = options;
  const runner = runnerOf(host, options.channel);
  const channel = runner.channel();
  requireOpen(channel);
  checkLabel(label, "usage");
  if (showMembers(channel).some((seat) => seat.label === label)) {
    throw new Failure("usage", "a member of that label is in the channel already");
  }
  if (!(expiresMs > 0 && expiresMs <= limits.nameplateMsMax)) {
    throw new Failure("usage", "a code expires within 24 hours");
  }
  const id = newRequest(random);
  const expiresAt = clock.now() + expiresMs;
  const state = newInvitation({ id, channelId: channel.id, label, expiresAt, random });
  await store.save([{ key: invitationKey(id), bytes: encodeCbor(state), tier: "hot" }]);
  const running = startInvitation(host, state, runner);
  const failure = new Failure("network", "the relay did not answer; no code was given out");
  const opened = await within(host, running.opened, failure).catch(async (error) => {
    await running.cancel();
    throw error;
  });
  return {
    channel: options.channel,
    label,
    ...opened,
    done: running.done,
    cancel: () => running.cancel(),
  };
}

function startInvitation(host: Host, state: InvitationState, runner: Runner): RunningInvitation {
  const running = runInvitation(state, host.ports, runner);
  host.invitations.add(running);
  const over = () => host.invitations.delete(running);
  running.done.then(over, over);
  return running;
}

/** Invitations that a crash or a closed terminal has left go on by themselves, while their code lives. */
async function resumeInvitations(host: Host): Promise<void> {
  const { store, clock } = host.ports;
  for (const key of await store.keys("invite/")) {
    const bytes = await store.read(key);
    if (bytes === null) continue;
    const state = parseRecord(invitationSchema, bytes, key);
    const runner = [...host.runners.values()].find((one) => one.channel().id === state.channelId);
    if (runner !== undefined && state.expiresAt > clock.now()) {
      startInvitation(host, state, runner);
      continue;
    }
    await store.save([{ key, bytes: null, tier: "hot" }]);
    await runner?.request({ type: "hold", invite: state.id, on: false });
    await runner?.request({ type: "withdraw", wish: state.id });
  }
}

async function join(host: Host, options: Parameters<Client["join"]>[0]): Promise<Joined> {
  const { random, store } = host.ports;
  if (host.joining !== null) throw new Failure("usage", "a join is under way already");
  let state = await loadJoin(store);
  if ("code" in options) {
    const code = parseCode(options.code);
    checkNewName(host, options.name);
    hostOf(options.relay);
    const { name, relay } = options;
    state = newJoin({ code, name, relay, channelId: hex(random(16)), random });
    await store.save([{ key: joinKey, bytes: encodeCbor(state), tier: "hot" }]);
  }
  if (state === null) throw new Failure("not-found", "no join is under way in this vault");
  const running = runJoin(state, host.ports);
  host.joining = running;
  const { clock } = host.ports;
  const cancel = clock.wakeAt(clock.now() + patienceMs, () => {
    const failure = new Failure("network", "the relay did not answer; the code was not used");
    if (!running.isHeld()) running.end(failure);
  });
  try {
    const channel = await running.done;
    const runner = addRunner(host, channel);
    runner.connect();
    const { name, label, epoch } = showChannel(channel);
    const self = showMembers(channel).find((seat) => seat.self);
    return { channel: name, label, epoch, admittedBy: self?.admittedBy ?? [] };
  } finally {
    cancel();
    host.joining = null;
  }
}

/** Takes a request in, durably, and waits for the relay within bounds. */
async function carry(
  host: Host,
  runner: Runner,
  id: string,
  event: Parameters<Runner["request"]>[0],
): Promise<Done> {
  runner.connect();
  const done = runner.expect(id);
  // Refused at the door: nobody waits for the answer any more.
  done.catch(() => {});
  await runner.request(event);
  const message = "the relay did not answer; nothing is lost, it goes out when the relay is back";
  return await within(host, done, new Failure("network", message));
}

async function change(
  host: Host,
  name: string,
  wish: (id: string, channel: Channel) => Wish,
): Promise<{ readonly epoch: number }> {
  const runner = runnerOf(host, name);
  requireOpen(runner.channel());
  const id = newRequest(host.ports.random);
  const { epoch } = await carry(host, runner, id, {
    type: "wish",
    wish: wish(id, runner.channel()),
  });
  return { epoch };
}

/** The seat of a label. Failures `not-found`, and `usage` for the own one: that is what `leave` is for. */
function seatOf(channel: Channel, label: string): Uint8Array {
  const seat = members(channel.group).find(
    ({ identity }) => decodeIdentity(identity).label === label,
  );
  if (seat === undefined) throw new Failure("not-found", "no member of that label");
  if (seat.leaf === channel.group.ownLeaf) throw new Failure("usage", "that is this seat: leave");
  return seatId(seat);
}

async function settle(host: Host, runner: Runner): Promise<void> {
  runner.connect();
  const settled = new Promise<void>((resolve) => {
    runner.watch((channel) => {
      if (!isSettled(channel)) return false;
      resolve();
      return true;
    });
  });
  await within(host, settled, new Failure("network", "the relay did not answer in time"));
}

/** Waits at most `patienceMs`, by the clock that was given. */
async function within<T>({ ports }: Host, wait: Promise<T>, failure: Failure): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = ports.clock.wakeAt(ports.clock.now() + patienceMs, () => reject(failure));
  });
  return await Promise.race([wait, late]).finally(() => cancel());
}

async function wipe(host: Host, name: string | null): Promise<void> {
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
