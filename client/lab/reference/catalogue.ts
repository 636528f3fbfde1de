import { disclosure } from "./disclosure.ts";
import { lengths } from "./lengths.ts";
import { receipts } from "./receipts.ts";
import type { Reference } from "./reference.ts";
import { tracing } from "./tracing.ts";

/** Every reference, by the name that `npm run lab:reference` takes. */
export const references: ReadonlyMap<string, Reference> = new Map(
  [disclosure, receipts, lengths, tracing].map((reference) => [reference.name, reference]),
);
