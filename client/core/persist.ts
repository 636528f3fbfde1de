import type { z } from "zod";
import { signingKeyPair } from "#client/crypto/signing.ts";
import {
  decodeGroup,
  decodePastEpoch,
  encodeEpoch,
  encodePastEpoch,
  encodeRatchets,
  encodeSecretTree,
  type Group,
  type PastEpoch,
} from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { type MailboxKeys, mailboxKeys } from "./mailbox.ts";
import { type Content, contentSchema } from "./message.ts";
import type { Change, Store } from "./ports.ts";
import { retiredSchema } from "./retired.ts";
import { channelGroupRules } from "./rules.ts";
import {
  type Channel,
  type Late,
  lateKeysSchema,
  linkDown,
  type Pending,
  pendingSchema,
  plansSchema,
  reportsSchema,
  type Segment,
  segmentSchema,
  sessionSchema,
  settingsSchema,
} from "./state.ts";

/**
 * A channel's records in the vault, all under `channel/<id>/`:
 *
 *     settings                                 name, relay
 *     session            (hot)                 counters, positions, outbox
 *     epoch tree ratchets (ratchets hot)       the MLS state in its three parts
 *     late/<epoch>/…     epoch tree ratchets keys of a past epoch, while its window is open
 *     pending pending-epoch pending-tree pending-ratchets   the own commit on its way, with its Welcome
 *     plans  reports  retired                  wishes; gaps and alarms; former signature keys
 *     frame/<frame id>  content/<message id>  messages/<segment>
 *
 * A part is written when its object has changed, so a message costs the hot records, its frame and
 * one segment, whatever the size of the group.
 */
interface Part {
  readonly key: string;
  readonly tier: "hot" | "cold";
  /** What decides whether the record has changed: compared by identity. */
  readonly of: unknown;
  /** Bytes of the record, or null when there is none. */
  encode(): Uint8Array | null;
}

function mlsParts(prefix: string, state: Group | PastEpoch | null): Part[] {
  const encoded = (encode: (state: Group | PastEpoch) => Uint8Array) => () => {
    return state === null ? null : encode(state);
  };
  return [
    {
      key: `${prefix}epoch`,
      tier: "cold",
      of: state?.state,
      encode: encoded((one) => (one.kind === "group" ? encodeEpoch(one) : encodePastEpoch(one))),
    },
    {
      key: `${prefix}tree`,
      tier: "cold",
      of: state?.secretTree,
      encode: encoded(encodeSecretTree),
    },
    { key: `${prefix}ratchets`, tier: "hot", of: state?.chains, encode: encoded(encodeRatchets) },
  ];
}

function lateParts({ past, keys }: Late): Part[] {
  const prefix = `late/${past.epoch}/`;
  const encode = () => encodeLateKeys(keys);
  return [...mlsParts(prefix, past), { key: `${prefix}keys`, tier: "cold", of: keys, encode }];
}

function partsOf(channel: Channel): Part[] {
  const cbor = <T>(
    key: string,
    tier: "hot" | "cold",
    schema: z.ZodType<T>,
    value: NoInfer<T> | null,
  ): Part => ({
    key,
    tier,
    of: value,
    encode: () => (value === null ? null : composeRecord(schema, value, key)),
  });
  const { late, pending } = channel;
  return [
    cbor("settings", "cold", settingsSchema, channel.settings),
    cbor("session", "hot", sessionSchema, channel.session),
    cbor("plans", "cold", plansSchema, channel.plans),
    cbor("reports", "cold", reportsSchema, channel.reports),
    cbor("retired", "cold", retiredSchema, channel.retired),
    ...mlsParts("", channel.group),
    ...late.flatMap(lateParts),
    ...mlsParts("pending-", pending?.group ?? null),
    cbor("pending", "cold", pendingSchema, pending?.meta ?? null),
  ];
}

/** What has to be saved to get from one state of a channel to another; everything when there was none. */
export function changesBetween(before: Channel | null, after: Channel): Change[] {
  const prefix = recordPrefix(after.id);
  const old = new Map((before === null ? [] : partsOf(before)).map((part) => [part.key, part]));
  const changes: Change[] = [];
  const parts = partsOf(after);
  const names = new Set(parts.map(({ key }) => key));
  for (const { key, tier } of old.values()) {
    if (!names.has(key)) changes.push({ key: prefix + key, tier, bytes: null });
  }
  for (const part of parts) {
    const was = old.get(part.key);
    if (was !== undefined && was.of === part.of) continue;
    const bytes = part.encode();
    if (bytes === null && was === undefined) continue;
    changes.push({ key: prefix + part.key, tier: part.tier, bytes });
  }
  const content = (value: Content) => composeRecord(contentSchema, value, "content");
  const segment = (value: Segment) => composeRecord(segmentSchema, value, "messages");
  const maps = [
    ["frame", before?.frames, after.frames, (frame: Uint8Array) => frame],
    ["content", before?.contents, after.contents, content],
    ["messages", before?.segments, after.segments, segment],
  ] as const;
  for (const [name, was, is, encode] of maps) {
    if (was === is) continue;
    changes.push(...mapChanges(`${prefix}${name}/`, was ?? new Map(), is, encode as Encode));
  }
  return changes;
}

type Encode = (value: unknown) => Uint8Array;

function mapChanges(
  prefix: string,
  was: ReadonlyMap<string | number, unknown>,
  is: ReadonlyMap<string | number, unknown>,
  encode: Encode,
): Change[] {
  const changes: Change[] = [];
  for (const key of was.keys()) {
    if (!is.has(key)) changes.push({ key: `${prefix}${key}`, tier: "cold", bytes: null });
  }
  for (const [key, value] of is) {
    if (was.get(key) === value) continue;
    changes.push({ key: `${prefix}${key}`, tier: "cold", bytes: encode(value) });
  }
  return changes;
}

function encodeLateKeys(keys: readonly MailboxKeys[]): Uint8Array {
  const stored = keys.map(({ secretKey, frameKey }) => ({
    seed: secretKey.slice(0, 32),
    frameKey,
  }));
  return composeRecord(lateKeysSchema, stored, "late keys");
}

export function recordPrefix(channelId: string): string {
  return `channel/${channelId}/`;
}

/** Forgets a channel entirely. */
export async function wipeRecords(store: Store, prefix: string): Promise<void> {
  const keys = await store.keys(prefix);
  await store.save(keys.map((key) => ({ key, bytes: null, tier: "cold" })));
}

/** Ids of the channels in a vault. */
export async function listChannels(store: Store): Promise<readonly string[]> {
  const keys = await store.keys("channel/");
  return [...new Set(keys.map((key) => key.split("/")[1] ?? ""))];
}

/**
 * A record's bytes. What would not load again is not saved: Failure `internal`, the step is refused
 * and the state before it stands.
 */
export function composeRecord<T>(schema: z.ZodType<T>, value: NoInfer<T>, key: string): Uint8Array {
  const parsed = schema.safeParse(value);
  if (parsed.success) return encodeCbor(parsed.data);
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Failure("internal", `record ${key}: bad ${place}`);
}

/** Parses a record; storage is not trusted more than a wire. Failure `vault-damaged`. */
export function parseRecord<T>(schema: z.ZodType<T>, bytes: Uint8Array, key: string): T {
  const parsed = schema.safeParse(decodeCbor(bytes, key));
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Failure("vault-damaged", `record ${key}: bad ${place}`);
}

/** Reads a channel back. Failure `vault-damaged` when a record is missing or is not what it should be. */
export async function loadChannel(store: Store, id: string): Promise<Channel> {
  const prefix = recordPrefix(id);
  const records = new Map<string, Uint8Array>();
  for (const key of await store.keys(prefix)) {
    const bytes = await store.read(key);
    if (bytes !== null) records.set(key.slice(prefix.length), bytes);
  }
  try {
    return decodeChannel(id, records);
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "vault-damaged") throw error;
    throw new Failure("vault-damaged", `channel ${id}: ${error.message}`);
  }
}

type Records = ReadonlyMap<string, Uint8Array>;

function need(records: Records, key: string): Uint8Array {
  const bytes = records.get(key);
  if (bytes === undefined) throw new Failure("vault-damaged", `record ${key}: is missing`);
  return bytes;
}

function decodeChannel(id: string, records: Records): Channel {
  const parse = <T>(schema: z.ZodType<T>, key: string) => {
    return parseRecord(schema, need(records, key), key);
  };
  const under = (name: string) => {
    const found = [...records].filter(([key]) => key.startsWith(`${name}/`));
    return found.map(([key, bytes]) => [key.slice(name.length + 1), bytes] as const);
  };
  const session = parse(sessionSchema, "session");
  const group = decodeGroup(mlsRecords(records, ""), channelGroupRules);
  const channel: Channel = {
    id,
    settings: parse(settingsSchema, "settings"),
    session,
    group,
    keys: mailboxKeys(group, session.log.overflow),
    late: session.late.map(({ epoch }) => decodeLate(records, epoch)),
    pending: decodePending(records),
    plans: parse(plansSchema, "plans"),
    reports: parse(reportsSchema, "reports"),
    retired: parse(retiredSchema, "retired"),
    frames: new Map(under("frame")),
    contents: new Map(
      under("content").map(([key, bytes]) => [key, parseRecord(contentSchema, bytes, "content")]),
    ),
    segments: new Map(
      under("messages").map(([key, bytes]) => {
        return [Number(key), parseRecord(segmentSchema, bytes, "messages")];
      }),
    ),
    link: linkDown,
  };
  for (const { frameId } of session.kept) need(records, `frame/${hex(frameId)}`);
  for (const { id: message } of session.outbox) need(records, `content/${hex(message)}`);
  const late = new Set(under("late").map(([key]) => key.split("/")[0]));
  if (late.size !== session.late.length) {
    throw new Failure("vault-damaged", "record late: does not fit the session");
  }
  return channel;
}

function mlsRecords(records: Records, prefix: string) {
  return {
    epoch: need(records, `${prefix}epoch`),
    secretTree: need(records, `${prefix}tree`),
    ratchets: need(records, `${prefix}ratchets`),
  };
}

function decodeLate(records: Records, epoch: number): Late {
  const prefix = `late/${epoch}/`;
  const stored = parseRecord(lateKeysSchema, need(records, `${prefix}keys`), `${prefix}keys`);
  const keys = stored.map(({ seed, frameKey }): MailboxKeys => {
    const { publicKey, secretKey } = signingKeyPair(seed);
    return { name: hex(publicKey), publicKey, secretKey, frameKey };
  });
  const past = decodePastEpoch(mlsRecords(records, prefix));
  if (Number(past.epoch) !== epoch) {
    throw new Failure("vault-damaged", `record ${prefix}epoch: is of another epoch`);
  }
  return { past, keys };
}

function decodePending(records: Records): Pending | null {
  if (!records.has("pending")) return null;
  return {
    meta: parseRecord(pendingSchema, need(records, "pending"), "pending"),
    group: decodeGroup(mlsRecords(records, "pending-"), channelGroupRules),
  };
}
