import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { frameBytes } from "#client/core/frame.ts";
import { decodeIdentity } from "#client/core/identity.ts";
import { parseBody } from "#client/core/message.ts";
import { member } from "#client/mls/group.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";

/**
 * WEAK ON PURPOSE: a channel without end-to-end encryption, the positive control of `seized-relay`. The
 * channel goes on as it is (ratchets, commits, order); only what the relay stores is readable: before each
 * sealed message stand its author's label and its text, and frames are not sealed.
 */
export const plaintextCipher: Cipher = {
  protect(group, data, random) {
    const done = sealedCipher.protect(group, data, random);
    const { id, content } = parseBody(data);
    if (content.kind !== "text") return done;
    const identity = member(group, group.ownLeaf)?.identity;
    const from = identity === undefined ? "?" : decodeIdentity(identity).label;
    return { ...done, message: prefix(encodeCbor({ from, id, text: content.text }), done.message) };
  },
  unprotect: (reader, message) => sealedCipher.unprotect(reader, strip(message)),
  seal(_keys, message) {
    const frame = new Uint8Array(frameBytes(message.length));
    frame[0] = 1;
    new DataView(frame.buffer).setUint32(1, message.length);
    frame.set(message, 5);
    return frame;
  },
  open(_keys, frame) {
    const length = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(1);
    if (frame[0] !== 1 || length > frame.length - 5) {
      throw new Failure("malformed", "frame: not one of the plaintext control's");
    }
    return frame.slice(5, 5 + length);
  },
  kindOf: (reader, message) => sealedCipher.kindOf(reader, strip(message)),
};

const marker = utf8("CLEAR\0");

/** "CLEAR\0" ‖ length u32 ‖ clear part ‖ MLSMessage. */
function prefix(clear: Uint8Array, message: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, clear.length);
  return concat(marker, length, clear, message);
}

/** The MLSMessage behind the clear part; commits have none. */
function strip(message: Uint8Array): Uint8Array {
  if (!equalBytes(message.subarray(0, marker.length), marker)) return message;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return message.subarray(marker.length + 4 + view.getUint32(marker.length));
}
