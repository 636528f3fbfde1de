import type { Socket } from "node:net";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

/**
 * Calls `onLine` for each line that arrives, parsed as JSON and still `unknown`, and `onBad` once, after
 * which nothing is called any more, with a Failure: `too-large` for a line beyond the bound, `malformed`
 * for one that is not UTF-8 or not JSON.
 */
export function readLines(
  socket: Socket,
  onLine: (value: unknown) => void,
  onBad: (failure: Failure) => void,
): void {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const take = (chunk: Uint8Array): void => {
    let rest = chunk;
    for (;;) {
      const end = rest.indexOf(0x0a);
      const piece = end === -1 ? rest : rest.subarray(0, end);
      pendingBytes += piece.length;
      if (pendingBytes > limits.vaultLineBytesMax) {
        throw new Failure("too-large", "vault socket: line longer than allowed");
      }
      pending.push(piece);
      if (end === -1) return;
      const line = Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
      rest = rest.subarray(end + 1);
      onLine(parseLine(line));
    }
  };
  const onData = (chunk: Buffer): void => {
    try {
      take(chunk);
    } catch (error) {
      socket.off("data", onData);
      socket.resume();
      onBad(error instanceof Failure ? error : new Failure("internal", "vault socket: no reader"));
    }
  };
  socket.on("data", onData);
}

/** One object as a line of NDJSON. JSON escapes line ends, so there is exactly one. */
export function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function parseLine(line: Uint8Array): unknown {
  const text = textOf(line);
  try {
    if (text !== null) return JSON.parse(text);
  } catch {
    // Named below, without the line: it may hold a message.
  }
  throw new Failure("malformed", "vault socket: a line is not JSON");
}
