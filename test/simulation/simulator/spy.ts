import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { hex } from "#shared/bytes.ts";
import type { MemoryStore } from "../kit.ts";
import type { Mutant } from "./mutant.ts";

/** Spent secrets that are watched on one device at a time: the last ones. */
const watchedMax = 200;

interface Spent {
  /** The array itself, which has to be wiped, and what it held. */
  readonly live: Uint8Array;
  readonly copy: string;
}

/** What is known of the message keys of one device: watched where the client gets them. */
export interface Spy {
  readonly cipher: Cipher;
  /** Keys that protected two messages, that are not wiped, or that a vault holds after their end. */
  readonly faults: string[];
  /** Looks for spent keys in everything that is stored now. */
  look(store: MemoryStore): void;
  /** The process has died: what it held is gone with its memory. */
  restart(): void;
}

export function createSpy(mutant: Mutant): Spy {
  let watched: Spent[] = [];
  const protectedBy = new Set<string>();
  const faults: string[] = [];
  const cipher = sealedCipher;

  const watch = (spent: readonly Uint8Array[]): void => {
    const fresh = spent
      .filter((one) => one.length >= 32 && one.some((octet) => octet !== 0))
      .map((live) => ({ live, copy: hex(live) }));
    watched = [...watched, ...fresh].slice(-watchedMax);
  };
  return {
    faults,
    // The spy is innermost: it sees what the product's own cipher gave, whatever a mutant makes of it.
    cipher: mutant.cipher({
      ...cipher,
      protect(group, data, random) {
        const result = cipher.protect(group, data, random);
        const nonce = hex(result.message);
        if (protectedBy.has(nonce)) faults.push("a message was protected twice alike");
        protectedBy.add(nonce);
        watch(result.spent);
        return result;
      },
      unprotect(reader, message) {
        const result = cipher.unprotect(reader, message);
        watch(result.spent);
        return result;
      },
    }),
    restart() {
      watched = [];
    },
    look(store) {
      if (watched.length === 0) return;
      const wiped = watched.filter(({ live }) => live.every((octet) => octet === 0));
      if (wiped.length === 0) return;
      const stored = [...store.records.values()].map(hex);
      for (const { copy } of wiped) {
        if (stored.some((bytes) => bytes.includes(copy)))
          faults.push("a spent key is in the store");
      }
      const live = watched.filter((one) => !wiped.includes(one));
      watched = live;
      if (live.length > watchedMax / 2) faults.push("spent keys are not wiped");
    },
  };
}
