import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { invite, join, resumeInvitations, secondCode } from "./admission.ts";
import type { Client, ClientPorts, NewChannel } from "./api.ts";
import { approve, check, deny, moveChange, seatOf, setPolicy } from "./approving.ts";
import { sealedCipher } from "./cipher.ts";
import type { Event } from "./event.ts";
import { forgeExcerpt } from "./excerpt.ts";
import { foundChannel } from "./founding.ts";
import { hasFrozen } from "./freeze.ts";
import { listMessages } from "./history.ts";
import {
  addRunner,
  checkNewName,
  type Host,
  patienceMs,
  runnerOf,
  wipe,
  wipeClosed,
  within,
} from "./host.ts";
import { checkLabel } from "./identity.ts";
import { showMotions } from "./motion-show.ts";
import { requireOpen } from "./outbox.ts";
import { changesBetween, listChannels, loadChannel } from "./persist.ts";
import { defaultPolicy } from "./policy.ts";
import { newRequest, type Runner } from "./runner.ts";
import { isSettled, showChannel, showMembers, showStatus } from "./show.ts";
import { slotWaitMs } from "./slot.ts";
import type { Channel, Wish } from "./state.ts";
import type { Done } from "./turn.ts";
import type { Notice } from "./view.ts";

export type * from "./api.ts";
export type * from "./view.ts";

/** Opens the messenger that lives in a store. Nothing is dialled before something asks for it. Failures: `vault-damaged`, `unavailable`. */
export async function openClient(ports: ClientPorts): Promise<Client> {
  await ready();
  const { suite = xwingSuite } = ports;
  const listeners = new Set<(notice: Notice) => void>();
  const host: Host = {
    ports: { ...ports, cipher: ports.cipher ?? sealedCipher, suite },
    runners: new Map(),
    invitations: new Set(),
    cleanups: new Set(),
    joining: null,
    isClosed: false,
    tell(notice) {
      for (const listener of listeners) listener(notice);
    },
  };
  for (const id of await listChannels(ports.store)) {
    const channel = await loadChannel(ports.store, id);
    if (channel.group.suite.id !== suite.id) {
      throw new Failure("version", `channel ${id}: is of another cipher suite`);
    }
    if (channel.session.state === "closed") await wipeClosed(host, id);
    else addRunner(host, channel);
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
    secondCode: (options) => secondCode(host, options),
    pending: (channel) => showMotions(runnerOf(host, channel).channel()),
    check: (options) => check(host, options),
    approve: (options) => approve(host, options),
    deny: (options) => deny(host, options),
    async freeze({ channel, on }) {
      const runner = runnerOf(host, channel);
      requireOpen(runner.channel());
      // The others would name us for it and change nothing.
      if (on && hasFrozen(runner.channel())) {
        throw new Failure(
          "frozen",
          "this person has frozen before, and nobody has renewed its right",
        );
      }
      runner.connect();
      await runner.request({ type: "freeze", on });
    },
    setPolicy: (wanted) => setPolicy(host, wanted),
    renewFreeze: ({ channel, label }) => {
      return moveChange(host, channel, (state) => ({ op: "renew", seat: seatOf(state, label).id }));
    },
    remove: ({ channel, label }) => {
      return moveChange(host, channel, (state) => ({
        op: "remove",
        seat: otherSeat(state, label),
      }));
    },
    declare: ({ channel, archives }) =>
      change(host, channel, (id) => ({ kind: "declare", id, archives })),
    setTimer: ({ channel, timerMs }) =>
      change(host, channel, (id) => ({ kind: "timer", id, timerMs })),
    async setReceipts({ channel, on }) {
      const runner = runnerOf(host, channel);
      requireOpen(runner.channel());
      await runner.request({ type: "receipts", on });
    },
    async setSlots({ channel, everyMs }) {
      const runner = runnerOf(host, channel);
      requireOpen(runner.channel());
      await runner.request({ type: "slots", everyMs });
    },
    async leave({ channel }) {
      const id = ports.random(16);
      await carry(host, runnerOf(host, channel), hex(id), { type: "leave", id });
    },
    forge: ({ channel, ...said }) => {
      return forgeExcerpt(runnerOf(host, channel).channel(), { ...said, random: ports.random });
    },
    wipe: (options) => wipe(host, options?.channel ?? null),
    who: (channel) => showMembers(runnerOf(host, channel).channel()),
    status: (channel) => showStatus(runnerOf(host, channel).channel(), ports.clock.now()),
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
    async pause() {
      const open = [...host.runners.values()].filter((runner) => {
        const { session, link } = runner.channel();
        return session.slots !== null && link.up;
      });
      await Promise.all(open.map((runner) => runner.request({ type: "pause" })));
    },
    async close() {
      host.isClosed = true;
      for (const cancel of host.cleanups) cancel();
      for (const invitation of host.invitations) invitation.end();
      host.joining?.end(new Failure("interrupted", "the client is closed"));
      await Promise.all([...host.runners.values()].map((runner) => runner.end()));
    },
  };
}

async function openChannel(host: Host, wanted: NewChannel) {
  const { name, label, relay, approvals } = wanted;
  const { clock, random, store, suite } = host.ports;
  checkNewName(host, name);
  checkLabel(label, "usage");
  const now = clock.now();
  const policy = {
    ...defaultPolicy,
    approvals,
    check: wanted.check ?? defaultPolicy.check,
    archivers: wanted.archivers ?? defaultPolicy.archivers,
    timerMs: wanted.timerMs ?? null,
    sunsetAt: wanted.sunsetMs === undefined ? null : now + wanted.sunsetMs,
    ...(wanted.lateWindowMs === undefined ? {} : { lateWindowMs: wanted.lateWindowMs }),
    lateEpochs: wanted.lateEpochs ?? defaultPolicy.lateEpochs,
    deniable: wanted.deniable ?? defaultPolicy.deniable,
    ...(wanted.update === undefined
      ? {}
      : {
          updateAfterMessages: wanted.update.afterMessages,
          updateAfterMs: wanted.update.afterMs,
        }),
    ...(wanted.mailboxFrames === undefined ? {} : { mailboxFrames: wanted.mailboxFrames }),
  };
  const declaration = { archives: wanted.archives ?? false };
  if (declaration.archives && policy.archivers === "refused") {
    throw new Failure("archiver", "this client keeps copies, and the channel would refuse that");
  }
  const founding = { name, relay, label, policy, declaration, now, random, suite };
  const channel = foundChannel(founding);
  await store.save(changesBetween(null, channel));
  return showChannel(addRunner(host, channel).channel());
}

/** Takes a request in, durably, and waits for the relay within bounds. */
async function carry(host: Host, runner: Runner, id: string, event: Event): Promise<Done> {
  runner.connect();
  const done = runner.expect(id);
  // Refused at the door: nobody waits for the answer any more.
  done.catch(() => {});
  await runner.request(event);
  const late = new Failure("network", "the relay did not answer");
  const waitMs = slotWaitMs(runner.channel());
  if (waitMs > 0) await within(host, Promise.race([done, isUp(runner)]), late);
  return await within(host, done, late, patienceMs + waitMs);
}

function isUp(runner: Runner): Promise<void> {
  return new Promise((resolve) => {
    runner.watch(({ link }) => {
      if (link.up) resolve();
      return link.up;
    });
  });
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

/** Another seat's id. Failures `not-found`, and `usage` for the own one: that is what `leave` is for. */
function otherSeat(channel: Channel, label: string): Uint8Array {
  const { id, isOwn } = seatOf(channel, label);
  if (isOwn) throw new Failure("usage", "that is this seat: leave");
  return id;
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
