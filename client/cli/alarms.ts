import { z } from "zod";
import type { AlarmCode, AlarmView } from "#client/core/client.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import type { Session } from "./caller.ts";

/**
 * Alarms that could mean a false log or a split group: no verb can tell, only members who compare the
 * epoch's words by voice. Until somebody says that they have, `status` and `recv` end with exit code 8.
 */
const needVoice: ReadonlySet<AlarmCode> = new Set([
  "fork",
  "replay",
  "reordered",
  "short-log",
  "rolled-back",
  "halted",
  "complaint",
  "split-suspected",
]);

const recordKey = "cli/compared";
const recordSchema = z.strictObject({
  v: z.literal(1),
  channels: z.array(z.strictObject({ id: z.string(), alarms: z.array(z.string()) })),
});
type Compared = z.infer<typeof recordSchema>;

function keyOf({ code, epoch, from, detail }: AlarmView): string {
  return JSON.stringify([code, epoch, from, detail]);
}

async function loadCompared({ store }: Session): Promise<Compared> {
  const bytes = await store.read(recordKey);
  if (bytes === null) return { v: 1, channels: [] };
  const parsed = recordSchema.safeParse(decodeCbor(bytes, recordKey));
  if (!parsed.success) throw new Failure("vault-damaged", `${recordKey}: not its form`);
  return parsed.data;
}

/** The alarms of a channel that ask for a comparison by voice which nobody has made yet. */
export async function openAlarms(session: Session, channel: string): Promise<AlarmView[]> {
  const { id, alarms } = session.client.status(channel);
  const { channels } = await loadCompared(session);
  const compared = channels.find((one) => one.id === id)?.alarms ?? [];
  return alarms.filter((alarm) => needVoice.has(alarm.code) && !compared.includes(keyOf(alarm)));
}

/** Notes that the words were compared by voice and agree: the alarms so far are settled. */
export async function compareAlarms(session: Session, channel: string): Promise<void> {
  const { id, alarms } = session.client.status(channel);
  const ids = new Set(session.client.channels().map((view) => view.id));
  const { channels } = await loadCompared(session);
  // Of channels that were wiped or have closed nothing stays.
  const others = channels.filter((one) => one.id !== id && ids.has(one.id));
  const record = { v: 1, channels: [...others, { id, alarms: alarms.map(keyOf) }] };
  await session.store.save([{ key: recordKey, bytes: encodeCbor(record), tier: "hot" }]);
}

/** Failure `alarm` while an alarm asks for a comparison by voice. */
export async function requireCompared(session: Session, channel: string): Promise<void> {
  const open = await openAlarms(session, channel);
  if (open.length === 0) return;
  const codes = [...new Set(open.map(({ code }) => code))].join(", ");
  throw new Failure("alarm", `${channel}: ${codes}`);
}
