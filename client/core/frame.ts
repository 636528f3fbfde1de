import { open, seal, sealNonceBytes, sealOverheadBytes } from "#client/crypto/seal.ts";
import { concat } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { MailboxKeys } from "./mailbox.ts";
import type { Random } from "./ports.ts";

const lengthBytes = 4;
const overheadBytes = 1 + sealNonceBytes + sealOverheadBytes + lengthBytes;

/** The key of a frame, and the name that it is bound to (32 bytes each). */
type FrameKeys = Pick<MailboxKeys, "frameKey" | "publicKey">;

/** The longest message that fits into a frame. */
export const messageBytesMax = limits.frameBytesMax - overheadBytes;

/** Frame size of a message: the next power of two from 1 KiB on. Failure `too-large` above 1 MiB. */
export function frameBytes(messageBytes: number): number {
  if (messageBytes > messageBytesMax) {
    throw new Failure("too-large", `frame: ${messageBytes} octets do not fit into a frame`);
  }
  let size: number = limits.frameBytesMin;
  while (size < messageBytes + overheadBytes) size *= 2;
  return size;
}

/**
 * Seals an MLSMessage into a frame, 2^10 to 2^20 octets:
 *
 *     version 1 ‖ nonce 24 ‖ XChaCha20-Poly1305( length u32 ‖ message ‖ 0 … 0 ) with tag 16
 *
 * The key is the mailbox's frame key, the associated data version ‖ mailbox name 32. Padding lies
 * inside the seal. A frame is sealed once and posted as often as needed; a fresh nonce for each.
 */
export function sealFrame(keys: FrameKeys, message: Uint8Array, random: Random): Uint8Array {
  const size = frameBytes(message.length);
  const padded = new Uint8Array(size - overheadBytes + lengthBytes);
  new DataView(padded.buffer).setUint32(0, message.length);
  padded.set(message, lengthBytes);
  const nonce = random(sealNonceBytes);
  const sealed = seal(keys.frameKey, nonce, associatedData(keys.publicKey), padded);
  return concat(Uint8Array.of(limits.version), nonce, sealed);
}

/**
 * The MLSMessage in a frame (drawn at `sealFrame`). Failures: `malformed` for a size that no frame
 * has (a truncated one) or bad padding, `frame-too-large`, `version`, `integrity` for a flipped bit, another
 * mailbox's frame or another key.
 */
export function openFrame(keys: FrameKeys, frame: Uint8Array): Uint8Array {
  checkFrameSize(frame.length);
  if (frame[0] !== limits.version) throw new Failure("version", `frame: version ${frame[0]}`);
  const nonce = frame.subarray(1, 1 + sealNonceBytes);
  const sealed = frame.subarray(1 + sealNonceBytes);
  const padded = open(keys.frameKey, nonce, associatedData(keys.publicKey), sealed);
  if (padded === null) throw new Failure("integrity", "frame: the seal does not hold");
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0);
  if (length > padded.length - lengthBytes) {
    throw new Failure("malformed", "frame: the message is longer than its frame");
  }
  if (frameBytes(length) !== frame.length) {
    throw new Failure("malformed", "frame: larger than its message needs");
  }
  if (padded.subarray(lengthBytes + length).some((octet) => octet !== 0)) {
    throw new Failure("malformed", "frame: padding is not zero");
  }
  return padded.slice(lengthBytes, lengthBytes + length);
}

function checkFrameSize(size: number): void {
  if (size > limits.frameBytesMax) {
    throw new Failure("frame-too-large", `frame: ${size} octets`);
  }
  if (size < limits.frameBytesMin || (size & (size - 1)) !== 0) {
    throw new Failure("malformed", `frame: ${size} octets is no frame's size (truncated?)`);
  }
}

function associatedData(mailbox: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(limits.version), mailbox);
}
