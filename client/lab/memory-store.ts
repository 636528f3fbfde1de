import type { Store } from "#client/core/ports.ts";

/** A vault that is in memory alone: for worlds whose scenario grants nobody's device. */
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
