import type { Attack } from "./attack.ts";
import { maliciousRelay } from "./malicious-relay.ts";
import { seizedRelay } from "./seized-relay.ts";
import { stolenDevice } from "./stolen-device.ts";
import { wrongPerson } from "./wrong-person.ts";
import { yesOrNo } from "./yes-or-no.ts";

/** Every attack of the lab, by the name that scenario files use. */
export const attacks: Readonly<Record<string, Attack>> = {
  "malicious-relay": maliciousRelay,
  "seized-relay": seizedRelay,
  "stolen-device": stolenDevice,
  "wrong-person": wrongPerson,
  "yes-or-no": yesOrNo,
};
