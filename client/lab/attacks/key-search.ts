import { openFrame } from "#client/core/frame.ts";
import { frameLabel, overflowContext } from "#client/core/mailbox.ts";
import { sha256, sha512 } from "#client/crypto/hash.ts";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { exportFrom } from "#client/mls/key-schedule.ts";
import { hex, unbase64url, unhex, utf8 } from "#shared/bytes.ts";
import type { Budget, Progress } from "./attack.ts";
import { strings } from "./plain-scan.ts";
import { byMailbox, type SeizedDatabase, type SeizedFrame } from "./relay-database.ts";

export interface KeySearch {
  /** Frames whose seal a found key opens, with what lay inside. */
  readonly opened: readonly { readonly frame: SeizedFrame; readonly message: Uint8Array }[];
  readonly candidates: number;
  readonly trials: number;
  /** Candidates that the budget left untried. */
  readonly untried: number;
  /** Mailboxes whose signing key was found: whoever has it may write there. */
  readonly mailboxKeys: number;
}

/** Of a mailbox, the frame on which keys are tried first: the shortest, because that is the cheapest. */
interface Target {
  readonly mailbox: string;
  readonly publicKey: Uint8Array;
  readonly probe: SeizedFrame;
  readonly frames: readonly SeizedFrame[];
}

/**
 * Tries everything in the image that could be a key on every mailbox, the likeliest first: what the tables
 * hold beside frames and what any text in the file spells (as a key, hashed, as an exporter secret, as the
 * seed of a mailbox), then every 32 octets of the file at any place, as far as the budget goes.
 */
export function searchKeys(
  database: SeizedDatabase,
  budget: Budget,
  progress: Progress,
): KeySearch {
  const targets = targetsOf(database);
  const likely = likelyKeys(database);
  const opened: { frame: SeizedFrame; message: Uint8Array }[] = [];
  let trials = 0;
  let candidates = 0;
  let untried = 0;
  let mailboxKeys = 0;
  const attempt = (key: Uint8Array): void => {
    if (trials + targets.length > budget.trials) {
      untried += 1;
      return;
    }
    candidates += 1;
    for (const target of targets) {
      trials += 1;
      if (tryOpen(target, target.probe, key) !== null) opened.push(...openAll(target, key));
    }
    progress("keys tried", trials, budget.trials);
  };
  const names = new Set(database.mailboxes);
  for (const secret of likely) {
    if (secret.length === 32 && names.has(hex(signingKeyPair(secret).publicKey))) mailboxKeys += 1;
    for (const key of derived(secret)) attempt(key);
  }
  for (const window of windowsOf(database)) attempt(window);
  return { opened, candidates, trials, untried, mailboxKeys };
}

function targetsOf(database: SeizedDatabase): Target[] {
  return [...byMailbox(database.frames)].map(([mailbox, frames]) => ({
    mailbox,
    publicKey: unhex(mailbox) ?? new Uint8Array(32),
    probe: frames.reduce((least, frame) =>
      frame.bytes.length < least.bytes.length ? frame : least,
    ),
    frames,
  }));
}

function tryOpen(target: Target, frame: SeizedFrame, frameKey: Uint8Array): Uint8Array | null {
  try {
    return openFrame({ frameKey, publicKey: target.publicKey }, frame.bytes);
  } catch {
    return null;
  }
}

function openAll(target: Target, key: Uint8Array) {
  return target.frames.flatMap((frame) => {
    const message = tryOpen(target, frame, key);
    return message === null ? [] : [{ frame, message }];
  });
}

/** Frame keys that a secret of 16, 32 or 64 octets could stand for. */
function derived(secret: Uint8Array): Uint8Array[] {
  const keys = [sha256(secret)];
  if (secret.length === 32) keys.push(secret);
  if (secret.length !== 64) return keys;
  keys.push(secret.slice(0, 32), secret.slice(32));
  const request = { label: frameLabel, context: overflowContext(0), length: 32 };
  keys.push(exportFrom(xwingSuite, secret, request));
  return keys;
}

/** Names, frame ids and texts, and what they decode to. Each once. */
function likelyKeys(database: SeizedDatabase): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const add = (bytes: Uint8Array | null) => {
    if (bytes !== null && [16, 32, 64].includes(bytes.length)) found.set(hex(bytes), bytes);
  };
  for (const mailbox of database.mailboxes) add(unhex(mailbox));
  for (const frame of database.frames) add(frame.frameId);
  const sealed = new Set(database.frames.map((frame) => hex(frame.bytes.subarray(0, 16))));
  for (const bytes of database.files.values()) {
    for (const text of strings(bytes, 12)) {
      if (sealed.has(hex(utf8(text).subarray(0, 16)))) continue;
      for (const word of [text, ...text.split(/[^\w+/-]+/)]) {
        if (word.length < 8) continue;
        add(unhex(word.toLowerCase()));
        add(unbase64url(word.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")));
        add(sha256(utf8(word)));
        add(sha512(utf8(word)));
      }
    }
  }
  return [...found.values()];
}

/** Every 32 octets of the files, first where no sealed frame lies: those are random to the last octet. */
function* windowsOf(database: SeizedDatabase): Generator<Uint8Array> {
  for (const bytes of database.files.values()) {
    const covered = coverage(bytes, database.frames);
    for (const inside of [0, 1]) {
      for (const at of randomPlaces(bytes)) {
        if (covered[at] === inside && covered[at + 31] === inside)
          yield bytes.subarray(at, at + 32);
      }
    }
  }
}

/** Keys are random: a window with few distinct octets (zeros, text, page headers) is none. */
const distinctMin = 22;

/** Where windows of 32 octets begin that could be keys; counts of octets slide along. */
function* randomPlaces(bytes: Uint8Array): Generator<number> {
  const counts = new Uint8Array(256);
  let distinct = 0;
  for (let end = 0; end < bytes.length; end++) {
    const entering = bytes[end] as number;
    if (counts[entering] === 0) distinct += 1;
    counts[entering] = (counts[entering] as number) + 1;
    if (end >= 32) {
      const leaving = bytes[end - 32] as number;
      counts[leaving] = (counts[leaving] as number) - 1;
      if (counts[leaving] === 0) distinct -= 1;
    }
    if (end >= 31 && distinct >= distinctMin) yield end - 31;
  }
}

/** 1 where the octets of some frame lie, as far as they lie in one piece. */
function coverage(bytes: Uint8Array, frames: readonly SeizedFrame[]): Uint8Array {
  const covered = new Uint8Array(bytes.length);
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunkBytes = 256;
  for (const { bytes: frame } of frames) {
    for (let at = 0; at < frame.length; at += chunkBytes) {
      const chunk = frame.subarray(at, at + chunkBytes);
      const found = haystack.indexOf(chunk);
      if (found >= 0) covered.fill(1, found, found + chunk.length);
    }
  }
  return covered;
}
