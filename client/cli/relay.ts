import { join } from "node:path";
import { startRelay } from "#server/relay.ts";
import { Failure } from "#shared/failure.ts";
import type { Output } from "./output.ts";

/** Runs a relay until the signal. Failures: those of `startRelay`, and of its log when that fails for good. */
export async function runRelay(
  options: {
    readonly listen: string;
    /** Folder of the database; `:memory:` for none. */
    readonly data: string;
    readonly addresses: readonly string[];
    readonly retentionMs: number;
    /** How large the database may grow; null for as large as the disk. */
    readonly dataBytesMax: number | null;
  },
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const data = options.data === ":memory:" ? null : options.data;
  const relay = await startRelay({
    listen: parseListen(options.listen),
    addresses: options.addresses,
    data,
    retentionMs: options.retentionMs,
    limits: { dataBytesMax: options.dataBytesMax },
  });
  try {
    output.line({
      type: "listening",
      address: relay.address,
      data: data === null ? null : (relay.store.path ?? join(data, "relay.sqlite")),
    });
    const stopped = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const failure = await Promise.race([stopped, relay.failed]);
    if (failure !== null) throw failure;
  } finally {
    await relay.close();
  }
}

/** `127.0.0.1:7117` or `[::1]:7117`. Failure `usage`. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? Number.NaN);
  if (match === null || port > 65_535) {
    throw new Failure("usage", `--listen ${JSON.stringify(text)}: expected host:port`);
  }
  return { host: (match[1] as string).replace(/^\[|\]$/g, ""), port };
}
