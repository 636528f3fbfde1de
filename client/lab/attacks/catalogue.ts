import type { Attack } from "./attack.ts";
import { canaryTrap } from "./canary-trap.ts";
import { maliciousRelay } from "./malicious-relay.ts";
import { seizedRelay } from "./seized-relay.ts";
import { stolenDevice } from "./stolen-device.ts";
import { whoTalksToWhom } from "./who-talks-to-whom.ts";
import { wrongPerson } from "./wrong-person.ts";
import { yesOrNo } from "./yes-or-no.ts";

/** Every attack of the lab, by the name that scenario files use. */
export const attacks: Readonly<Record<string, Attack>> = {
  "canary-trap": canaryTrap,
  "malicious-relay": maliciousRelay,
  "seized-relay": seizedRelay,
  "stolen-device": stolenDevice,
  "who-talks-to-whom": whoTalksToWhom,
  "wrong-person": wrongPerson,
  "yes-or-no": yesOrNo,
};
