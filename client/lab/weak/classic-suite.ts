import { classicSuite, type Suite } from "#client/crypto/suite.ts";

/** WEAK: keys by X25519 alone, as most of today's messengers make them. The product has X-Wing and nothing else. */
export const x25519Suite: Suite = classicSuite;
