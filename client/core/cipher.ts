import {
  type Advanced,
  type Group,
  type PastEpoch,
  peek,
  protect,
  type Unprotected,
  unprotect,
} from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { openFrame, sealFrame } from "./frame.ts";
import type { MailboxKeys } from "./mailbox.ts";
import type { Random } from "./ports.ts";

/**
 * How a message becomes a frame and back. A port, so that the lab can stage a world that talks in
 * plaintext by bringing another implementation; the product has `sealedCipher` alone.
 */
export interface Cipher {
  /** Application data as an MLSMessage; consumes one generation of the own ratchet. */
  protect(
    group: Group,
    data: Uint8Array,
    random: Random,
  ): Advanced & { readonly message: Uint8Array };
  /** Failures `malformed`, `integrity`, `refused` (used generation): nothing is consumed then. */
  unprotect<State extends Group | PastEpoch>(
    reader: State,
    message: Uint8Array,
  ): Unprotected<State>;
  seal(keys: MailboxKeys, message: Uint8Array, random: Random): Uint8Array;
  open(keys: MailboxKeys, frame: Uint8Array): Uint8Array;
  /** What the message is, after checking that it is of this group and epoch. Failure `refused`. */
  kindOf(reader: Group | PastEpoch, message: Uint8Array): "commit" | "application";
}

const nothing = new Uint8Array(0);

/** The product's cipher: MLS under sealed, padded frames. */
export const sealedCipher: Cipher = {
  protect: (group, data, random) => protect(group, data, nothing, random),
  unprotect: (reader, message) => unprotect(reader, message),
  seal: sealFrame,
  open: openFrame,
  kindOf(reader, message) {
    const { groupId, epoch, contentType } = peek(message);
    if (!equalBytes(groupId, reader.groupId)) {
      throw new Failure("refused", "message: is of another group");
    }
    if (epoch !== reader.epoch) throw new Failure("refused", "message: is of another epoch");
    if (contentType === "proposal") {
      throw new Failure("refused", "message: stand-alone proposals are not used");
    }
    return contentType;
  },
};
