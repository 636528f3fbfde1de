import { archivePlugin } from "./archive-plugin.ts";
import type { Attack } from "./attack.ts";
import { awakeAtThree } from "./awake-at-three.ts";
import { canaryTrap } from "./canary-trap.ts";
import { crackedKeystore } from "./cracked-keystore.ts";
import { endlessDelay } from "./endless-delay.ts";
import { forgedExcerpt } from "./forged-excerpt.ts";
import { ghostDevice } from "./ghost-device.ts";
import { harvestNow } from "./harvest-now.ts";
import { leakThatProvesItself } from "./leak-that-proves-itself.ts";
import { maliciousRelay } from "./malicious-relay.ts";
import { photoAndRedaction } from "./photo-and-redaction.ts";
import { seizedRelay } from "./seized-relay.ts";
import { stolenDevice } from "./stolen-device.ts";
import { tooManyChannels } from "./too-many-channels.ts";
import { trafficCorrelation } from "./traffic-correlation.ts";
import { twoFacedEnvoy } from "./two-faced-envoy.ts";
import { weakRng } from "./weak-rng.ts";
import { whoTalksToWhom } from "./who-talks-to-whom.ts";
import { wrongPerson } from "./wrong-person.ts";
import { yesOrNo } from "./yes-or-no.ts";

/** Every attack of the lab, by the name that scenario files use. */
export const attacks: Readonly<Record<string, Attack>> = {
  "archive-plugin": archivePlugin,
  "canary-trap": canaryTrap,
  "awake-at-three": awakeAtThree,
  "cracked-keystore": crackedKeystore,
  "endless-delay": endlessDelay,
  "ghost-device": ghostDevice,
  "forged-excerpt": forgedExcerpt,
  "harvest-now": harvestNow,
  "leak-that-proves-itself": leakThatProvesItself,
  "malicious-relay": maliciousRelay,
  "photo-and-redaction": photoAndRedaction,
  "seized-relay": seizedRelay,
  "stolen-device": stolenDevice,
  "too-many-channels": tooManyChannels,
  "traffic-correlation": trafficCorrelation,
  "two-faced-envoy": twoFacedEnvoy,
  "weak-rng": weakRng,
  "who-talks-to-whom": whoTalksToWhom,
  "wrong-person": wrongPerson,
  "yes-or-no": yesOrNo,
};
