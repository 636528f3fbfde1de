import type { Client } from "#client/core/client.ts";

/** A command to type next, with the channel named where the vault has several. */
export function guide(client: Client, channel: string, verb: string): string {
  const flag = client.channels().length > 1 ? ` --channel ${shellWord(channel)}` : "";
  return `backchannel ${verb}${flag}`;
}

/** A text that a shell takes as one word. */
export function shellWord(text: string): string {
  return /^[\w.,:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
