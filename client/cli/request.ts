import { z } from "zod";
import { limits } from "#shared/limits.ts";

const name = z.string().min(1).max(200);
/** A channel's local name; null means the one chosen by `use`, or the only one. */
const channel = name.nullable();
const ms = z.int().positive();

/**
 * What a verb asks of an open vault, after flags and questions have been dealt with. The same object is
 * run in this process or sent to the process that holds the vault, so it holds no passphrase.
 */
export const requestSchema = z.discriminatedUnion("verb", [
  z.strictObject({
    verb: z.literal("open"),
    name,
    label: name,
    relay: name,
    approvals: z.int().min(1).max(limits.seatsMax),
    timerMs: ms.nullable(),
    sunsetMs: ms.nullable(),
  }),
  z.strictObject({ verb: z.literal("invite"), channel, label: name, expiresMs: ms }),
  z.strictObject({ verb: z.literal("join"), code: name, relay: name, name: name.nullable() }),
  z.strictObject({ verb: z.literal("resume") }),
  z.strictObject({ verb: z.literal("send"), channel, text: z.string() }),
  z.strictObject({
    verb: z.literal("recv"),
    channel,
    follow: z.boolean(),
    /** `auto`, `manual`, or a cursor: everything up to it is read. */
    ack: name,
    timeoutMs: ms.nullable(),
  }),
  z.strictObject({ verb: z.literal("ack"), channel, cursor: name }),
  z.strictObject({ verb: z.literal("who"), channel }),
  z.strictObject({ verb: z.literal("status"), channel }),
  z.strictObject({ verb: z.literal("channels") }),
  z.strictObject({ verb: z.literal("use"), name }),
  z.strictObject({ verb: z.literal("rotate"), channel }),
  z.strictObject({ verb: z.literal("remove"), channel, label: name }),
  z.strictObject({ verb: z.literal("leave"), channel }),
  z.strictObject({ verb: z.literal("timer"), channel, timerMs: ms.nullable() }),
  z.strictObject({ verb: z.literal("wipe"), channel: name }),
]);

export type Request = z.infer<typeof requestSchema>;
export type RequestOf<Verb extends Request["verb"]> = Extract<Request, { verb: Verb }>;
