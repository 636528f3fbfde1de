import { lstat, readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "./evidence-limits.ts";

const truthMessage = z.strictObject({
  /** Message id, lower-case hex. */
  id: z.string(),
  channel: z.string(),
  /** Label of the author. */
  from: z.string(),
  text: z.string(),
  /** The epoch in which the channel read it. */
  epoch: z.number().int(),
  session: z.number().int(),
  /** When it reached the relay. */
  atMs: z.number(),
});

const truthEpoch = z.strictObject({
  channel: z.string(),
  epoch: z.number().int(),
  /** Names of this epoch's mailboxes in order, lower-case hex. */
  mailboxes: z.array(z.string()),
  /** What began the epoch, and by whose commit. */
  began: z.enum(["opened", "admission", "update", "removal", "other"]),
  committer: z.string().nullable(),
  atMs: z.number(),
});

const relayTruth = z.strictObject({
  /** When it began to show two logs, and to whom: labels, the first member's half first. */
  split: z.strictObject({ atMs: z.number(), halves: z.array(z.array(z.string())) }).nullable(),
  /** Epochs of the channel in scope in which it swallowed a commit. */
  withheld: z.array(z.number().int()),
  /** Everything that made a member look up, from the first message on. */
  signals: z.array(z.strictObject({ atMs: z.number(), by: z.string(), code: z.string() })),
  /** Texts as members' clients took them in: message id and label of the reader. */
  taken: z.array(z.strictObject({ atMs: z.number(), by: z.string(), id: z.string() })),
});

const guestTruth = z.strictObject({
  label: z.string(),
  atMs: z.number(),
  /** The code with which he was turned away at the door; null when he was let in. */
  turnedAway: z.string().nullable(),
  /** What the members' own list says of him. */
  admittedBy: z.array(z.strictObject({ label: z.string(), check: z.string() })),
  /** When he was removed, and by whom; null when he was not. */
  removed: z.strictObject({ atMs: z.number(), by: z.string() }).nullable(),
});

/** What really happened. Only the scorer reads it: it never lies in a bundle, and no attack may import it. */
export const truthSchema = z.strictObject({
  v: z.literal(1),
  scenario: z.string(),
  /** The channel in scope; the others are decoys. */
  channel: z.string(),
  members: z.array(z.strictObject({ id: z.string(), label: z.string(), channel: z.string() })),
  /** From which network address each person dialled; absent where no log of addresses is granted. */
  lines: z.array(z.strictObject({ line: z.string(), label: z.string() })).optional(),
  messages: z.array(truthMessage),
  epochs: z.array(truthEpoch),
  /** When the adversary's device was copied; null when no device was. */
  theft: z
    .strictObject({
      actor: z.string(),
      label: z.string(),
      atMs: z.number(),
      epoch: z.number().int(),
    })
    .nullable(),
  /** Message ids whose timer had run out when the device was copied. */
  expired: z.array(z.string()),
  /** Texts whose frame stands in an epoch's mailbox behind the commit that ended this epoch. */
  late: z.array(z.strictObject({ id: z.string(), channel: z.string(), epoch: z.number().int() })),
  /** Those of `late` that the copied device had not been given when it was copied; absent where none was. */
  undelivered: z
    .array(z.strictObject({ id: z.string(), channel: z.string(), epoch: z.number().int() }))
    .optional(),
  /** Frames that were commits, as `mailbox:seq`; the rest were texts or presences. */
  commits: z.array(z.string()),
  secrets: z.record(z.string(), z.string()),
  /** What a relay in the hands of an adversary did, and who noticed; absent where the relay was honest. */
  relay: relayTruth.optional(),
  /** Who came in by mistake, or did not; absent where nobody tried. */
  guest: guestTruth.optional(),
});

export type Truth = z.infer<typeof truthSchema>;
export type TruthMessage = z.infer<typeof truthMessage>;
export type TruthEpoch = z.infer<typeof truthEpoch>;

/** Writes a ground truth after checking it; readable by its owner only. */
export async function writeTruth<T>(path: string, schema: z.ZodType<T>, truth: T): Promise<void> {
  await writeFile(path, `${JSON.stringify(schema.parse(truth), null, 1)}\n`, { mode: 0o600 });
}

/** Failures: `not-found`, `malformed`. */
export async function readTruth(path: string): Promise<Truth> {
  const found = await lstat(path).catch(() => null);
  if (found === null) throw new Failure("not-found", "ground truth: no such file");
  if (found.size > labLimits.truthBytesMax)
    throw new Failure("malformed", "ground truth: too large");
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", "ground truth: not JSON");
  }
  const truth = truthSchema.safeParse(parsed);
  if (!truth.success) throw new Failure("malformed", "ground truth: not the lab's");
  return truth.data;
}

/** Messages of the channel in scope, in the order in which they were sent. */
export function inScope(truth: Truth): readonly TruthMessage[] {
  return truth.messages.filter((message) => message.channel === truth.channel);
}
