import type { Suite } from "#client/crypto/suite.ts";
import type { Extension } from "./extension.ts";
import type { GroupContext } from "./group-context.ts";
import type { EpochSecrets } from "./key-schedule.ts";
import type { Rules } from "./rules.ts";
import type { Chains, SecretTree } from "./secret-tree.ts";
import type { Tree } from "./tree.ts";

/** What stays the same for a whole epoch. Saved once per commit; never changed in place. */
export interface Epoch {
  readonly context: GroupContext;
  /** The encoded GroupContext: part of every signature of the epoch. */
  readonly encodedContext: Uint8Array;
  readonly interimTranscriptHash: Uint8Array;
  readonly confirmationTag: Uint8Array;
  readonly tree: Tree;
  readonly ownLeaf: number;
  readonly signatureSecret: Uint8Array;
  /** KEM secret keys of the own leaf and of the nodes above it, by node index. */
  readonly pathKeys: ReadonlyMap<number, Uint8Array>;
  readonly secrets: EpochSecrets;
}

/** A member's whole state in one epoch. Operations return new values and leave this one valid. */
export interface Group {
  readonly kind: "group";
  readonly suite: Suite;
  readonly rules: Rules;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly extensions: readonly Extension[];
  readonly ownLeaf: number;
  readonly state: Epoch;
  readonly secretTree: SecretTree;
  readonly chains: Chains;
}

/** What is kept of an epoch to read its late application messages, and nothing that could do more. */
export interface PastEpoch {
  readonly kind: "past";
  readonly suite: Suite;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly state: {
    readonly encodedContext: Uint8Array;
    readonly senderDataSecret: Uint8Array;
    /** Signature keys by leaf index. */
    readonly signatureKeys: ReadonlyMap<number, Uint8Array>;
  };
  readonly secretTree: SecretTree;
  readonly chains: Chains;
}
