import { archivePlugin } from "./archive-plugin.ts";
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
import type { Rig } from "./rig.ts";
import { seizedRelay } from "./seized-relay.ts";
import { stolenDevice } from "./stolen-device.ts";
import { tooManyChannels } from "./too-many-channels.ts";
import { trafficCorrelation } from "./traffic-correlation.ts";
import { twoFacedEnvoy } from "./two-faced-envoy.ts";
import { weakRng } from "./weak-rng.ts";
import { whoTalksToWhom } from "./who-talks-to-whom.ts";
import { wrongPerson } from "./wrong-person.ts";
import { yesOrNo } from "./yes-or-no.ts";

/** Every rig of the lab. Each has its attack, of the same name, in the catalogue of attacks. */
export const rigs: ReadonlyMap<string, Rig> = new Map(
  [
    archivePlugin,
    awakeAtThree,
    canaryTrap,
    crackedKeystore,
    endlessDelay,
    ghostDevice,
    forgedExcerpt,
    harvestNow,
    leakThatProvesItself,
    maliciousRelay,
    photoAndRedaction,
    seizedRelay,
    stolenDevice,
    tooManyChannels,
    trafficCorrelation,
    twoFacedEnvoy,
    weakRng,
    whoTalksToWhom,
    wrongPerson,
    yesOrNo,
  ].map((rig) => [rig.algorithm, rig]),
);
