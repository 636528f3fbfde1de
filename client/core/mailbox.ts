import { wipe } from "#client/crypto/hash.ts";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { exportSecret, type Group } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";

/** The keys of one mailbox. All come from the epoch's exporter; only members can derive them. */
export interface MailboxKeys {
  /** The public key in lower-case hex: the mailbox's name. */
  readonly name: string;
  readonly publicKey: Uint8Array;
  /** Ed25519 secret key, 64 bytes: signs the relay's challenge. */
  readonly secretKey: Uint8Array;
  /** XChaCha20-Poly1305 key of the frames, 32 bytes. */
  readonly frameKey: Uint8Array;
}

/** Label of the exporter secret (32 bytes) that seeds a mailbox's Ed25519 key pair. */
export const mailboxLabel = "Backchannel v1 mailbox";
/** Label of the exporter secret (32 bytes) that seals a mailbox's frames. */
export const frameLabel = "Backchannel v1 frame";

/**
 * Keys of an epoch's mailbox `overflow` (0 for the first): MLS-Exporter (RFC 9420 section 8.5) with
 * the labels above and the index, four octets big-endian, as context.
 */
export function mailboxKeys(group: Group, overflow: number): MailboxKeys {
  const context = overflowContext(overflow);
  const seed = exportSecret(group, mailboxLabel, context, 32);
  const { publicKey, secretKey } = signingKeyPair(seed);
  wipe(seed);
  const frameKey = exportSecret(group, frameLabel, context, 32);
  return { name: hex(publicKey), publicKey, secretKey, frameKey };
}

/** The exporter's context of an overflow index: four octets, big-endian. */
export function overflowContext(overflow: number): Uint8Array {
  const context = new Uint8Array(4);
  new DataView(context.buffer).setUint32(0, overflow);
  return context;
}

/** What to wipe when a mailbox is given up. */
export function mailboxSecrets(keys: MailboxKeys): readonly Uint8Array[] {
  return [keys.secretKey, keys.frameKey];
}
