import { canaryTrap } from "./canary-trap.ts";
import { maliciousRelay } from "./malicious-relay.ts";
import type { Rig } from "./rig.ts";
import { seizedRelay } from "./seized-relay.ts";
import { stolenDevice } from "./stolen-device.ts";
import { whoTalksToWhom } from "./who-talks-to-whom.ts";
import { wrongPerson } from "./wrong-person.ts";
import { yesOrNo } from "./yes-or-no.ts";

/** Every rig of the lab. Each has its attack, of the same name, in the catalogue of attacks. */
export const rigs: ReadonlyMap<string, Rig> = new Map(
  [canaryTrap, maliciousRelay, seizedRelay, stolenDevice, whoTalksToWhom, wrongPerson, yesOrNo].map(
    (rig) => [rig.algorithm, rig],
  ),
);
