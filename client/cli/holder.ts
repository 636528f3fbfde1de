import { setTimeout as pause } from "node:timers/promises";
import { openClient } from "#client/core/client.ts";
import { systemClock } from "#client/node/clock.ts";
import { webSocketDialer } from "#client/node/dialer.ts";
import { systemRandom } from "#client/node/random.ts";
import { createVault, openVault, type Vault, vaultExists } from "#client/node/vault.ts";
import { callVault, serveVault } from "#client/node/vault-socket.ts";
import { Failure } from "#shared/failure.ts";
import type { Caller, Session } from "./caller.ts";
import type { Line } from "./lines.ts";
import type { Output } from "./output.ts";
import { readPassphrase } from "./passphrase.ts";
import { type Request, requestSchema } from "./request.ts";
import { runRequest } from "./verbs.ts";

/** Which vault, and where its passphrase comes from. */
export interface VaultPlace {
  readonly home: string;
  readonly passphraseFile: string | null;
}

export interface Held extends Session {
  close(): Promise<void>;
}

/** A verb that lasts shorter than this need not fail another one that starts beside it. */
const lockWaitMs = 4_000;
const lockRetryMs = 80;

/** Verbs that last, and so serve others meanwhile. */
function lasts(request: Request): boolean {
  const { verb } = request;
  const waits = verb === "invite" || verb === "join" || verb === "resume" || verb === "approve";
  return waits || (verb === "recv" && request.follow);
}

/** Has one request after the other carried out, each with its own lines. */
export type Perform = (request: Request, caller: Caller) => Promise<void>;

/**
 * Carries out requests: each by the process that holds the vault when there is one, else with the vault
 * opened here, once for all of them. Failures: `locked` and `passphrase` besides those of the verbs.
 */
export async function performAll(
  place: VaultPlace,
  output: Output,
  talk: (perform: Perform) => Promise<void>,
): Promise<void> {
  let held: Held | null = null;
  const perform: Perform = async (request, caller) => {
    if (held === null) {
      if (await performElsewhere(place, request, caller)) return;
      held = await hold(place, output, {
        makes: request.verb === "open" || request.verb === "join",
        serves: lasts(request),
        // Between two tries, the one who holds the vault may have begun to serve.
        elsewhere: () => performElsewhere(place, request, caller),
      });
    }
    if (held !== null) await runRequest(held, request, caller);
  };
  try {
    await talk(perform);
  } finally {
    await (held as Held | null)?.close();
  }
}

/** Has one request carried out. Failures as for `performAll`. */
export async function perform(
  place: VaultPlace,
  request: Request,
  output: Output,
  caller: Caller,
): Promise<void> {
  await performAll(place, output, (run) => run(request, caller));
}

/** Opens the vault for as long as this process wants it, serving others meanwhile. */
export async function holdVault(place: VaultPlace, output: Output): Promise<Held> {
  const held = await hold(place, output, {
    makes: false,
    serves: true,
    elsewhere: async () => false,
  });
  if (held === null) throw new Failure("internal", "a vault that nobody opened");
  return held;
}

async function performElsewhere(
  { home }: VaultPlace,
  request: Request,
  caller: Caller,
): Promise<boolean> {
  try {
    const exit = await callVault(
      home,
      request,
      (line) => caller.emit(line as Line), // the holder is this program, in the same user's hands
      caller.signal,
    );
    return exit !== null;
  } catch (error) {
    const ended =
      error instanceof Failure && error.code === "interrupted" && !caller.signal.aborted;
    // Whoever only listens goes on when the holder has ended; anything else might happen twice.
    if (ended && request.verb === "recv") return false;
    throw error;
  }
}

async function hold(
  place: VaultPlace,
  output: Output,
  wish: {
    readonly makes: boolean;
    readonly serves: boolean;
    readonly elsewhere: () => Promise<boolean>;
  },
): Promise<Held | null> {
  const { home } = place;
  const fresh = !vaultExists(home);
  if (fresh && !wish.makes) {
    throw new Failure("no-channel", `there is no vault in ${home}; \`open\` or \`join\` makes one`);
  }
  const passphrase = await readPassphrase({ file: place.passphraseFile, fresh, home }, output);
  const onDerive = (): void => {
    if (output.interactive) output.talk(output.paint.faint("Turning the passphrase into a key …"));
  };
  const vault = fresh
    ? await createVault(home, passphrase, { onDerive })
    : await openPatiently(home, passphrase, onDerive, wish.elsewhere);
  if (vault === null) return null;
  try {
    return await startSession(vault, home, wish.serves);
  } catch (error) {
    vault.close();
    throw error;
  }
}

async function openPatiently(
  home: string,
  passphrase: string,
  onDerive: () => void,
  elsewhere: () => Promise<boolean>,
): Promise<Vault | null> {
  const until = Date.now() + lockWaitMs;
  for (;;) {
    try {
      return await openVault(home, passphrase, { onDerive });
    } catch (error) {
      const locked = error instanceof Failure && error.code === "locked";
      if (!locked || Date.now() > until) throw error;
    }
    if (await elsewhere()) return null;
    await pause(lockRetryMs);
  }
}

async function startSession(vault: Vault, home: string, serves: boolean): Promise<Held> {
  const client = await openClient({
    clock: systemClock,
    random: systemRandom,
    store: vault,
    dialer: webSocketDialer(),
  });
  const session = { client, store: vault };
  const server = serves ? await serveVault(home, serve(session)) : null;
  return {
    ...session,
    async close() {
      await server?.close();
      // Whoever goes says so, or is missed by those who have slots as well. No ack is waited for.
      await client.pause().catch(() => {});
      await client.close();
      vault.close();
    },
  };
}

/** Carries out for another process of the same user what it would do itself with the vault open. */
function serve(session: Session) {
  return async (request: unknown, emit: (line: object) => void, gone: AbortSignal) => {
    const parsed = requestSchema.safeParse(request);
    if (!parsed.success) throw new Failure("malformed", "vault socket: not a request that we know");
    await runRequest(session, parsed.data, { emit, signal: gone });
    return 0;
  };
}
