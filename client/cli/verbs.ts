import { Failure } from "#shared/failure.ts";
import { invite, join } from "./admission-verbs.ts";
import { compareAlarms, openAlarms, requireCompared } from "./alarms.ts";
import { type Caller, type Session, unlessAborted } from "./caller.ts";
import { runMotionVerb } from "./motion-verbs.ts";
import { receive } from "./recv.ts";
import type { Request, RequestOf } from "./request.ts";
import { chooseChannel, currentChannel, useChannel } from "./settings.ts";
import { catchUp, tryToSettle } from "./settle.ts";
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
      // What the others have said meanwhile comes first: a freeze, a removal.
      await catchUp(client, channel, signal);
      const sent = await unlessAborted(client.send({ channel, text: request.text }), signal);
      return emit({ type: "sent", channel, ...sent });
    }
    case "recv":
      return receiveAlert(session, { ...request, channel }, caller);
    case "ack":
      return client.markRead({ channel, cursor: request.cursor });
    case "who":
      await tryToSettle(client, channel, signal);
      for (const member of client.who(channel)) emit(memberLine(channel, member));
      return;
    case "status":
      await tryToSettle(client, channel, signal);
      if (request.compared) await compareAlarms(session, channel);
      emit(statusLine(client, channel, await openAlarms(session, channel)));
      return requireCompared(session, channel);
    case "rotate": {
      const { epoch } = await unlessAborted(client.rotate({ channel }), signal);
      emit({ type: "rotated", channel, epoch });
      return tryToSettle(client, channel, signal);
    }
    case "leave":
      await unlessAborted(client.leave({ channel }), signal);
      return emit({ type: "left", channel });
    case "receipts":
      await client.setReceipts({ channel, on: request.on });
      return emit({ type: "receipts", channel, on: request.on });
    case "archives": {
      const declared = client.declare({ channel, archives: request.on });
      const { epoch } = await unlessAborted(declared, signal);
      emit({ type: "archives", channel, on: request.on, epoch });
      return tryToSettle(client, channel, signal);
    }
    case "slots":
      await client.setSlots({ channel, everyMs: request.everyMs });
      return emit({ type: "slots", channel, everyMs: request.everyMs });
    case "timer": {
      const { timerMs } = request;
      const { epoch } = await unlessAborted(client.setTimer({ channel, timerMs }), signal);
      emit({ type: "timer", channel, timerMs, epoch });
      return tryToSettle(client, channel, signal);
    }
    case "forge": {
      const { from, text, epoch, over } = request;
      const { v: _, ...excerpt } = client.forge({
        ...{ channel, from, text },
        ...(epoch === null ? {} : { epoch }),
        ...(over === null ? {} : { over }),
      });
      return emit(excerpt);
    }
    case "wipe":
      await client.wipe({ channel });
      return emit({ type: "wiped", channel });
    default:
      return runMotionVerb(client, { ...request, channel }, caller);
  }
}

/** As `receive`; an alarm that waits for a person weighs more than that nothing is new. */
async function receiveAlert(
  session: Session,
  request: RequestOf<"recv"> & { readonly channel: string },
  caller: Caller,
): Promise<void> {
  try {
    await receive(session.client, request, caller);
  } catch (error) {
    const isMild = error instanceof Failure && ["empty", "network"].includes(error.code);
    if (isMild) await requireCompared(session, request.channel);
    throw error;
  }
  await requireCompared(session, request.channel);
}

async function openChannel(
  session: Session,
  request: RequestOf<"open">,
  { emit }: Caller,
): Promise<void> {
  const { name, label, relay, approvals, check, archivers, archives } = request;
  const { receipts, deniable, timerMs, sunsetMs, lateEpochs, lateWindowMs } = request;
  const view = await session.client.openChannel({
    ...{ name, label, relay, approvals, check, archivers, archives, deniable },
    ...(timerMs === null ? {} : { timerMs }),
    ...(sunsetMs === null ? {} : { sunsetMs }),
    ...(lateEpochs === null ? {} : { lateEpochs }),
    ...(lateWindowMs === null ? {} : { lateWindowMs }),
  });
  if (receipts) await session.client.setReceipts({ channel: name, on: true });
  await useChannel(session.store, name);
  emit(channelLine(view, true));
}
