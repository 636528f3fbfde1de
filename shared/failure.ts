/**
 * Every way in which Backchannel can fail, by whose fault it is, with the exit code of the command
 * line (DESIGN section 5). The union is closed: a new code is a new line here.
 */
const codes = {
  // us
  internal: { fault: "us", exit: 1 },
  unavailable: { fault: "us", exit: 1 },
  // user
  usage: { fault: "user", exit: 2 },
  "code-typo": { fault: "user", exit: 2 },
  "no-channel": { fault: "user", exit: 2 },
  "not-found": { fault: "user", exit: 2 },
  "too-large": { fault: "user", exit: 2 },
  locked: { fault: "user", exit: 10 },
  passphrase: { fault: "user", exit: 10 },
  "disk-full": { fault: "user", exit: 1 },
  "vault-version": { fault: "user", exit: 10 },
  "vault-damaged": { fault: "user", exit: 10 },
  empty: { fault: "user", exit: 9 },
  interrupted: { fault: "user", exit: 130 },
  "channel-full": { fault: "user", exit: 2 },
  // relay
  network: { fault: "relay", exit: 3 },
  "rate-limited": { fault: "relay", exit: 5 },
  "frame-too-large": { fault: "relay", exit: 2 },
  "mailbox-full": { fault: "relay", exit: 5 },
  "bad-mailbox": { fault: "relay", exit: 8 },
  "bad-signature": { fault: "relay", exit: 4 },
  "bad-message": { fault: "relay", exit: 8 },
  "wrong-address": { fault: "relay", exit: 8 },
  "too-many": { fault: "relay", exit: 5 },
  "relay-full": { fault: "relay", exit: 3 },
  expired: { fault: "relay", exit: 11 },
  "nameplate-unknown": { fault: "relay", exit: 11 },
  "nameplate-taken": { fault: "relay", exit: 4 },
  // peer
  version: { fault: "peer", exit: 8 },
  malformed: { fault: "peer", exit: 8 },
  integrity: { fault: "peer", exit: 8 },
  refused: { fault: "peer", exit: 8 },
  auth: { fault: "peer", exit: 4 },
  removed: { fault: "peer", exit: 6 },
  closed: { fault: "peer", exit: 6 },
  stranded: { fault: "peer", exit: 6 },
  "rolled-back": { fault: "peer", exit: 8 },
  halted: { fault: "peer", exit: 8 },
  alarm: { fault: "peer", exit: 8 },
  pending: { fault: "peer", exit: 7 },
  denied: { fault: "peer", exit: 7 },
  "look-alike": { fault: "peer", exit: 7 },
  archiver: { fault: "peer", exit: 7 },
  frozen: { fault: "peer", exit: 7 },
} as const;

export type FailureCode = keyof typeof codes;
/** Every failure code there is. */
export const failureCodes = Object.keys(codes) as readonly FailureCode[];
export type Fault = "us" | "user" | "relay" | "peer";

/** An expected refusal: a closed code, and a detail that names the fault and the place, never a secret. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly retryAfterMs: number | null;

  constructor(code: FailureCode, detail: string, retryAfterMs: number | null = null) {
    super(detail);
    this.name = "Failure";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get exit(): number {
    return codes[this.code].exit;
  }

  get fault(): Fault {
    return codes[this.code].fault;
  }
}

/** Whether a text names a failure code; the relay's errors arrive as text. */
export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(codes, text);
}

/** Stops at a broken invariant: a defect of ours, never something that bytes from outside can cause. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Failure("internal", `broken invariant: ${claim}`);
}
