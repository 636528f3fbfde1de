import { z } from "zod";

/** How a service is started. Keys are hex: services hold them as text of their configuration. */
export interface ServiceOptions {
  readonly path: string;
  readonly token: string;
  readonly serviceKey: string | null;
  /** The public half of the key of which the service never sees the other. */
  readonly publicKey: string | null;
  readonly retainMs: number | null;
  /** How many requests it keeps in memory. */
  readonly recentMax: number;
}

export const copyBody = z.strictObject({
  id: z.string(),
  from: z.string().nullable(),
  epoch: z.number().int(),
  text: z.string(),
});

/** One request of a plug-in; `body` is hex where the plug-in has sealed it. */
export const serviceRequest = z.strictObject({
  token: z.string(),
  account: z.string(),
  channel: z.string(),
  members: z.array(z.string()),
  id: z.string(),
  at: z.number(),
  body: z.union([copyBody, z.string().regex(/^[0-9a-f]+$/)]),
});

export type CopyRequest = z.infer<typeof serviceRequest>;
