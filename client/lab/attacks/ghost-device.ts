import { z } from "zod";
import type { Evidence } from "../evidence.ts";
import type { Attack, Budget, Progress } from "./attack.ts";
import { type Tell, tellTexts } from "./claim-table.ts";
import type { Findings } from "./findings.ts";
import { wrongPerson } from "./wrong-person.ts";

export const ghostClaims = z.strictObject({
  /** First epoch of which the linked device has a text; null when it has none. */
  entryEpoch: z.number().int().nullable(),
});

/**
 * The ghost device (LEAKLAB 5, scenario 04): what a seat that a member linked by mistake holds, and what its
 * keys open of the relay's database. Such a seat reads as a wrong guest does; only its name is the member's own.
 */
export const ghostDevice: Attack = async (
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> => {
  const findings = await wrongPerson(evidence, budget, progress);
  const epochs = findings.read.flatMap(({ epoch }) => (epoch === null ? [] : [epoch]));
  const entryEpoch = epochs.length === 0 ? null : Math.min(...epochs);
  return { ...findings, attack: "ghost-device", claims: ghostClaims.parse({ entryEpoch }) };
};

/** From where on the device reads, and by which way. */
export const tellGhost: Tell = (findings) => [
  {
    title: "The linked device",
    head: ["first epoch of which it has a text"],
    rows: [[ghostClaims.parse(findings.claims).entryEpoch]],
  },
  ...tellTexts(findings),
];
