import { Failure } from "#shared/failure.ts";

const unitBytes: Readonly<Record<string, number>> = {
  "": 1,
  K: 1 << 10,
  M: 1 << 20,
  G: 1 << 30,
};

/** Bytes of `500M`, `2G` or a bare number. Failure `usage` for anything else, and for nothing at all. */
export function parseSize(text: string): number {
  const match = /^([1-9]\d{0,11})([KMG]?)$/.exec(text);
  const bytes = Number(match?.[1]) * (unitBytes[match?.[2] ?? ""] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) {
    throw new Failure("usage", `${JSON.stringify(text)} is not a size, such as 500M or 2G`);
  }
  return bytes;
}
