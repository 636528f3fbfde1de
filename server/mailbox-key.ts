import { verify } from "node:crypto";
import { base64url } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { challengeBytes, mailboxBytes } from "#shared/wire.ts";

const p = 2n ** 255n - 19n;
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** y of the eight points of small order (RFC 8032 section 5.1 curve); every signature fits such a key. */
const smallOrder: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  p - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

/**
 * Refuses a mailbox name that is no Ed25519 public key of its own: a y that is not reduced, or a
 * point of small order, for which anyone can make signatures. Failure `bad-mailbox`.
 */
export function checkMailbox(mailbox: Uint8Array): void {
  const y = yOf(mailbox);
  if (y >= p) throw new Failure("bad-mailbox", "mailbox: key is not in its canonical form");
  if (smallOrder.has(y)) throw new Failure("bad-mailbox", "mailbox: key has small order");
}

/**
 * Checks the signed challenge that opens a mailbox. Failures: `bad-mailbox` when the name is not a
 * key, `bad-signature` when the key did not sign these bytes.
 */
export function verifyOpen(
  challenge: {
    readonly address: string;
    readonly nonce: Uint8Array;
    readonly mailbox: Uint8Array;
  },
  signature: Uint8Array,
): void {
  checkMailbox(challenge.mailbox);
  const key = { kty: "OKP", crv: "Ed25519", x: base64url(challenge.mailbox) };
  const data = challengeBytes(challenge);
  if (verify(null, data, { key, format: "jwk" }, signature)) return;
  // Half of all octet strings are no point; naming that costs a square root, so only after a miss.
  if (!isOnCurve(yOf(challenge.mailbox))) {
    throw new Failure("bad-mailbox", "mailbox: name is not a point of the curve");
  }
  throw new Failure("bad-signature", "open: the mailbox's key did not sign this challenge");
}

function yOf(mailbox: Uint8Array): bigint {
  if (mailbox.length !== mailboxBytes) {
    throw new Failure("bad-mailbox", `mailbox: name has ${mailbox.length} octets`);
  }
  let y = 0n;
  for (let at = mailboxBytes - 1; at >= 0; at--) {
    const octet = mailbox[at] as number;
    // The top bit is the sign of x.
    y = (y << 8n) | BigInt(at === mailboxBytes - 1 ? octet & 0x7f : octet);
  }
  return y;
}

/** RFC 8032 section 5.1.3: x^2 = (y^2 - 1) / (d y^2 + 1) must be a square. */
function isOnCurve(y: bigint): boolean {
  const square = (y * y) % p;
  const x2 = (((square - 1n + p) % p) * power((d * square + 1n) % p, p - 2n)) % p;
  return x2 === 0n || power(x2, (p - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % p;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}
