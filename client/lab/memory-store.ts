import type { Bookkeeping, Store } from "#client/core/ports.ts";

/**
 * A vault that is in memory alone: for people whose device the scenario grants nobody. It gets what founding,
 * inviting and joining write down; of a channel at work nothing is written (`unwritten`).
 */
export function memoryStore(): Store {
  const records = new Map<string, Uint8Array>();
  return {
    keys: async (prefix) => [...records.keys()].filter((key) => key.startsWith(prefix)),
    read: async (key) => records.get(key)?.slice() ?? null,
    async save(changes) {
      for (const { key, bytes } of changes) {
        if (bytes === null) records.delete(key);
        else records.set(key, bytes.slice());
      }
    },
  };
}

/** What such a vault is told of a channel at work. */
export const unwritten: Bookkeeping<unknown> = () => [];
