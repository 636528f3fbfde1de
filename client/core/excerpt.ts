import { z } from "zod";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { version } from "./field.ts";
import type { Random } from "./ports.ts";
import { forgeProof, makeProof, type Proof, readProof } from "./proof.ts";
import type { Channel } from "./state.ts";

const octets = z
  .string()
  .regex(/^([0-9a-f]{2})+$/)
  .max(4 * limits.textBytesMax);

export const excerptSchema = z.strictObject({
  v: version,
  type: z.literal("excerpt"),
  from: z.string(),
  text: z.string(),
  proof: z.strictObject({ suite: z.int(), key: octets, context: octets, content: octets }),
});

/** One line of a talk with the proof that it was signed: what somebody hands on to the press. */
export type Excerpt = z.infer<typeof excerptSchema>;

/** The excerpt that a proof is of, said to be this member's; null where the proof does not hold. */
export function excerptOf(from: string, proof: Proof): Excerpt | null {
  const text = readProof(proof)?.text;
  return text === undefined ? null : { v: limits.version, type: "excerpt", from, text, proof };
}

/**
 * An excerpt in which a member says what it never said, signed with a key that it has released. It passes
 * `provesText` like a true one. `epoch`: a key that was good then; the latest one otherwise. `over`: a true line of
 * that member, of which everything but the words is kept, so that it fits to others of its epoch. Failure
 * `not-found` where no such key of that label has been released.
 */
export function forgeExcerpt(
  channel: Channel,
  said: {
    readonly from: string;
    readonly text: string;
    readonly epoch?: number;
    readonly over?: Excerpt;
    readonly random: Random;
  },
): Excerpt {
  const { from, text, epoch, over, random } = said;
  if (over !== undefined) return forgeOver(channel, { from, text, over });
  const released = channel.retired.known
    .filter((key) => key.label === from && key.seed !== null)
    .toSorted((one, other) => one.epoch - other.epoch);
  // The key of an epoch is the first one that lasted until then; an earlier one was replaced before.
  const key =
    epoch === undefined
      ? released.at(-1)
      : channel.retired.known
          .filter((one) => one.label === from && one.epoch >= epoch)
          .toSorted((one, other) => one.epoch - other.epoch)[0];
  if (key === undefined || key.seed === null) {
    throw new Failure(
      "not-found",
      "no key that this member signed with then has been released here",
    );
  }
  const { leaf, seed, context } = key;
  const suite = channel.group.suite.id;
  const proof = makeProof({ suite, leaf, seed, context, text, random });
  return { v: limits.version, type: "excerpt", from, text, proof };
}

function forgeOver(
  channel: Channel,
  { from, text, over }: { readonly from: string; readonly text: string; readonly over: Excerpt },
): Excerpt {
  const key = channel.retired.known.find(({ label, publicKey }) => {
    return label === from && hex(publicKey) === over.proof.key;
  });
  if (key === undefined || key.seed === null || !provesText(over)) {
    throw new Failure("not-found", "no key that this line is signed with has been released here");
  }
  const { secretKey } = signingKeyPair(key.seed);
  const proof = forgeProof(over.proof, text, secretKey);
  secretKey.fill(0);
  return { v: limits.version, type: "excerpt", from, text, proof };
}

/** Inverse of JSON. Failure `malformed`; null for what does not look like an excerpt at all. */
export function parseExcerpt(json: string): Excerpt | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const isOne = z.looseObject({ type: z.literal("excerpt") }).safeParse(value).success;
  if (!isOne) return null;
  const parsed = excerptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Failure("malformed", `excerpt: bad ${place}`);
}

/** Whether the key in an excerpt signed this text. Whose key it was is for others to say. */
export function provesText({ text, proof }: Excerpt): boolean {
  return readProof(proof)?.text === text;
}
