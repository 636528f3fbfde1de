import type { Cipher } from "#client/core/cipher.ts";
import type { Change } from "#client/core/ports.ts";
import type { MemoryStore } from "../../kit.ts";
import { type Mutant, sound } from "../mutant.ts";

/** Weak worlds, by the checker that has to notice each. */
export const mutants: readonly { readonly checker: string; readonly mutant: Mutant }[] = [
  {
    checker: "silent loss",
    // The relay leaves out what one member says, and the clients tell nobody of what is missing.
    mutant: { ...sound, name: "deaf clients", relay: "omits", hears: isPlain },
  },
  {
    checker: "unnoticed fork",
    mutant: { ...sound, name: "a silent fork", relay: "forks", hears: isPlain },
  },
  { checker: "convergence", mutant: { ...sound, name: "blind to commits", cipher: blind } },
  {
    checker: "approvals",
    mutant: { ...sound, name: "clients that approve alone", approvesAlone: true },
  },
  {
    checker: "forgetting",
    mutant: { ...sound, name: "a store that keeps", store: hoard("/messages/") },
  },
  {
    checker: "erased keys",
    mutant: { ...sound, name: "keys kept in the store", store: hoard("/ratchets") },
  },
  { checker: "erased keys", mutant: { ...sound, name: "keys not wiped", cipher: careless } },
  { checker: "bounded state", mutant: { ...sound, name: "frames for ever", store: pile } },
];

/** Everything but warnings. */
function isPlain({ type }: { readonly type: string }): boolean {
  return type !== "alarm" && type !== "gap";
}

/** Now and then a commit is taken for something else and passed over. */
function blind(cipher: Cipher): Cipher {
  let commits = 0;
  return {
    ...cipher,
    kindOf(reader, message) {
      const kind = cipher.kindOf(reader, message);
      return kind === "commit" && commits++ % 5 === 4 ? "application" : kind;
    },
  };
}

/** What is spent is not handed on to be wiped. */
function careless(cipher: Cipher): Cipher {
  return {
    ...cipher,
    protect: (group, data, random) => ({ ...cipher.protect(group, data, random), spent: [] }),
  };
}

/** Forgets nothing of one kind: what is deleted or written over stays beside what took its place. */
function hoard(kind: string): Mutant["store"] {
  return (store) => {
    const save = store.save.bind(store);
    let kept = 0;
    return Object.assign(store, {
      async save(changes: readonly Change[]) {
        for (const { key } of changes) {
          const old = store.records.get(key);
          const isKind = old !== undefined && key.includes(kind);
          if (isKind) store.records.set(`old/${kept++}`, old);
        }
        await save(changes);
      },
    });
  };
}

/** Keeps every frame that was ever its own. */
function pile(store: MemoryStore): MemoryStore {
  const save = store.save.bind(store);
  return Object.assign(store, {
    async save(changes: readonly Change[]) {
      await save(changes.filter(({ key, bytes }) => bytes !== null || !key.includes("frame")));
    },
  });
}
