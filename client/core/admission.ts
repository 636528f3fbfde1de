import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { hostOf } from "#shared/wire.ts";
import type { Client, Invitation, Joined } from "./api.ts";
import { parseCode } from "./code.ts";
import { addRunner, checkNewName, type Host, patienceMs, runnerOf, within } from "./host.ts";
import { checkLabel } from "./identity.ts";
import { invitationKey, type RunningInvitation, runInvitation } from "./invitation.ts";
import { joinKey, loadJoin, runJoin } from "./joining.ts";
import { joinSchema, newJoin } from "./newcomer.ts";
import { requireOpen } from "./outbox.ts";
import { composeRecord, parseRecord } from "./persist.ts";
import { newRequest, type Runner } from "./runner.ts";
import { showChannel, showMembers } from "./show.ts";
import { type InvitationState, invitationSchema, newInvitation } from "./sponsor.ts";

/** Gives out a code. Failures `usage`, `network` (no code was given out), and those of the seat. */
export async function invite(
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
  if (!(Number.isInteger(expiresMs) && expiresMs > 0 && expiresMs <= limits.nameplateMsMax)) {
    throw new Failure("usage", "a code expires within 24 hours, in whole milliseconds");
  }
  const id = newRequest(random);
  const expiresAt = clock.now() + expiresMs;
  const state = newInvitation({ id, channelId: channel.id, label, expiresAt, random });
  const key = invitationKey(id);
  const bytes = composeRecord(invitationSchema, state, key);
  await store.save([{ key, bytes, tier: "hot" }]);
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
export async function resumeInvitations(host: Host): Promise<void> {
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
    await runner?.request({ type: "withdraw", wish: state.id });
    await store.save([{ key, bytes: null, tier: "hot" }]);
  }
  for (const runner of host.runners.values()) await dropLeftovers(host, runner);
}

/** What an invitation left behind that was given up: nothing else may hold the signature key still. */
async function dropLeftovers(host: Host, runner: Runner): Promise<void> {
  const alive = new Set([...host.invitations].map(({ id }) => id));
  const { holds, grants } = runner.channel().plans;
  for (const invite of holds.filter((id) => !alive.has(id))) {
    await runner.request({ type: "hold", invite, on: false });
  }
  for (const { id } of grants.filter((grant) => !alive.has(grant.id))) {
    await runner.request({ type: "taken", invite: id });
  }
}

/** Joins by a code, or goes on. Failures `code-typo`, `auth`, `expired`, `nameplate-unknown`, `network`. */
export async function join(host: Host, options: Parameters<Client["join"]>[0]): Promise<Joined> {
  const { random, store } = host.ports;
  if (host.joining !== null) throw new Failure("usage", "a join is under way already");
  let state = await loadJoin(store);
  if ("code" in options) {
    const code = parseCode(options.code);
    checkNewName(host, options.name);
    hostOf(options.relay);
    const { name, relay } = options;
    state = newJoin({ code, name, relay, channelId: hex(random(16)), random });
    const bytes = composeRecord(joinSchema, state, joinKey);
    await store.save([{ key: joinKey, bytes, tier: "hot" }]);
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
