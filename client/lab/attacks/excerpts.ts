import { z } from "zod";
import { readProof } from "#client/core/proof.ts";
import { Failure } from "#shared/failure.ts";
import type { Evidence } from "../evidence.ts";

const octets = z.string().regex(/^([0-9a-f]{2}){1,20000}$/);

/** What was handed to a third party: who is said to have said what, and the proof. */
export const excerptsSchema = z
  .array(
    z.strictObject({
      number: z.number().int(),
      from: z.string(),
      text: z.string(),
      proof: z.strictObject({
        suite: z.number().int(),
        key: octets,
        context: octets,
        content: octets,
      }),
    }),
  )
  .max(10_000);

export type Excerpts = z.infer<typeof excerptsSchema>;

/** Public keys that are known to be a person's. */
export const knownKeysSchema = z.record(octets, z.string());

/** Whether an outsider, with nothing but known keys, takes an excerpt for genuine. */
export function isProven(
  excerpt: Excerpts[number],
  known: Readonly<Record<string, string>>,
): boolean {
  if (known[excerpt.proof.key] !== excerpt.from) return false;
  return readProof(excerpt.proof)?.text === excerpt.text;
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
