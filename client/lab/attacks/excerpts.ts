import { z } from "zod";
import { type Excerpt, excerptSchema, provesText } from "#client/core/excerpt.ts";
import { Failure } from "#shared/failure.ts";
import type { Evidence } from "../evidence.ts";

const publicKey = z.string().regex(/^[0-9a-f]{64}$/);

/** What was handed to a third party: the product's own excerpts, numbered. */
export const excerptsSchema = z
  .array(z.strictObject({ number: z.number().int(), excerpt: excerptSchema }))
  .max(10_000);

export type Excerpts = z.infer<typeof excerptsSchema>;

/** Public keys that are known to be a person's. */
export const knownKeysSchema = z.record(publicKey, z.string());

/** Whether an outsider, with nothing but known keys, takes an excerpt for genuine: the product's own check. */
export function isProven(excerpt: Excerpt, known: Readonly<Record<string, string>>): boolean {
  return known[excerpt.proof.key] === excerpt.from && provesText(excerpt);
}

/** A JSON artefact by its kind; null when it was not granted. */
export async function readArtefact<T>(
  evidence: Evidence,
  kind: "publication" | "words" | "commitments",
  schema: z.ZodType<T>,
): Promise<T | null> {
  const file = evidence.artefacts(kind)[0]?.files[0];
  if (file === undefined) return null;
  try {
    const text = new TextDecoder().decode(await evidence.read(file.path));
    return schema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("malformed", `${file.path}: not the lab's`);
  }
}
