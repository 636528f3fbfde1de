import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs";
import {
  letterDigest,
  letterKeys,
  openLetter,
  readyForLetters,
  sealLetter,
} from "#client/core/letter.ts";
import { systemRandom } from "#client/node/random.ts";
import { base64url, unbase64url } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Output } from "./output.ts";
import { manyLines } from "./paint.ts";
import { readText } from "./stdin.ts";

const publicHead = "backchannel-letter-reader-1 ";
const secretHead = "backchannel-letter-secret-1 ";

/** Writes a new secret key to `file` (mode 600), and its public key to `file.pub`. Failure `usage` when one exists. */
export async function makeKey(file: string, output: Output): Promise<void> {
  await readyForLetters();
  const pair = letterKeys(systemRandom);
  writeNew(file, `${secretHead}${base64url(pair.secretKey)}\n`, 0o600);
  writeNew(`${file}.pub`, `${publicHead}${base64url(pair.publicKey)}\n`, 0o644);
  pair.secretKey.fill(0);
  output.talk(`${file} is yours alone. Give ${file}.pub to whoever writes to you, by hand.`);
  output.object({ v: 1, type: "letter-key", secret: file, public: `${file}.pub` });
}

/** Seals the text on stdin for readers. Failures: `usage`, `not-found`, `malformed`, `too-large`. */
export async function seal(file: string, to: readonly string[], output: Output): Promise<void> {
  await readyForLetters();
  const readers = to.map((path) => keyFrom(path, publicHead));
  const letter = sealLetter({ to: readers, text: await readText(), random: systemRandom });
  writeNew(file, letter, 0o644);
  const digest = letterDigest(letter);
  output.talk(`${file}: sealed for ${readers.length}. Its digest, for its readers to compare:`);
  said(digest, output);
  output.object({ v: 1, type: "letter-sealed", file, readers: readers.length, digest });
}

/** Shows a letter's text. Failures: `auth` when it is for others, `integrity` for two keys in one letter. */
export async function open(file: string, keyFile: string, output: Output): Promise<void> {
  await readyForLetters();
  const secretKey = keyFrom(keyFile, secretHead);
  const letter = readBounded(file, limits.letterBytesMax);
  const text = openLetter(letter, secretKey);
  secretKey.fill(0);
  const digest = letterDigest(letter);
  output.talk(`Compare with the other readers, by voice: ${digest}`);
  output.talk("A letter names no author: who wrote it is what the envoy says.");
  said(manyLines(text).join("\n"), output);
  output.object({ v: 1, type: "letter", file, text, digest });
}

/** One line or text on stdout, for people and pipes. */
function said(text: string, output: Output): void {
  if (!output.json) process.stdout.write(`${text}\n`);
}

function keyFrom(path: string, head: string): Uint8Array {
  const text = new TextDecoder().decode(readBounded(path, 4_096)).trimEnd();
  const key = text.startsWith(head) ? unbase64url(text.slice(head.length)) : null;
  const bytes = head === publicHead ? 1_216 : 32;
  if (key?.length === bytes) return key;
  const kind = head === publicHead ? "public" : "secret";
  throw new Failure("usage", `${path}: not a ${kind} letter key`);
}

function readBounded(path: string, bytesMax: number): Uint8Array {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    throw new Failure("not-found", path);
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Failure("usage", `${path}: not a file`);
    if (found.size > bytesMax) throw new Failure("too-large", path);
    return new Uint8Array(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function writeNew(path: string, content: string | Uint8Array, mode: number): void {
  try {
    writeFileSync(path, content, { mode, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw new Failure("usage", `${path}: exists already`);
    }
    throw new Failure("not-found", `${path}: cannot be written`);
  }
}
