import { z } from "zod";
import { decodeIdentity } from "#client/core/identity.ts";
import { members } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import type { Evidence } from "../evidence.ts";
import type { Attack, Budget, Progress } from "./attack.ts";
import { type Tell, tellTexts } from "./claim-table.ts";
import { openDevice } from "./device.ts";
import type { Findings } from "./findings.ts";
import { wrongPerson } from "./wrong-person.ts";

export const ghostClaims = z.strictObject({
  /** First epoch of which the linked device has a text; null when it has none. */
  entryEpoch: z.number().int().nullable(),
  /** Labels of the seats that the device knows of, those of one person together. */
  persons: z.array(z.array(z.string())),
});

/**
 * The ghost device (LEAKLAB 5, scenario 04): what a seat that a member linked by mistake holds, and what its
 * keys open of the relay's database. Such a seat reads as a wrong guest does; only its person is the member's own.
 */
export const ghostDevice: Attack = async (
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> => {
  const findings = await wrongPerson(evidence, budget, progress);
  const epochs = findings.read.flatMap(({ epoch }) => (epoch === null ? [] : [epoch]));
  const entryEpoch = epochs.length === 0 ? null : Math.min(...epochs);
  return {
    ...findings,
    attack: "ghost-device",
    claims: { entryEpoch, persons: await personsOf(evidence) },
  };
};

/** The list of seats, as the device's own copy of the tree has it. */
async function personsOf(evidence: Evidence): Promise<string[][]> {
  const persons = new Map<string, string[]>();
  for (const artefact of evidence.artefacts("device-state")) {
    const device = await openDevice(evidence, artefact);
    for (const { group } of device?.channels ?? []) {
      for (const { identity } of members(group)) {
        const { label, person } = decodeIdentity(identity);
        persons.set(hex(person), [...(persons.get(hex(person)) ?? []), label]);
      }
    }
  }
  return [...persons.values()].map((labels) => labels.sort()).sort();
}

/** From where on the device reads, which seats it sees, and by which way it reads. */
export const tellGhost: Tell = (findings) => [
  {
    title: "The linked device",
    head: ["first epoch of which it has a text"],
    rows: [[ghostClaims.parse(findings.claims).entryEpoch]],
  },
  {
    title: "Seats that the device knows of, by person",
    head: ["person", "seats"],
    rows: ghostClaims
      .parse(findings.claims)
      .persons.map((labels, at) => [at + 1, labels.join(", ")]),
  },
  ...tellTexts(findings),
];
