import {
  answerSchema,
  bridgedSchema,
  checkConfirmation,
  finishPairing,
  greetingSchema,
  offerSchema,
  openPairing,
  type PairingKeys,
  parsePairing,
  requestSchema,
} from "#client/core/pairing.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { attempt } from "./open-text.ts";
import type { Oracle } from "./oracle.ts";
import type { RecordedDoor } from "./recording.ts";

/** What a recorded join holds under its pairing's key. */
export interface OpenedDoor {
  /** The encoded KeyPackage and Welcome; null where they were not recorded. */
  readonly keyPackage: Uint8Array | null;
  readonly welcome: Uint8Array | null;
}

const keyPackageIndex = 2;

/**
 * Opens a recorded join: with the logarithm of either share CPace's key follows, and the words are not
 * needed. Null when the oracle knows neither, or what is needed for it was not recorded.
 */
export function openDoor(door: RecordedDoor, oracle: Oracle): OpenedDoor | null {
  const keys = attempt(() => keysOf(door, oracle));
  if (keys === null) return null;
  const request = door.newcomer.get(keyPackageIndex);
  const place = { role: "newcomer", index: keyPackageIndex } as const;
  const opened = attempt(() => request && openPairing(keys, place, request));
  const keyPackage = attempt(() => opened && parsePairing(requestSchema, opened).keyPackage);
  return { keyPackage: keyPackage ?? null, welcome: welcomeIn(door, keys) };
}

function keysOf({ nameplate, sponsor, newcomer }: RecordedDoor, oracle: Oracle) {
  const [greeting, reply, offered] = [sponsor.get(0), sponsor.get(1), newcomer.get(0)];
  if (greeting === undefined || reply === undefined || offered === undefined) return null;
  const { nonce } = parsePairing(greetingSchema, greeting);
  const offer = parsePairing(offerSchema, offered);
  const answer = parsePairing(answerSchema, reply);
  const ofNewcomer = oracle.scalars.get(hex(offer.share));
  const scalar = ofNewcomer ?? oracle.scalars.get(hex(answer.share));
  if (scalar === undefined) return null;
  const sid = concat(utf8(nameplate), nonce, offer.nonce);
  const keys = finishPairing({
    role: ofNewcomer === undefined ? "sponsor" : "newcomer",
    sid,
    // It is wiped there.
    scalar: scalar.slice(),
    shares: { sponsor: answer.share, newcomer: offer.share },
    bound: { sponsor: answer.seal, newcomer: offer.keys },
  });
  checkConfirmation(keys, "sponsor", sid, answer.confirm);
  return keys;
}

function welcomeIn({ sponsor }: RecordedDoor, keys: PairingKeys): Uint8Array | null {
  for (const [index, body] of sponsor) {
    const said = attempt(() => {
      return parsePairing(bridgedSchema, openPairing(keys, { role: "sponsor", index }, body));
    });
    if (said?.kind === "welcome") return said.welcome;
  }
  return null;
}
