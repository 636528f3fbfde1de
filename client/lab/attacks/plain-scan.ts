import { deflateRawSync } from "node:zlib";
import { decodeFirst } from "cborg";

/** What lies in the clear in some bytes. */
export interface PlainFinds {
  /** Texts of messages: the field `text` of some structure. */
  readonly texts: readonly { readonly text: string; readonly id: string | null }[];
  /** Names: the fields `label` and `from`. */
  readonly labels: readonly string[];
}

/**
 * Every CBOR map that begins anywhere in the bytes, searched for texts and names, also inside byte strings
 * of other maps. Random bytes decode to a map by chance now and then; a text is kept when it is printable.
 */
export function scanForPlaintext(bytes: Uint8Array): PlainFinds {
  const texts = new Map<string, { text: string; id: string | null }>();
  const labels = new Set<string>();
  for (let at = 0; at < bytes.length - 8; at++) {
    const octet = bytes[at] as number;
    // Maps of 1 to 23 entries whose first key is a text of 1 to 23 octets: what structures look like.
    if (octet < 0xa1 || octet > 0xb7) continue;
    const first = bytes[at + 1] as number;
    if (first < 0x61 || first > 0x77) continue;
    const value = decodeAt(bytes, at);
    if (value !== null) collect(value, { texts, labels }, null, 0);
  }
  return { texts: [...texts.values()], labels: [...labels].sort() };
}

function decodeAt(bytes: Uint8Array, at: number): object | null {
  try {
    const [value] = decodeFirst(bytes.subarray(at), { strict: false });
    return typeof value === "object" && value !== null ? (value as object) : null;
  } catch {
    return null;
  }
}

interface Finds {
  readonly texts: Map<string, { text: string; id: string | null }>;
  readonly labels: Set<string>;
}

function collect(value: object, finds: Finds, id: string | null, depth: number): void {
  if (depth > 8) return;
  const own: unknown = Reflect.get(value, "id");
  const known = own instanceof Uint8Array && own.length === 16 ? toHex(own) : id;
  for (const [key, part] of Object.entries(value) as [string, unknown][]) {
    if (typeof part === "string" && isReadable(part)) {
      if (key === "text") finds.texts.set(`${known}:${part}`, { text: part, id: known });
      if (key === "label" || key === "from") finds.labels.add(part);
    } else if (typeof part === "object" && part !== null && !(part instanceof Uint8Array)) {
      collect(part, finds, known, depth + 1);
    }
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function isReadable(text: string): boolean {
  return text.length > 0 && !/[\p{Cc}\p{Cn}\p{Co}\uFFFD]/u.test(text.replace(/[\n\t]/g, ""));
}

/** Runs of printable ASCII, as the shell's `strings` shows them: what a search by hand starts from. */
export function strings(bytes: Uint8Array, lengthMin: number): string[] {
  const found: string[] = [];
  let start = -1;
  for (let at = 0; at <= bytes.length; at++) {
    const octet = bytes[at] ?? 0;
    const printable = octet >= 0x20 && octet < 0x7f;
    if (printable && start === -1) start = at;
    if (!printable && start !== -1) {
      if (at - start >= lengthMin) {
        found.push(String.fromCharCode(...bytes.subarray(start, Math.min(at, start + 4_096))));
      }
      start = -1;
    }
  }
  return found;
}

/** Whether bytes have structure: what is sealed does not shrink. */
export function isCompressible(bytes: Uint8Array): boolean {
  return deflateRawSync(bytes).length < bytes.length * 0.97;
}

/** Shannon entropy in bits per octet; a sealed frame of 1 KiB has about 7.8, because it is short. */
export function entropy(bytes: Uint8Array): number {
  const counts = new Array<number>(256).fill(0);
  for (const octet of bytes) counts[octet] = (counts[octet] as number) + 1;
  let bits = 0;
  for (const count of counts) {
    if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return bits;
}
