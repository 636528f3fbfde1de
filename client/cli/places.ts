import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where the verbs look when no flag says otherwise: the relay of a machine that tries things out. */
export const relayDefault = "127.0.0.1:7117";

/** The environment, as far as the command line reads it. No secret is ever taken from it. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/** The vault's folder: `BACKCHANNEL_HOME`, else `backchannel` in the XDG data folder. */
export function vaultFolder(environment: Environment): string {
  return given(environment.BACKCHANNEL_HOME) ?? join(dataFolder(environment), "backchannel");
}

/** Where `relay` keeps its database unless told otherwise. */
export function relayFolder(environment: Environment): string {
  return join(dataFolder(environment), "backchannel-relay");
}

/** Where the records of exercises lie unless told otherwise: not beside what a team is given. */
export function exercisesFolder(environment: Environment): string {
  return join(dataFolder(environment), "backchannel-exercises");
}

/** The relay that `open` and `join` dial: `BACKCHANNEL_RELAY`, else one on this machine. */
export function relayAddress(environment: Environment): string {
  return given(environment.BACKCHANNEL_RELAY) ?? relayDefault;
}

/** The channel that verbs mean: `BACKCHANNEL_CHANNEL`, else null for the one chosen by `use`. */
export function channelName(environment: Environment): string | null {
  return given(environment.BACKCHANNEL_CHANNEL) ?? null;
}

/** The file that holds the passphrase: `BACKCHANNEL_PASSPHRASE_FILE`, else null to ask. */
export function passphraseFile(environment: Environment): string | null {
  return given(environment.BACKCHANNEL_PASSPHRASE_FILE) ?? null;
}

function dataFolder(environment: Environment): string {
  const xdg = given(environment.XDG_DATA_HOME);
  // The XDG specification says to ignore a relative path.
  return xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".local", "share");
}

function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
