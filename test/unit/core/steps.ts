import { sealedCipher } from "#client/core/cipher.ts";
import type { Event } from "#client/core/event.ts";
import { foundChannel, newChannel } from "#client/core/founding.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { type Body, composeBody } from "#client/core/message.ts";
import { changesBetween, loadChannel } from "#client/core/persist.ts";
import { defaultPolicy, type Policy } from "#client/core/policy.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { step } from "#client/core/session.ts";
import type { Channel } from "#client/core/state.ts";
import type { Effect } from "#client/core/turn.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { createKeyPackage, joinGroup } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { type MemoryStore, memoryStore, seededRandom } from "#test/simulation/kit.ts";

await ready();

/** One seat as bare state, with the events that wait for it and the effects that nobody carries out. */
export interface Node {
  channel: Channel;
  readonly inbox: Event[];
  /** Mailboxes that are open, with the number of their opening. */
  readonly openings: Map<string, number>;
  readonly effects: Effect[];
  readonly store: MemoryStore;
  /** While true, events only pile up. */
  isHeld: boolean;
}

/** Seats and an ideal relay in one hand: nothing happens but what a test does, and `run`. */
export interface Table {
  now: number;
  readonly nodes: Node[];
  readonly random: (bytes: number) => Uint8Array;
  log(mailbox: string): { readonly id: string; readonly frame: Uint8Array }[];
  do(node: Node, event: Event): void;
  /** Lets every node that is not held take what waits for it, one event each in turn. */
  run(): void;
  append(mailbox: string, frame: Uint8Array, id?: string): number;
  /** Appends a sealed MLSMessage of this node to its current mailbox. */
  post(node: Node, message: Uint8Array): void;
  /** Says a body that an honest client would not say; its state goes on as if it had. */
  say(node: Node, body: Partial<Body>): void;
  reload(node: Node): Promise<Channel>;
  tick(...nodes: readonly Node[]): void;
}

export function notices(node: Node) {
  return node.effects.flatMap((effect) => (effect.type === "notice" ? [effect.notice] : []));
}

export function texts(node: Node): string[] {
  return [...node.channel.segments.values()].flatMap(({ messages }) =>
    messages.map(({ text }) => text),
  );
}

function createTable(): Table {
  const random = seededRandom(4711);
  const logs = new Map<string, { id: string; frame: Uint8Array }[]>();
  const save = (node: Node, before: Channel | null, after: Channel): void => {
    for (const { key, bytes } of changesBetween(before, after)) {
      if (bytes === null) node.store.records.delete(key);
      else node.store.records.set(key, bytes.slice());
    }
  };
  const carryOut = (node: Node, effect: Effect): void => {
    if (effect.type === "open") {
      const { opening, from } = effect;
      const mailbox = effect.keys.name;
      const log = table.log(mailbox);
      const head = log.length;
      node.openings.set(mailbox, opening);
      node.inbox.push({ type: "opened", mailbox, opening, head, oldest: 1 });
      for (let seq = from; seq <= head; seq++) {
        const frame = log[seq - 1]?.frame as Uint8Array;
        node.inbox.push({ type: "frame", mailbox, opening, seq, frame });
      }
      node.inbox.push({ type: "live", mailbox, opening, head });
    } else if (effect.type === "close") node.openings.delete(effect.mailbox);
    else if (effect.type === "post") {
      const seq = table.append(effect.mailbox, effect.frame, hex(effect.frameId));
      node.inbox.push({ type: "acked", frameId: effect.frameId, seq });
    } else node.effects.push(effect);
  };
  const table: Table = {
    now: 1_000_000,
    nodes: [],
    random,
    log(mailbox) {
      const log = logs.get(mailbox) ?? [];
      logs.set(mailbox, log);
      return log;
    },
    do(node, event) {
      const surroundings = { now: table.now, random, cipher: sealedCipher };
      const stepped = step(node.channel, event, surroundings);
      save(node, node.channel, stepped.channel);
      node.channel = stepped.channel;
      for (const effect of stepped.effects) carryOut(node, effect);
      for (const secret of stepped.spent) secret.fill(0);
    },
    run() {
      for (let round = 0; round < 5_000; round++) {
        const busy = table.nodes.filter(({ isHeld, inbox }) => !isHeld && inbox.length > 0);
        if (busy.length === 0) return;
        for (const node of busy) table.do(node, node.inbox.shift() as Event);
      }
      throw new Error("the table does not come to rest");
    },
    append(mailbox, frame, id = hex(random(8))) {
      const log = table.log(mailbox);
      const at = log.findIndex((one) => one.id === id);
      if (at >= 0) return at + 1;
      log.push({ id, frame });
      for (const node of table.nodes) {
        const opening = node.openings.get(mailbox);
        if (opening === undefined) continue;
        node.inbox.push({ type: "frame", mailbox, opening, seq: log.length, frame });
      }
      return log.length;
    },
    post({ channel }, message) {
      table.append(channel.keys.name, sealedCipher.seal(channel.keys, message, random));
    },
    say(node, body) {
      const { session } = node.channel;
      const { position, head } = session.log.chain;
      const composed = composeBody({
        v: 1,
        id: random(16),
        counter: session.counter,
        seen: { position, head },
        previous: session.previous,
        content: { kind: "presence" },
        ...body,
      });
      const { group, message } = sealedCipher.protect(node.channel.group, composed, random);
      node.channel = { ...node.channel, group };
      table.post(node, message);
    },
    reload: (node) => loadChannel(node.store, node.channel.id),
    tick(...nodes) {
      for (const node of nodes) table.do(node, { type: "tick" });
      table.run();
    },
  };
  return table;
}

function sit(table: Table, channel: Channel): Node {
  const node: Node = {
    channel,
    inbox: [],
    openings: new Map(),
    effects: [],
    store: memoryStore(),
    isHeld: false,
  };
  for (const { key, bytes } of changesBetween(null, channel)) {
    if (bytes !== null) node.store.records.set(key, bytes.slice());
  }
  table.nodes.push(node);
  table.do(node, { type: "up" });
  table.run();
  return node;
}

/** A channel of these seats, connected and at rest. The first has let in all others. */
export function seatAll(labels: readonly string[], policy: Partial<Policy> = {}) {
  const table = createTable();
  const { random } = table;
  const [first, ...others] = labels;
  const common = { name: "line", relay: "relay.test", now: table.now, random, suite: xwingSuite };
  const whole = { ...defaultPolicy, approvals: 1, ...policy };
  const founder = sit(
    table,
    foundChannel({
      ...common,
      label: first as string,
      policy: whole,
      declaration: { archives: false },
    }),
  );
  for (const label of others) {
    const { keyPackage, secrets } = createKeyPackage({
      suite: xwingSuite,
      identity: encodeIdentity({ label, person: random(16) }),
      extensionTypes: channelExtensions,
      random,
    });
    table.do(founder, { type: "wish", wish: { kind: "admit", id: label, label, keyPackage } });
    table.run();
    const grant = founder.channel.plans.grants.find(({ id }) => id === label);
    if (grant === undefined) throw new Error(`${label} was not let in`);
    const { welcome, previous } = grant;
    const rules = channelGroupRules;
    const { group } = joinGroup({ suite: xwingSuite, rules, welcome, keyPackage, secrets });
    table.do(founder, { type: "taken", invite: label });
    sit(table, newChannel({ ...common, id: hex(random(16)), group, previous }));
  }
  for (const node of table.nodes) node.effects.length = 0;
  return { table, nodes: table.nodes };
}
