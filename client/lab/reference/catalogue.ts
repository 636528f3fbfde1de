import { channels } from "./channels.ts";
import { clock } from "./clock.ts";
import { correlation } from "./correlation.ts";
import { disclosure } from "./disclosure.ts";
import { fork } from "./fork.ts";
import { guessing } from "./guessing.ts";
import { harvest } from "./harvest.ts";
import { healing } from "./healing.ts";
import { lengths } from "./lengths.ts";
import { proof } from "./proof.ts";
import { receipts } from "./receipts.ts";
import { redaction } from "./redaction.ts";
import type { Reference } from "./reference.ts";
import { salamanderReference } from "./salamander.ts";
import { sharing } from "./sharing.ts";
import { silence } from "./silence.ts";
import { stylometry } from "./stylometry.ts";
import { tracing } from "./tracing.ts";
import { weakRng } from "./weak-rng.ts";

/** Every reference, by the name that `npm run lab:reference` takes. */
export const references: ReadonlyMap<string, Reference> = new Map(
  [
    disclosure,
    correlation,
    receipts,
    clock,
    lengths,
    guessing,
    tracing,
    proof,
    healing,
    fork,
    channels,
    silence,
    harvest,
    salamanderReference,
    redaction,
    sharing,
    stylometry,
    weakRng,
  ].map((reference) => [reference.name, reference]),
);
