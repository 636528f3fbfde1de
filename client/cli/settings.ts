import { z } from "zod";
import type { Client } from "#client/core/client.ts";
import type { Store } from "#client/core/ports.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";

const settingsKey = "cli/settings";
const settingsSchema = z.strictObject({ v: z.literal(1), channel: z.string().nullable() });

/**
 * The channel that a verb means: the one named, else the one chosen by `use`, else the only one. The
 * choice lies in the vault: a channel's name is nobody's business. Failure `no-channel`.
 */
export async function chooseChannel(
  session: { readonly client: Client; readonly store: Store },
  named: string | null,
): Promise<string> {
  const names = session.client.channels().map((channel) => channel.name);
  const chosen = named ?? (await currentChannel(session));
  if (chosen === null) {
    throw new Failure("no-channel", names.length === 0 ? "this vault has none" : "none is chosen");
  }
  if (!names.includes(chosen)) throw new Failure("no-channel", JSON.stringify(chosen));
  return chosen;
}

/** The channel chosen by `use`, else the only one, else null. */
export async function currentChannel(session: {
  readonly client: Client;
  readonly store: Store;
}): Promise<string | null> {
  const names = session.client.channels().map((channel) => channel.name);
  const bytes = await session.store.read(settingsKey);
  if (bytes !== null) {
    const parsed = settingsSchema.safeParse(decodeCbor(bytes, settingsKey));
    if (!parsed.success) throw new Failure("vault-damaged", `${settingsKey}: not its form`);
    if (parsed.data.channel !== null && names.includes(parsed.data.channel)) {
      return parsed.data.channel;
    }
  }
  return names.length === 1 ? (names[0] as string) : null;
}

/** Makes verbs mean a channel from now on. */
export async function useChannel(store: Store, channel: string | null): Promise<void> {
  const bytes = encodeCbor({ v: 1, channel });
  await store.save([{ key: settingsKey, bytes, tier: "hot" }]);
}
