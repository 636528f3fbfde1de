import { type DatabaseOptions, openDatabase } from "./database.ts";
import type { Log } from "./log.ts";

/**
 * A log in the caller's own thread: the same database code without a worker, for tests and for worlds
 * on a virtual clock. A commit blocks the event loop for as long as its fsync takes.
 */
export function openInlineLog(options: DatabaseOptions): Log {
  const database = openDatabase(options);
  return {
    path: options.path,
    append: async (appends, expiresHour) => database.append(appends, expiresHour),
    extent: async (mailbox) => database.extent(mailbox),
    read: async (mailbox, from, bytesMax) => database.read(mailbox, from, bytesMax),
    expire: async (hour) => database.expire(hour),
    checkpoint: async () => database.checkpoint(),
    close: async () => database.close(),
  };
}
