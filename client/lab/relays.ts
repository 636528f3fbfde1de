import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock, Dialer } from "#client/core/ports.ts";
import { type Relay, startRelay } from "#server/relay.ts";
import { assert } from "#shared/failure.ts";
import { imageDatabase } from "./bundle.ts";
import { type AccessLine, type LoggingRelay, loggingRelay } from "./weak/logging-relay.ts";
import { type TwoFacedRelay, twoFacedRelay } from "./weak/two-faced-relay.ts";

/** What the relay of every world is called. */
export const relayHost = "relay.lab";

/** Where a relay of that name is dialled; a world's first one is called `relay`. */
export function relayAddress(name: string): string {
  return `${name}.lab`;
}

/** The relays of a world; two real ones behind the first one's address where an adversary runs it. */
export interface Relays {
  readonly first: Relay;
  /** Null where the relay is honest. */
  readonly front: TwoFacedRelay | null;
  /** What the first relay's operator wrote down; null where none does. */
  readonly accessLog: readonly AccessLine[] | null;
  /** Path of a relay's database, by the name that scenarios give it. */
  pathOf(name: string): string;
  /** Path of the second relay's database; null before the split. */
  secondPath(): string | null;
  /** The relays as one network address dials them. */
  dialer(line: string): Dialer;
  /** Starts the second relay on a copy of the first one's log and moves these lines over to it. */
  split(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function startRelays(plan: {
  readonly folder: string;
  readonly clock: Clock;
  readonly isHostile: boolean;
  /** Whether the first relay's operator writes down network addresses; not together with a hostile one. */
  readonly isLogged?: boolean;
  /** How long frames are kept; the product's own time where absent. */
  readonly retentionMs?: number;
  /** Names of relays beside the first. */
  readonly others?: readonly string[];
}): Promise<Relays> {
  const { folder, clock, isHostile, isLogged = false, retentionMs, others = [] } = plan;
  assert(!(isHostile && isLogged), "a hostile relay keeps a log of its own");
  const start = (data: string, address = relayHost) =>
    startRelay({
      ...{ listen: null, addresses: [address], data, thread: "inline", clock },
      ...(retentionMs === undefined ? {} : { retentionMs }),
    });
  const first = await start(join(folder, "relay"));
  const front = isHostile ? twoFacedRelay(first, () => clock.now()) : null;
  const logging: LoggingRelay | null = isLogged ? loggingRelay(first, () => clock.now()) : null;
  let second: Relay | null = null;
  const more = new Map<string, Relay>();
  for (const name of others) {
    const address = relayAddress(name);
    more.set(address, await start(join(folder, `relay-${name}`), address));
  }
  return {
    first,
    front,
    accessLog: logging?.log ?? null,
    pathOf(name) {
      const { path } = (more.get(relayAddress(name)) ?? first).store;
      assert(path !== null, "a world's relay has a file");
      return path;
    },
    secondPath: () => second?.store.path ?? null,
    dialer(line) {
      if (front !== null) return front.dialer(line);
      const logged = logging?.dialer(line) ?? null;
      return {
        dial(address, path, events) {
          const other = more.get(address);
          if (other === undefined && logged !== null) return logged.dial(address, path, events);
          return (other ?? first).connect(path, events, address);
        },
      };
    },
    async split(lines) {
      const { path } = first.store;
      assert(
        front !== null && path !== null && second === null,
        "only a hostile relay splits, once",
      );
      const copy = (await imageDatabase(path)).get("relay/relay.sqlite");
      assert(copy !== undefined, "a running relay has a database");
      const data = join(folder, "second");
      await mkdir(data, { recursive: true, mode: 0o700 });
      await writeFile(join(data, basename(path)), copy);
      second = await start(data);
      front.split(lines, second);
    },
    async close() {
      await first.close();
      await second?.close();
      for (const relay of more.values()) await relay.close();
    },
  };
}
