import type { Dialer } from "#client/core/ports.ts";
import { systemRandom } from "#client/node/random.ts";
import type { Relay } from "#server/relay.ts";
import { hex } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { decodeBatch, encodeBatch, frameIdBytes } from "#shared/records.ts";
import { parseControl, socketReply, socketRequest } from "#shared/wire.ts";

/** What the relay's operator writes down of one connection: one line of the wire log. */
export interface WireLine {
  readonly atMs: number;
  /** From where it was dialled: the same line is the same network address (ASSUMED: nobody uses Tor). */
  readonly line: string;
  readonly side: "first" | "second";
  readonly what: "opened" | "stored" | "withheld";
  /** Lower-case hex. */
  readonly mailbox: string;
  /** Lower-case hex; null for an opened mailbox. */
  readonly frameId: string | null;
  readonly bytes: number | null;
}

/** Above a text of the lab and below any commit: what a relay has to go by is the padded size. */
const commitBytesMin = 2_048;
/** An append of the relay's own, over somebody's connection; no client counts as far. */
const ownRefFirst = 0xf000_0000;

/**
 * A relay whose operator lies: two real relays behind one address. It can show some lines the second relay
 * and the rest the first, and swallow what looks like one line's commits. It cannot open a single frame.
 */
export interface TwoFacedRelay {
  /** The relay as one line dials it. */
  dialer(line: string): Dialer;
  /** From now on these lines are served by the second relay; their connections break once. */
  split(lines: readonly string[], second: Relay): void;
  /** Drops the commits that this line appends in the next so many mailboxes in which it appends one. */
  withhold(line: string, mailboxes: number): void;
  /** Appends the last text of each side behind the end of the other's log; whether there was one of each. */
  cross(): boolean;
  readonly log: readonly WireLine[];
}

interface Connection {
  readonly line: string;
  readonly side: WireLine["side"];
  readonly asked: Map<number, string>;
  /** Mailboxes by handle. */
  readonly open: Map<number, string>;
  append(records: Uint8Array): void;
  end(): void;
}

export function twoFacedRelay(first: Relay, now: () => number): TwoFacedRelay {
  const log: WireLine[] = [];
  const connections = new Set<Connection>();
  const onSecond = new Set<string>();
  const withheld = new Map<string, { left: number; readonly mailboxes: Set<string> }>();
  const last = new Map<
    WireLine["side"],
    { readonly mailbox: string; readonly frame: Uint8Array }
  >();
  /** Lines of the channel that is split: they have a mailbox in common with those that are moved. */
  let concerned: ReadonlySet<string> = new Set();
  let second: Relay | null = null;
  let ownRef = ownRefFirst;

  const note = (
    { line, side }: Connection,
    what: WireLine["what"],
    mailbox: string,
    frame: { readonly frameId: Uint8Array; readonly frame: Uint8Array } | null = null,
  ): void => {
    const frameId = frame === null ? null : hex(frame.frameId);
    log.push({
      atMs: now(),
      line,
      side,
      what,
      mailbox,
      frameId,
      bytes: frame?.frame.length ?? null,
    });
  };
  const isWithheld = (line: string, mailbox: string, bytes: number): boolean => {
    const plan = withheld.get(line);
    if (plan === undefined || bytes < commitBytesMin) return false;
    if (plan.mailboxes.has(mailbox)) return true;
    if (plan.left === 0) return false;
    plan.left -= 1;
    plan.mailboxes.add(mailbox);
    return true;
  };
  /** What the relay is given of a batch; null when nothing is left. */
  const toRelay = (connection: Connection, data: Uint8Array): Uint8Array | null => {
    const records = decodeBatch(data).filter((record) => {
      if (record.kind !== "append") return true;
      const mailbox = connection.open.get(record.handle) ?? "";
      const isDropped = isWithheld(connection.line, mailbox, record.frame.length);
      note(connection, isDropped ? "withheld" : "stored", mailbox, record);
      if (record.frame.length < commitBytesMin && concerned.has(connection.line)) {
        last.set(connection.side, { mailbox, frame: record.frame.slice() });
      }
      return !isDropped;
    });
    return records.length === 0 ? null : encodeBatch(records);
  };
  /** What the client is told: everything but the answers to what it never asked. */
  const toClient = (connection: Connection, data: string | Uint8Array) => {
    if (typeof data === "string") {
      const reply = parseControl(socketReply, data);
      if (reply.type !== "opened") return data;
      connection.open.set(reply.handle, connection.asked.get(reply.ref) ?? "");
      return data;
    }
    const records = decodeBatch(data).filter((one) => one.kind !== "ack" || one.ref < ownRefFirst);
    return records.length === 0 ? null : encodeBatch(records);
  };

  const dialSocket = (line: string, address: string, events: Parameters<Dialer["dial"]>[2]) => {
    const relay = onSecond.has(line) ? second : first;
    assert(relay !== null, "a line is moved to a relay that is there");
    let isOpen = true;
    const finish = (reason: string): void => {
      if (!isOpen) return;
      isOpen = false;
      connections.delete(connection);
      events.closed(reason);
    };
    const loop = relay.connect(
      "socket",
      {
        opened: () => isOpen && events.opened(),
        message: (data) => {
          if (!isOpen) return;
          const told = toClient(connection, data);
          if (told !== null) events.message(told);
        },
        closed: finish,
      },
      address,
    );
    const connection: Connection = {
      line,
      side: onSecond.has(line) ? "second" : "first",
      asked: new Map(),
      open: new Map(),
      append: (records) => loop.send(records),
      end: () => {
        loop.close();
        finish("the relay hung up");
      },
    };
    connections.add(connection);
    return {
      send(data: string | Uint8Array) {
        if (typeof data !== "string") {
          const passed = toRelay(connection, data);
          if (passed !== null) loop.send(passed);
          return;
        }
        const request = parseControl(socketRequest, data);
        if (request.type === "open") {
          connection.asked.set(request.ref, hex(request.mailbox));
          note(connection, "opened", hex(request.mailbox));
        }
        loop.send(data);
      },
      close: () => loop.close(),
    };
  };

  /** Over a connection that has the mailbox open: whoever serves it can speak for it. */
  const plant = (side: WireLine["side"], mailbox: string, frame: Uint8Array): boolean => {
    for (const connection of connections) {
      if (connection.side !== side) continue;
      const handle = [...connection.open].find(([, name]) => name === mailbox)?.[0];
      if (handle === undefined) continue;
      const record = { kind: "append", ref: ownRef++, handle, frame } as const;
      connection.append(encodeBatch([{ ...record, frameId: systemRandom(frameIdBytes) }]));
      return true;
    }
    return false;
  };

  return {
    dialer: (line) => ({
      dial(address, path, events) {
        if (path === "socket") return dialSocket(line, address, events);
        return first.connect(path, events, address);
      },
    }),
    split(lines, relay) {
      second = relay;
      for (const line of lines) onSecond.add(line);
      const mailboxesOf = (connection: Connection) => [...connection.open.values()];
      const all = [...connections];
      const shared = new Set(all.filter(({ line }) => onSecond.has(line)).flatMap(mailboxesOf));
      const joined = all.filter((one) => mailboxesOf(one).some((name) => shared.has(name)));
      concerned = new Set(joined.map(({ line }) => line));
      for (const connection of [...connections]) {
        if (onSecond.has(connection.line)) connection.end();
      }
    },
    withhold(line, mailboxes) {
      withheld.set(line, { left: mailboxes, mailboxes: new Set() });
    },
    cross() {
      const [one, other] = [last.get("first"), last.get("second")];
      if (one === undefined || other === undefined) return false;
      const planted = [
        plant("first", one.mailbox, other.frame),
        plant("second", other.mailbox, one.frame),
      ];
      return planted.every((isPlanted) => isPlanted);
    },
    log,
  };
}
