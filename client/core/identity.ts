import { z } from "zod";
import { utf8 } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { fixed } from "./field.ts";

/** Octets of a person id: random, fixed at admission, shared by the seats of one person. */
export const personBytes = 16;

const schema = z.strictObject({ label: z.string(), person: fixed(personBytes) });

/** What a leaf's basic credential holds: the label that the sponsor chose, and the person. */
export type Identity = z.infer<typeof schema>;

/** Deterministic CBOR `{label, person}`. */
export function encodeIdentity(identity: Identity): Uint8Array {
  return encodeCbor(schema.parse(identity));
}

/** Inverse of `encodeIdentity`. Failures: `malformed`, and `refused` for a label that cannot be shown. */
export function decodeIdentity(bytes: Uint8Array): Identity {
  const parsed = schema.safeParse(decodeCbor(bytes, "identity"));
  if (!parsed.success) throw new Failure("malformed", "identity: not {label, person}");
  checkLabel(parsed.data.label, "refused");
  return parsed.data;
}

/**
 * Refuses a label that is empty, too long, or has characters that a terminal would act upon or that
 * cannot be seen. Every client must judge alike, so the ranges are fixed here and not asked of the
 * platform's Unicode tables.
 */
export function checkLabel(label: string, code: "usage" | "refused"): void {
  const bytes = utf8(label).length;
  if (bytes === 0 || bytes > limits.labelBytesMax) {
    throw new Failure(code, `label: 1 to ${limits.labelBytesMax} octets, not ${bytes}`);
  }
  for (const character of label) {
    if (isUnseen(character.codePointAt(0) as number)) {
      throw new Failure(code, "label: has a control or invisible character");
    }
  }
  if (label.trim() !== label) throw new Failure(code, "label: begins or ends with a space");
}

const unseen: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], // C0 controls
  [0x7f, 0xa0], // delete, C1 controls, no-break space
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // Arabic letter mark
  [0x180e, 0x180e],
  [0x2000, 0x200f], // spaces of odd widths, zero-width characters, marks of direction
  [0x2028, 0x202f], // line separators, overrides of direction
  [0x205f, 0x206f],
  [0x3000, 0x3000],
  [0xd800, 0xdfff], // lone surrogates
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff],
  [0xfff0, 0xffff],
  [0xe0000, 0xe0fff],
];

function isUnseen(code: number): boolean {
  return unseen.some(([first, last]) => code >= first && code <= last);
}
