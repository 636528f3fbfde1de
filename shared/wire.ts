import { z } from "zod";
import { base64url, concat, unbase64url, utf8 } from "./bytes.ts";
import { Failure, type FailureCode, isFailureCode } from "./failure.ts";
import { limits } from "./limits.ts";

/** Control messages of `/v1/socket` and challenge. Frames travel in binary batches: records.ts. */

/** Octets of a mailbox name: an Ed25519 public key. */
export const mailboxBytes = 32;
/** Octets of the nonce that a relay draws for each connection. */
export const nonceBytes = 32;
const signatureBytes = 64;

/** A field of exactly so many octets, unpadded base64url on the wire. */
export function octets(size: number): z.ZodType<Uint8Array, string> {
  return z.codec(z.string().max(Math.ceil((size * 4) / 3)), z.custom<Uint8Array>(), {
    decode: (text, context) => {
      const bytes = unbase64url(text);
      if (bytes?.length === size) return bytes;
      context.issues.push({ code: "custom", input: text, message: `not ${size} octets` });
      return z.NEVER;
    },
    encode: base64url,
  });
}

/** An integer that fits into four octets. */
export const u32 = z.int().min(0).max(0xffff_ffff);
const version = z.literal(limits.version);
const code = z.custom<FailureCode>((value) => typeof value === "string" && isFailureCode(value));

/** Relay to client, on both endpoints: what was refused. `ref` names the request, null the connection. */
export const errorMessage = z.strictObject({
  v: version,
  type: z.literal("error"),
  ref: u32.nullable(),
  code,
  message: z.string().max(512),
  retryAfterMs: z.int().min(0).nullable(),
  /** With `expired`: the first position that the mailbox still has. */
  oldest: u32.nullable(),
});

const open = z.strictObject({
  v: version,
  type: z.literal("open"),
  ref: u32,
  mailbox: octets(mailboxBytes),
  /** First position wanted, from 1. */
  from: u32.min(1),
  /** Ed25519 by the mailbox's key over `challengeBytes`. */
  signature: octets(signatureBytes),
});

const close = z.strictObject({ v: version, type: z.literal("close"), handle: u32 });

const hello = z.strictObject({
  v: version,
  type: z.literal("hello"),
  nonce: octets(nonceBytes),
  limits: z.strictObject({
    frameBytesMax: u32,
    batchBytesMax: u32,
    mailboxFramesMax: u32,
    mailboxBytesMax: z.int().min(0),
    openMailboxesMax: u32,
  }),
});

const opened = z.strictObject({
  v: version,
  type: z.literal("opened"),
  ref: u32,
  /** Names the mailbox in this connection's records. Opening it again gives the same handle. */
  handle: u32,
  /** Last position stored, 0 for none yet; it never falls. */
  head: u32,
  /** First position kept; `head + 1` when all are pruned. */
  oldest: u32.min(1),
});

/** Everything up to `head` has been sent; what follows is new. */
const live = z.strictObject({ v: version, type: z.literal("live"), handle: u32, head: u32 });

/** What a client says on `/v1/socket` besides batches of appends. */
export const socketRequest = z.discriminatedUnion("type", [open, close]);
/** What a relay says on `/v1/socket` besides batches of acks and frames. */
export const socketReply = z.discriminatedUnion("type", [hello, opened, live, errorMessage]);

export type SocketRequest = z.output<typeof socketRequest>;
export type SocketReply = z.output<typeof socketReply>;
export type ErrorMessage = z.output<typeof errorMessage>;

/** The text of a control message. A message that breaks its own schema is a defect of ours. */
export function composeControl<T>(schema: z.ZodType<T>, message: NoInfer<T>): string {
  return JSON.stringify(z.encode(schema, message));
}

/**
 * A control message from its text; every unknown key is refused.
 * Failures: `version` for another `v`, `bad-message` for anything else that is not the schema's.
 */
export function parseControl<T>(schema: z.ZodType<T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Failure("bad-message", "control message: not JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  if (typeof json === "object" && json !== null && "v" in json && json.v !== limits.version) {
    throw new Failure("version", `control message: version ${String(json.v).slice(0, 16)}`);
  }
  // Only the place is named: the value may be anything that a stranger sent.
  const where = parsed.error.issues[0]?.path.join(".") || "message";
  throw new Failure("bad-message", `control message: bad ${where.slice(0, 64)}`);
}

/** The error message for a failure. */
export function errorOf(failure: Failure, ref: number | null, oldest: number | null): ErrorMessage {
  return {
    v: limits.version,
    type: "error",
    ref,
    code: failure.code,
    message: failure.message.slice(0, 512),
    retryAfterMs: failure.retryAfterMs === null ? null : Math.ceil(failure.retryAfterMs),
    oldest,
  };
}

const challengeLabel = utf8("Backchannel v1 open\0");

/**
 * What a client signs to open a mailbox:
 *
 *     "Backchannel v1 open" ‖ 0x00 ‖ length u16 ‖ address (UTF-8) ‖ nonce 32 ‖ mailbox 32
 *
 * The address is the Host that this connection dialled (`hostOf`), so a signature given to one relay
 * is worthless at another; the nonce is the connection's, so it is worthless at another time.
 */
export function challengeBytes(challenge: {
  readonly address: string;
  readonly nonce: Uint8Array;
  readonly mailbox: Uint8Array;
}): Uint8Array {
  const address = utf8(challenge.address);
  const length = new Uint8Array([address.length >> 8, address.length & 0xff]);
  return concat(challengeLabel, length, address, challenge.nonce, challenge.mailbox);
}

/**
 * The Host header that dialling an address sends: `host:port`, or an origin such as `https://host`;
 * lower case, without the scheme's own port. Failure `usage` for anything else.
 */
export function hostOf(address: string): string {
  const scheme = /^(https?|wss?):\/\//i.test(address) ? "" : "http://";
  let url: URL;
  try {
    url = new URL(scheme + address);
  } catch {
    throw new Failure("usage", "the relay's address is not host:port or an https:// origin");
  }
  if (url.pathname.length > 1 || url.search || url.hash || url.username || !url.host) {
    throw new Failure("usage", "the relay's address is not host:port or an https:// origin");
  }
  return url.host.toLowerCase();
}
