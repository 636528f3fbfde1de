import type { Client } from "#client/core/client.ts";
import type { MessageView } from "#client/core/view.ts";
import { Failure } from "#shared/failure.ts";
import { type Caller, unlessAborted } from "./caller.ts";
import type { RequestOf } from "./request.ts";
import { messageLine, noticeLine } from "./translate.ts";

/**
 * Prints what is new in a channel. `follow` goes on with what comes; without it, a timeout is how long
 * to wait for a first message. `auto` counts a message as read once it is printed, `manual` leaves that
 * to the caller, a cursor first marks everything up to it. Failure `empty` when nothing came.
 */
export async function receive(
  client: Client,
  request: RequestOf<"recv"> & { readonly channel: string },
  caller: Caller,
): Promise<void> {
  const { channel, ack, follow, timeoutMs } = request;
  if (ack !== "auto" && ack !== "manual") await client.markRead({ channel, cursor: ack });
  const printer = createPrinter(client, request, caller);
  const end = waitForEnd(timeoutMs, caller.signal);
  try {
    if (follow) {
      void printer.print();
      await Promise.race([end.ended, printer.failed]);
    } else {
      // What is here is printed also when the relay cannot be reached; the failure is told after it.
      const settled = await unlessAborted(client.settle(channel), caller.signal).catch((e) => e);
      await printer.print();
      if (settled instanceof Error) throw settled;
      if (printer.count() === 0 && timeoutMs !== null) {
        await Promise.race([end.ended, printer.first, printer.failed]);
      }
    }
    await printer.print();
  } finally {
    printer.stop();
    end.cancel();
  }
  if (printer.count() === 0) throw new Failure("empty", channel);
}

/** Prints unread messages one after the other, however fast notices come, and other notices at once. */
function createPrinter(
  client: Client,
  { channel, ack, follow }: RequestOf<"recv"> & { readonly channel: string },
  caller: Caller,
) {
  const printed = new Set<string>();
  let printing = Promise.resolve();
  let fail = (_error: unknown): void => {};
  let begin = (): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const first = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const printUnread = async (): Promise<void> => {
    for (const message of await unreadMessages(client, channel)) {
      // A message that had to be sent again keeps its id.
      if (printed.has(message.id)) continue;
      printed.add(message.id);
      caller.emit(messageLine(message));
      if (ack === "auto") await client.markRead({ channel, cursor: message.cursor });
      begin();
    }
  };
  const print = (): Promise<void> => {
    printing = printing.then(printUnread);
    printing.catch(fail);
    return printing;
  };
  const stop = client.subscribe((notice) => {
    const line = noticeLine(client, notice, channel);
    // One short look need not hear about the connection: it fails when there is none.
    if (line !== null && (follow || line.type !== "connection")) caller.emit(line);
    if (notice.type === "message" && notice.channel === channel) void print();
  });
  return { print, first, failed, stop, count: () => printed.size };
}

/** Others' messages that do not count as read yet, oldest first. */
export async function unreadMessages(
  client: Client,
  channel: string,
): Promise<readonly MessageView[]> {
  const unread = client.channels().find((view) => view.name === channel)?.unread ?? 0;
  if (unread === 0) return [];
  const others = (await client.messages(channel)).filter((message) => !message.mine);
  return others.slice(-unread);
}

/** Ends after the time given, or with Failure `interrupted` when the caller gives up. */
function waitForEnd(timeoutMs: number | null, signal: AbortSignal) {
  let cancel = (): void => {};
  const ended = new Promise<void>((resolve, reject) => {
    const timer = timeoutMs === null ? null : setTimeout(resolve, timeoutMs);
    const abort = (): void => reject(new Failure("interrupted", "by you"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    cancel = () => {
      if (timer !== null) clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
  });
  ended.catch(() => {});
  return { ended, cancel };
}
