import type { Random } from "#client/crypto/random.ts";
import { assert } from "#shared/failure.ts";
import type { Change } from "./ports.ts";
import { sealSegment } from "./vault.ts";
import { isRecordKey, type Segment, type VaultRoot } from "./vault-root.ts";

/** What a save does to the rows of a vault, and which of its secrets are dead once it is durable. */
export interface VaultSave {
  readonly root: VaultRoot;
  readonly insert: readonly { readonly id: Uint8Array; readonly sealed: Uint8Array }[];
  readonly remove: readonly Uint8Array[];
  /** Keys of the removed segments and bytes of the replaced hot records, for the caller to erase. */
  readonly spent: readonly Uint8Array[];
}

/**
 * The root after some changes. A cold record that changes gets a new row under a new key, all other rows
 * stay as they are; of several changes to one key the last counts. Failure `too-large`.
 */
export function planSave(
  root: VaultRoot,
  vaultId: Uint8Array,
  changes: readonly Change[],
  random: Random,
): VaultSave {
  const hot = new Map(root.hot);
  const cold = new Map(root.cold);
  const insert: { id: Uint8Array; sealed: Uint8Array }[] = [];
  const dropped: Segment[] = [];
  const spent: Uint8Array[] = [];
  for (const { key, bytes, tier } of lastOfEach(changes)) {
    assert(isRecordKey(key), "a record key has 1 to 256 characters");
    const before = cold.get(key);
    if (before !== undefined) dropped.push(before);
    const beforeHot = hot.get(key);
    if (beforeHot !== undefined) spent.push(beforeHot);
    hot.delete(key);
    cold.delete(key);
    if (bytes === null) continue;
    if (tier === "hot") {
      // A copy: the caller may erase its own bytes after the save.
      hot.set(key, bytes.slice());
      continue;
    }
    const { segment, sealed } = sealSegment(vaultId, bytes, random);
    cold.set(key, segment);
    insert.push({ id: segment.id, sealed });
  }
  for (const segment of dropped) spent.push(segment.key);
  return { root: { hot, cold }, insert, remove: dropped.map(({ id }) => id), spent };
}

function lastOfEach(changes: readonly Change[]): Iterable<Change> {
  return new Map(changes.map((change) => [change.key, change])).values();
}
