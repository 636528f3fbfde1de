import { Failure } from "#shared/failure.ts";
import {
  decode,
  putList,
  putU16,
  putVector,
  type Reader,
  takeList,
  takeU16,
  takeVector,
  type Writer,
} from "./codec.ts";
import type { Rules } from "./rules.ts";

/** RFC 9420 section 13.4: a type and its opaque data. */
export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** RFC 9420 section 17.3. These five are known to everyone and never listed in capabilities. */
export const extensionType = {
  applicationId: 1,
  ratchetTree: 2,
  requiredCapabilities: 3,
  externalPub: 4,
  externalSenders: 5,
} as const;

/** Whether section 7.2 counts an extension type as known without being listed. */
export function isDefaultExtension(type: number): boolean {
  return type >= 1 && type <= 5;
}

function putExtension(to: Writer, extension: Extension): void {
  putU16(to, extension.type);
  putVector(to, extension.data);
}

function takeExtension(from: Reader): Extension {
  return { type: takeU16(from), data: takeVector(from) };
}

export function putExtensions(to: Writer, extensions: readonly Extension[]): void {
  putList(to, extensions, putExtension);
}

export function takeExtensions(from: Reader): Extension[] {
  return takeList(from, takeExtension);
}

export function findExtension(extensions: readonly Extension[], type: number): Uint8Array | null {
  return extensions.find((extension) => extension.type === type)?.data ?? null;
}

/** Refuses a type that appears twice (section 13.4) or that the rules do not name. */
export function checkExtensions(
  extensions: readonly Extension[],
  rules: Rules,
  place: string,
): void {
  const seen = new Set<number>();
  for (const { type } of extensions) {
    if (seen.has(type)) throw new Failure("refused", `${place}: extension ${type} appears twice`);
    seen.add(type);
    if (rules.extensions !== null && !rules.extensions.includes(type)) {
      throw new Failure("refused", `${place}: unknown extension ${type}`);
    }
  }
}

/** RFC 9420 section 11.1: what every leaf must be capable of. */
export interface RequiredCapabilities {
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

/** The group's required capabilities; null when it has none. Throws `malformed`. */
export function requiredCapabilities(
  extensions: readonly Extension[],
): RequiredCapabilities | null {
  const data = findExtension(extensions, extensionType.requiredCapabilities);
  if (data === null) return null;
  const take = (from: Reader): RequiredCapabilities => ({
    extensions: takeList(from, takeU16),
    proposals: takeList(from, takeU16),
    credentials: takeList(from, takeU16),
  });
  return decode(take, data, "required capabilities");
}
