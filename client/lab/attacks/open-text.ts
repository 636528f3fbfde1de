import { decodeIdentity } from "#client/core/identity.ts";
import { parseBody } from "#client/core/message.ts";
import { type Group, member, unprotect } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { RecoveredText } from "./findings.ts";

/** What bytes from outside may refuse. */
export function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/**
 * Opens an application message with an epoch's keys. Gives the group without the key that it used up, and
 * the text, if a text it is; null when the keys do not open it.
 */
export function openText(
  reader: Group,
  message: Uint8Array,
  where: string,
): { readonly reader: Group; readonly text: RecoveredText | null } | null {
  const opened = attempt(() => unprotect(reader, message));
  if (opened === null) return null;
  const body = attempt(() => parseBody(opened.data));
  if (body?.content.kind !== "text") return { reader: opened.reader, text: null };
  const identity = member(reader, opened.sender)?.identity;
  return {
    reader: opened.reader,
    text: {
      text: body.content.text,
      by: "key",
      id: hex(body.id),
      from: identity === undefined ? null : decodeIdentity(identity).label,
      epoch: Number(reader.epoch),
      where,
    },
  };
}
