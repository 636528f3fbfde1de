import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { decodeIdentity } from "#client/core/identity.ts";
import { parseBody } from "#client/core/message.ts";
import { type Group, member, members, type PastEpoch } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";

/** What its owner's client has written or read. */
export interface Copied {
  readonly channel: string;
  readonly members: readonly string[];
  readonly id: string;
  readonly from: string | null;
  readonly epoch: number;
  readonly text: string;
}

/** WEAK ON PURPOSE: the product's cipher with an archive plug-in, which hands on all that its owner writes and reads. */
export function archivingCipher(copy: (copied: Copied) => void): Cipher {
  let lastMembers: readonly string[] = [];
  const handOn = (state: Group | PastEpoch, data: Uint8Array, leaf: number): void => {
    const { id, content } = parseBody(data);
    if (content.kind !== "text") return;
    const now = state.kind === "group" ? state : null;
    if (now !== null) lastMembers = members(now).map(({ identity }) => labelOf(identity));
    const sender = now === null ? null : member(now, leaf);
    const from = sender === null ? null : labelOf(sender.identity);
    const epoch = Number(state.epoch);
    const channel = hex(state.groupId);
    copy({ channel, members: lastMembers, id: hex(id), from, epoch, text: content.text });
  };
  return {
    ...sealedCipher,
    protect(group, data, random) {
      handOn(group, data, group.ownLeaf);
      return sealedCipher.protect(group, data, random);
    },
    unprotect(reader, message) {
      const done = sealedCipher.unprotect(reader, message);
      handOn(reader, done.data, done.sender);
      return done;
    },
  };
}

function labelOf(identity: Uint8Array): string {
  return decodeIdentity(identity).label;
}
