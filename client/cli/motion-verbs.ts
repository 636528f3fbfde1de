import type { Client, MotionView } from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";
import { followInvitation } from "./admission-verbs.ts";
import { type Caller, unlessAborted } from "./caller.ts";
import { guide } from "./command.ts";
import type { RequestOf } from "./request.ts";
import { tryToSettle } from "./settle.ts";
import { motionFields } from "./translate.ts";
import { endingWords } from "./view-motion.ts";

type MotionVerb = "pending" | "approve" | "deny" | "freeze" | "renew" | "policy" | "remove";

type WithoutChannel<Each> = Each extends unknown ? Omit<Each, "channel"> : never;
/** What one of these verbs asks, whatever the channel. */
export type MotionRequest = WithoutChannel<RequestOf<MotionVerb>>;

/** The verbs by which several persons decide something together, on one channel. */
export async function runMotionVerb(
  client: Client,
  request: MotionRequest & { readonly channel: string },
  caller: Caller,
): Promise<void> {
  const { channel } = request;
  const { emit, signal } = caller;
  await tryToSettle(client, channel, signal);
  switch (request.verb) {
    case "pending":
      return listPending(client, channel, caller);
    case "approve":
      return approve(client, request, caller);
    case "deny": {
      const { id, op, label } = findMotion(client, channel, request.id);
      await unlessAborted(client.deny({ channel, id }), signal);
      emit({ type: "denied", channel, id, op, label });
      return tryToSettle(client, channel, signal);
    }
    case "freeze": {
      const { on } = request;
      await unlessAborted(client.freeze({ channel, on }), signal);
      emit({ type: "freeze", channel, by: client.status(channel).label, on });
      return tryToSettle(client, channel, signal);
    }
    case "remove": {
      const { label } = request;
      const done = await unlessAborted(client.remove({ channel, label }), signal);
      if (done.epoch === null) throw waiting(client, channel, done.id, caller);
      emit({ type: "removed", channel, label, epoch: done.epoch });
      return tryToSettle(client, channel, signal);
    }
    case "renew": {
      const { label } = request;
      const { id } = await unlessAborted(client.renewFreeze({ channel, label }), signal);
      throw waiting(client, channel, id, caller);
    }
    case "policy":
      return changePolicy(client, request, caller);
  }
}

function listPending(client: Client, channel: string, { emit }: Caller): void {
  const open = openMotions(client, channel);
  if (open.length === 0) throw new Failure("empty", `nothing waits in ${channel}`);
  for (const motion of open) emit(pendingLine(client, channel, motion));
}

async function changePolicy(
  client: Client,
  request: RequestOf<"policy"> & { readonly channel: string },
  caller: Caller,
): Promise<void> {
  const { channel, approvals, check, archivers } = request;
  const { emit, signal } = caller;
  const isAsked = approvals !== null || check !== null || archivers !== null;
  const done = isAsked
    ? await unlessAborted(
        client.setPolicy({
          channel,
          ...(approvals === null ? {} : { approvals }),
          ...(check === null ? {} : { check }),
          ...(archivers === null ? {} : { archivers }),
        }),
        signal,
      )
    : null;
  if (done !== null && done.epoch === null) throw waiting(client, channel, done.id, caller);
  const now = client.status(channel);
  const { epoch } = now;
  const late = { epochs: now.late.epochs, windowMs: now.late.windowMs };
  const rules = { approvals: now.approvals, check: now.check, archivers: now.archivers, late };
  emit({ type: "policy", channel, ...rules, epoch });
  if (isAsked) await tryToSettle(client, channel, signal);
}

async function approve(
  client: Client,
  request: RequestOf<"approve"> & { readonly channel: string },
  caller: Caller,
): Promise<void> {
  const { channel, despite, codeMs } = request;
  const motion = findMotion(client, channel, request.id);
  const { id, op, label } = motion;
  const { emit, signal } = caller;
  if (op === "admit" && codeMs !== null) {
    const invitation = await client.secondCode({ channel, id, expiresMs: codeMs, despite });
    return followInvitation(client, { channel, invitation, motion: id, isSecond: true }, caller);
  }
  const words =
    op === "admit" && request.words === null
      ? await checkByVoice(client, request, motion, caller)
      : request.words;
  const wish = { channel, id, despite, ...(words === null ? {} : { words }) };
  const done = await unlessAborted(client.approve(wish), signal);
  const after = client.pending(channel).find((one) => one.id === id);
  if (done.epoch === null && after !== undefined && !isDecided(after)) {
    throw waiting(client, channel, id, caller);
  }
  const epoch = done.epoch ?? after?.granted ?? null;
  emit({ type: "approved", channel, id, op, label, epoch });
  await tryToSettle(client, channel, signal);
}

/**
 * Shows the words to read aloud and asks for those that the newcomer reads. Failure `pending` where
 * nobody can be asked: they come with the next request.
 */
async function checkByVoice(
  client: Client,
  { channel, despite }: RequestOf<"approve"> & { readonly channel: string },
  motion: MotionView,
  { emit, signal, ask }: Caller,
): Promise<string[]> {
  const { id, label } = motion;
  const { say } = await unlessAborted(client.check({ channel, id, despite }), signal);
  const flag = despite ? " --despite-look-alike" : "";
  const verb = `approve ${shortId(client, channel, id)}${flag} --words "WORD WORD WORD"`;
  emit({ type: "check", channel, id, label, say, next: guide(client, channel, verb) });
  if (ask === undefined) {
    throw new Failure("pending", `the words that ${label} reads aloud are still to be typed`);
  }
  const over = new AbortController();
  let ended: MotionView | null = null;
  const stop = client.subscribe((notice) => {
    if (notice.type !== "motion" || notice.id !== id || notice.ended === null) return;
    ended = notice;
    over.abort();
  });
  try {
    return await ask(label, over.signal);
  } catch (error) {
    throw ended === null ? error : failureOfEnding(ended);
  } finally {
    stop();
  }
}

/** Why nobody can approve a motion any more. */
function failureOfEnding(motion: MotionView): Failure {
  return new Failure(motion.ended === "words" ? "auth" : "denied", endingWords(motion));
}

/** Whether enough persons have agreed; where no commit belongs to it, that is all there is. */
function isDecided({ granted, ended, given, needed }: MotionView): boolean {
  return granted !== null || (ended === null && given.length >= needed);
}

/** What was moved or approved and needs more persons: shows it, and gives the Failure `pending` of it. */
function waiting(client: Client, channel: string, id: string, { emit }: Caller): Failure {
  const motion = client.pending(channel).find((one) => one.id === id);
  if (motion === undefined) return new Failure("pending", `motion ${id.slice(0, 8)}`);
  if (motion.ended !== null) return failureOfEnding(motion);
  const line = pendingLine(client, channel, motion);
  emit(line);
  const missing = line.needed - line.given.length;
  const persons = missing === 1 ? "one more person" : `${missing} more persons`;
  return new Failure("pending", `${persons} must agree to ${line.id.slice(0, 8)}`);
}

function pendingLine(client: Client, channel: string, motion: MotionView) {
  const { id } = motion;
  const next = guide(client, channel, `approve ${shortId(client, channel, id)}`);
  return { type: "pending", ...motionFields(client, channel, motion), next } as const;
}

function openMotions(client: Client, channel: string): MotionView[] {
  return client.pending(channel).filter((one) => one.ended === null && one.granted === null);
}

/** The motion whose id begins so. Failures `not-found`, `usage` when several do, `denied` or `auth` when it has ended. */
export function findMotion(client: Client, channel: string, start: string): MotionView {
  const found = client.pending(channel).filter(({ id }) => id.startsWith(start));
  const [motion] = found;
  if (motion === undefined) throw new Failure("not-found", `no motion ${start} in ${channel}`);
  if (found.length > 1) throw new Failure("usage", `several motions begin with ${start}`);
  if (motion.ended !== null) throw failureOfEnding(motion);
  return motion;
}

/** The shortest beginning, of four digits or more, that no other motion has. */
export function shortId(client: Client, channel: string, id: string): string {
  const others = client.pending(channel).filter((one) => one.id !== id);
  let digits = 4;
  while (others.some((one) => one.id.startsWith(id.slice(0, digits)))) digits++;
  return id.slice(0, digits);
}
