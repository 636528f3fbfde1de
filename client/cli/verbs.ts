import type { Client } from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";
import { type Caller, type Session, unlessAborted } from "./caller.ts";
import { receive } from "./recv.ts";
import type { Request, RequestOf } from "./request.ts";
import { chooseChannel, currentChannel, useChannel } from "./settings.ts";
import { channelLine, memberLine, statusLine } from "./translate.ts";

/** Carries out what a verb asks. Failures are the messenger's own, and `interrupted`. */
export async function runRequest(
  session: Session,
  request: Request,
  caller: Caller,
): Promise<void> {
  const { client, store } = session;
  switch (request.verb) {
    case "open":
      return openChannel(session, request, caller);
    case "invite":
      return invite(session, request, caller);
    case "join":
    case "resume":
      return join(session, request, caller);
    case "channels": {
      const current = await currentChannel(session);
      const channels = client.channels();
      if (channels.length === 0) throw new Failure("empty", "this vault has no channel");
      for (const view of channels) caller.emit(channelLine(view, view.name === current));
      return;
    }
    case "use":
      await useChannel(store, await chooseChannel(session, request.name));
      caller.emit({ type: "using", channel: request.name });
      return;
    default:
      return runInChannel(session, request, caller);
  }
}

type InChannel = Exclude<
  Request["verb"],
  "open" | "invite" | "join" | "resume" | "channels" | "use"
>;

async function runInChannel(
  session: Session,
  request: RequestOf<InChannel>,
  caller: Caller,
): Promise<void> {
  const { client } = session;
  const channel = await chooseChannel(session, request.channel);
  const { emit, signal } = caller;
  switch (request.verb) {
    case "send": {
      const sent = await unlessAborted(client.send({ channel, text: request.text }), signal);
      return emit({ type: "sent", channel, ...sent });
    }
    case "recv":
      return receive(client, { ...request, channel }, caller);
    case "ack":
      return client.markRead({ channel, cursor: request.cursor });
    case "who":
      await tryToSettle(client, channel, signal);
      for (const member of client.who(channel)) emit(memberLine(channel, member));
      return;
    case "status":
      await tryToSettle(client, channel, signal);
      return emit(statusLine(client.status(channel)));
    case "rotate": {
      const { epoch } = await unlessAborted(client.rotate({ channel }), signal);
      emit({ type: "rotated", channel, epoch });
      return tryToSettle(client, channel, signal);
    }
    case "remove": {
      const { label } = request;
      const { epoch } = await unlessAborted(client.remove({ channel, label }), signal);
      emit({ type: "removed", channel, label, epoch });
      return tryToSettle(client, channel, signal);
    }
    case "leave":
      await unlessAborted(client.leave({ channel }), signal);
      return emit({ type: "left", channel });
    case "timer": {
      const { timerMs } = request;
      const { epoch } = await unlessAborted(client.setTimer({ channel, timerMs }), signal);
      emit({ type: "timer", channel, timerMs, epoch });
      return tryToSettle(client, channel, signal);
    }
    case "wipe":
      await client.wipe({ channel });
      return emit({ type: "wiped", channel });
  }
}

async function openChannel(
  session: Session,
  request: RequestOf<"open">,
  { emit }: Caller,
): Promise<void> {
  const { name, label, relay, approvals, timerMs, sunsetMs } = request;
  const view = await session.client.openChannel({
    ...{ name, label, relay, approvals },
    ...(timerMs === null ? {} : { timerMs }),
    ...(sunsetMs === null ? {} : { sunsetMs }),
  });
  await useChannel(session.store, name);
  emit(channelLine(view, true));
}

async function invite(
  session: Session,
  request: RequestOf<"invite">,
  { emit, signal }: Caller,
): Promise<void> {
  const { client } = session;
  const channel = await chooseChannel(session, request.channel);
  const { label, expiresMs } = request;
  const invitation = await client.invite({ channel, label, expiresMs });
  // Whatever happens below, somebody has to hear of its end.
  invitation.done.catch(() => {});
  const relay = client.channels().find((view) => view.name === channel)?.relay ?? "";
  const expiresAt = new Date(invitation.expiresAt).toISOString();
  emit({ type: "invite", channel, label, code: invitation.code, relay, expiresAt });
  try {
    const { epoch } = await unlessAborted(invitation.done, signal);
    const self = client.channels().find((view) => view.name === channel)?.label;
    emit({ type: "joined", channel, label, epoch, admittedBy: self === undefined ? [] : [self] });
  } catch (error) {
    if (signal.aborted) await invitation.cancel();
    throw error;
  }
}

async function join(
  session: Session,
  request: RequestOf<"join" | "resume">,
  { emit, signal }: Caller,
): Promise<void> {
  const { client } = session;
  const joining =
    request.verb === "resume"
      ? client.join({ resume: true })
      : client.join({
          code: request.code,
          relay: request.relay,
          name: request.name ?? freeName(client.channels().map((view) => view.name)),
        });
  const joined = await unlessAborted(joining, signal);
  await useChannel(session.store, joined.channel);
  emit({ type: "joined", ...joined });
}

/** The newcomer learns no name from the others: it is local, and stays so. */
function freeName(taken: readonly string[]): string {
  let name = "channel";
  for (let number = 2; taken.includes(name); number++) name = `channel-${number}`;
  return name;
}

/**
 * Lets what waits in the outbox go out before the process ends: a commit makes messages wait, and this
 * seat's presence in the new epoch follows it. Who and status settle first, to show the latest. Without a
 * relay nothing fails: what waits is kept.
 */
async function tryToSettle(client: Client, channel: string, signal: AbortSignal): Promise<void> {
  try {
    await unlessAborted(client.settle(channel), signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "interrupted" || error.code === "internal") {
      throw error;
    }
  }
}
