import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { parseBody } from "#client/core/message.ts";
import { hex } from "#shared/bytes.ts";
import { sha256Hex } from "./evidence.ts";

interface RecordedText {
  readonly id: string;
  readonly author: string;
  readonly epoch: string;
}

/** What the world notes while its clients read frames: the part of the ground truth that no client shows. */
export interface Recording {
  /** Mailbox names in the order in which they were first read, by group id and epoch (`group:epoch`). */
  readonly mailboxes: Map<string, string[]>;
  /** SHA-256 of frames that were commits. */
  readonly commits: Set<string>;
  /** SHA-256 of frames that hold a text: its message id (hex), author, and group and epoch (`group:epoch`). */
  readonly texts: Map<string, RecordedText>;
  /** SHA-256 of frames that reached each actor's client, by actor. */
  readonly delivered: Map<string, Set<string>>;
}

export function newRecording(): Recording {
  return { mailboxes: new Map(), commits: new Set(), texts: new Map(), delivered: new Map() };
}

/** An actor's cipher that does what another does and notes what it saw. */
export function recordingCipher(
  recording: Recording,
  actor: string,
  inner: Cipher = sealedCipher,
): Cipher {
  const delivered = recording.delivered.get(actor) ?? new Set();
  recording.delivered.set(actor, delivered);
  const opened = new WeakMap<Uint8Array, { mailbox: string; frame: string }>();
  const texts = new WeakMap<Uint8Array, RecordedText>();
  return {
    ...inner,
    protect(group, data, random) {
      const done = inner.protect(group, data, random);
      const { id, content } = parseBody(data);
      if (content.kind === "text") {
        const epoch = `${hex(group.groupId)}:${group.epoch}`;
        texts.set(done.message, { id: hex(id), author: actor, epoch });
      }
      return done;
    },
    seal(keys, message, random) {
      const frame = inner.seal(keys, message, random);
      const text = texts.get(message);
      if (text !== undefined) recording.texts.set(sha256Hex(frame), text);
      return frame;
    },
    open(keys, frame) {
      const hash = sha256Hex(frame);
      delivered.add(hash);
      const message = inner.open(keys, frame);
      opened.set(message, { mailbox: keys.name, frame: hash });
      return message;
    },
    kindOf(reader, message) {
      const kind = inner.kindOf(reader, message);
      const seen = opened.get(message);
      if (seen === undefined) return kind;
      const epoch = `${hex(reader.groupId)}:${reader.epoch}`;
      const names = recording.mailboxes.get(epoch) ?? [];
      if (!names.includes(seen.mailbox)) names.push(seen.mailbox);
      recording.mailboxes.set(epoch, names);
      if (kind === "commit") recording.commits.add(seen.frame);
      return kind;
    },
  };
}
