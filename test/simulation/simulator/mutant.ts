import type { Cipher } from "#client/core/cipher.ts";
import type { Notice } from "#client/core/client.ts";
import type { MemoryStore } from "../kit.ts";

/**
 * What a weakened world replaces: its ports. A checker that no mutant can set off proves nothing, so
 * each has one (mutants/).
 */
export interface Mutant {
  readonly name: string;
  readonly cipher: (sound: Cipher) => Cipher;
  readonly store: (sound: MemoryStore) => MemoryStore;
  /** Whether the person gets to see a notice. */
  readonly hears: (notice: Notice) => boolean;
  /** What the relay does by design, whatever the dice say. */
  readonly relay: "honest" | "omits" | "forks";
  /** Whether a person's client approves by itself what others have moved. */
  readonly approvesAlone: boolean;
}

/** The product as it is. */
export const sound: Mutant = {
  name: "sound",
  cipher: (cipher) => cipher,
  store: (store) => store,
  hears: () => true,
  relay: "honest",
  approvesAlone: false,
};
