import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

/** All of stdin as text, without one line break at its end. Failures: `usage` when not UTF-8, `too-large`. */
export async function readText(): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of process.stdin) {
    bytes += part.length;
    if (bytes > limits.textBytesMax + 2) throw new Failure("too-large", "stdin");
    parts.push(part);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true })
      .decode(Buffer.concat(parts))
      .replace(/\r?\n$/, "");
  } catch {
    throw new Failure("usage", "stdin: not UTF-8 text");
  }
}
