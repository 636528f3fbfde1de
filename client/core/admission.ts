import { hex, unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { hostOf } from "#shared/wire.ts";
import type { Ask, Client, Invitation, Joined, JoinOptions } from "./api.ts";
import { openMotion, refuseLookAlike, requireOtherPerson } from "./approving.ts";
import { readWords } from "./check.ts";
import { parseCode } from "./code.ts";
import { addRunner, checkNewName, type Host, patienceMs, runnerOf, within } from "./host.ts";
import { checkLabel } from "./identity.ts";
import { invitationKey, type RunningInvitation, runInvitation } from "./invitation.ts";
import { loadJoin, runJoin, saveJoin } from "./joining.ts";
import { lookAlike } from "./look-alike.ts";
import { findMotion, isOpen } from "./motion.ts";
import { motionIdBytes } from "./motion-schema.ts";
import { type JoinState, newJoin } from "./newcomer.ts";
import { openComparisons } from "./newcomer-check.ts";
import { requireOpen } from "./outbox.ts";
import { composeRecord, parseRecord } from "./persist.ts";
import { decodePolicy } from "./policy.ts";
import type { Runner } from "./runner.ts";
import { showChannel, showMembers } from "./show.ts";
import { type InvitationState, invitationSchema, newInvitation } from "./sponsor.ts";

/** Gives out a code. Failures `usage`, `look-alike`, `network` (no code was given out), and those of the seat. */
export async function invite(
  host: Host,
  options: Parameters<Client["invite"]>[0],
): Promise<Invitation> {
  const { label, personOf, despite = false } = options;
  const channel = runnerOf(host, options.channel).channel();
  requireOpen(channel);
  checkLabel(label, "usage");
  const seats = showMembers(channel);
  if (seats.some((seat) => seat.label === label)) {
    throw new Failure("usage", "a member of that label is in the channel already");
  }
  const labels = seats.map((seat) => seat.label);
  const twin = lookAlike(label, labels);
  if (twin !== null && !despite) {
    throw new Failure("look-alike", `the label could be mistaken for ${twin}`);
  }
  if (personOf === undefined) return await giveCode(host, options, {});
  const owner = seats.find((seat) => seat.label === personOf);
  const person = owner === undefined ? null : unhex(owner.person);
  if (person === null) throw new Failure("not-found", "no member of that label");
  return await giveCode(host, options, { person });
}

/** Gives out a second code for an admission under two codes. Failures as `invite`, and the motion's end. */
export async function secondCode(
  host: Host,
  options: Parameters<Client["secondCode"]>[0],
): Promise<Invitation> {
  const { runner, motion } = openMotion(host, options);
  const { id, change } = motion;
  const channel = runner.channel();
  const { check } = decodePolicy(channel.group.extensions);
  if (change.op !== "admit" || change.keyPackage !== null || check !== "two-codes") {
    throw new Failure("usage", "this motion waits for no second code");
  }
  requireOtherPerson(channel, motion);
  refuseLookAlike(channel, motion, options.despite ?? false);
  // From here on this seat takes part in the check: it can end the admission.
  await runner.request({ type: "check", id, step: { name: "open" } });
  const { label, person } = change;
  return await giveCode(host, { ...options, label }, { person, motion: id });
}

async function giveCode(
  host: Host,
  options: { readonly channel: string; readonly label: string; readonly expiresMs: number },
  about: { readonly person?: Uint8Array; readonly motion?: string },
): Promise<Invitation> {
  const { clock, random, store } = host.ports;
  const { channel, label, expiresMs } = options;
  if (!(Number.isInteger(expiresMs) && expiresMs > 0 && expiresMs <= limits.nameplateMsMax)) {
    throw new Failure("usage", "a code expires within 24 hours, in whole milliseconds");
  }
  const runner = runnerOf(host, channel);
  const id = hex(random(motionIdBytes));
  const expiresAt = clock.now() + expiresMs;
  const channelId = runner.channel().id;
  const state = newInvitation({ id, channelId, label, expiresAt, random, ...about });
  const key = invitationKey(id);
  const bytes = composeRecord(invitationSchema, state, key);
  await store.save([{ key, bytes, tier: "hot" }]);
  const running = startInvitation(host, state, runner);
  const failure = new Failure("network", "the relay did not answer; no code was given out");
  const opened = await within(host, running.opened, failure).catch(async (error) => {
    await running.cancel();
    throw error;
  });
  return { id, channel, label, ...opened, done: running.done, cancel: () => running.cancel() };
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
    await endLeftover(runner, state);
    await store.save([{ key, bytes: null, tier: "hot" }]);
  }
  for (const runner of host.runners.values()) await dropLeftovers(host, runner);
}

/** A code that has expired while no client was open takes its motion with it. */
async function endLeftover(runner: Runner | undefined, state: InvitationState): Promise<void> {
  const motion = runner === undefined ? null : findMotion(runner.channel(), state.motion);
  if (motion === null || !isOpen(motion) || state.isSecond) return;
  await runner?.request({ type: "end", id: motion.id, reason: "expired" });
}

/** What an invitation left behind that was given up: nothing else may hold the signature key still. */
async function dropLeftovers(host: Host, runner: Runner): Promise<void> {
  const alive = new Set([...host.invitations].map(({ id }) => id));
  const { holds, grants, motions } = runner.channel().plans;
  // A sponsor's key stands still for the checks that it has opened, too.
  for (const motion of motions) if (isOpen(motion)) alive.add(motion.id);
  for (const invite of holds.filter((id) => !alive.has(id))) {
    await runner.request({ type: "hold", invite, on: false });
  }
  for (const { id } of grants.filter((grant) => !alive.has(grant.id))) {
    await runner.request({ type: "taken", invite: id });
  }
}

/**
 * Joins by a code, or by two, or goes on. Failures `code-typo`, `auth`, `expired`, `nameplate-unknown`,
 * `network`, `pending` (words are to be compared, or nobody approved in time), `denied`, `refused`.
 */
export async function join(host: Host, options: JoinOptions): Promise<Joined> {
  const { clock, store } = host.ports;
  if (host.joining !== null) throw new Failure("usage", "a join is under way already");
  if ("code" in options) await saveJoin(store, freshJoin(host, options));
  const state = await loadJoin(store);
  if (state === null) throw new Failure("not-found", "no join is under way in this vault");
  const running = runJoin(state, host.ports, askFor(host, state, options));
  host.joining = running;
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

function freshJoin(host: Host, options: Extract<JoinOptions, { code: string }>): JoinState {
  const { random } = host.ports;
  const { code, second, sponsors = 2, archives = false, name, relay } = options;
  const codes = [code, ...(second === undefined ? [] : [second])].map(parseCode);
  if (codes[0]?.nameplate === codes[1]?.nameplate) {
    throw new Failure("usage", "the second code is another sponsor's");
  }
  checkNewName(host, name);
  hostOf(relay);
  const channelId = hex(random(16));
  return newJoin({ codes, sponsors, declaration: { archives }, name, relay, channelId, random });
}

/** Words that were given beforehand answer the one check that waits for them; then the caller is asked. */
function askFor({ ports }: Host, state: JoinState, options: JoinOptions): Ask {
  const ask: Ask = options.ask ?? (() => Promise.reject(new Failure("pending", "nobody to ask")));
  const words = "words" in options ? options.words : undefined;
  if (words === undefined) return ask;
  readWords(words);
  if (openComparisons(ports.suite, state).length === 0) {
    throw new Failure("usage", "no check waits for words: go on without them");
  }
  let given: readonly string[] | null = words;
  return async (check) => {
    const typed = given;
    given = null;
    return typed ?? (await ask(check));
  };
}
