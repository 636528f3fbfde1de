import { z } from "zod";
import { base64url, unbase64url } from "./bytes.ts";
import { limits } from "./limits.ts";
import { errorMessage, octets } from "./wire.ts";

/**
 * Control messages of `/v1/rendezvous`, JSON only. A nameplate holds one two-sided log in the relay's
 * memory, so that either side can reconnect, say `claim` or `join` again with its token, and go on.
 */

/** Octets of a side's token: random, chosen by the side, proof that a reconnecting side is the same. */
export const sideBytes = 16;

const version = z.literal(limits.version);
const side = octets(sideBytes);
const nameplate = z.string().regex(/^[0-9]{6}$/);
const index = z.int().min(0).max(0xffff);
const textMax = Math.ceil((limits.rendezvousBodyBytesMax * 4) / 3);
const body = z.codec(z.string().min(1).max(textMax), z.custom<Uint8Array>(), {
  decode: (text, context) => {
    const bytes = unbase64url(text);
    if (bytes !== null) return bytes;
    context.issues.push({ code: "custom", input: text, message: "not base64url" });
    return z.NEVER;
  },
  encode: base64url,
});

/** How a rendezvous ended; relays count them and keep nothing else. */
export const moods = ["happy", "lonely", "scary", "errory"] as const;
export type Mood = (typeof moods)[number];
const mood = z.enum(moods);

const claim = z.strictObject({
  v: version,
  type: z.literal("claim"),
  side,
  expiresMs: z.int().min(1).max(limits.nameplateMsMax),
});
const join = z.strictObject({ v: version, type: z.literal("join"), side, nameplate });
const post = z.strictObject({ v: version, type: z.literal("post"), index, body });
const finish = z.strictObject({ v: version, type: z.literal("finish"), mood });

const claimed = z.strictObject({
  v: version,
  type: z.literal("claimed"),
  nameplate,
  /** Milliseconds since 1970, by the relay's clock. */
  expiresAt: z.int().min(0),
});
const joined = z.strictObject({ v: version, type: z.literal("joined") });
const posted = z.strictObject({ v: version, type: z.literal("posted"), index });
const message = z.strictObject({ v: version, type: z.literal("message"), index, body });
const finished = z.strictObject({ v: version, type: z.literal("finished"), mood });

/** What a side says: claim or join once, post 0, 1, 2 …, finish. */
export const rendezvousRequest = z.discriminatedUnion("type", [claim, join, post, finish]);
/** What the relay says. Errors carry `ref` null: requests are answered in their order. */
export const rendezvousReply = z.discriminatedUnion("type", [
  claimed,
  joined,
  posted,
  message,
  finished,
  errorMessage,
]);

export type RendezvousRequest = z.output<typeof rendezvousRequest>;
export type RendezvousReply = z.output<typeof rendezvousReply>;
