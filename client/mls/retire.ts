import { ratchetSecretsOf } from "./secret-tree.ts";
import type { Group, PastEpoch } from "./state.ts";
import { leaves } from "./tree.ts";

/** What reads an epoch's late application messages once the group has gone on, and does nothing else. */
export function retire(group: Group): PastEpoch {
  const signatureKeys = new Map<number, Uint8Array>();
  for (const { index, leaf } of leaves(group.state.tree.top)) {
    signatureKeys.set(index, leaf.signatureKey);
  }
  return {
    kind: "past",
    suite: group.suite,
    groupId: group.groupId,
    epoch: group.epoch,
    state: {
      encodedContext: group.state.encodedContext,
      senderDataSecret: group.state.secrets.senderData,
      signatureKeys,
    },
    secretTree: { ...group.secretTree, handshake: new Map() },
    chains: { ...group.chains, handshakeGeneration: 0 },
  };
}

/**
 * What is left to a former member: who was there, under which context, and no secret. Zeros stand in
 * their places, so that it is saved and read like any group; whatever is derived from it means nothing.
 */
export function forgetSecrets(group: Group): Group {
  const { state, suite } = group;
  const none = new Uint8Array(suite.hashBytes);
  const signatureSecret = state.signatureSecret.slice();
  // The second half of an Ed25519 secret key is its public key.
  signatureSecret.fill(0, 0, 32);
  const pathKeys = new Map([[2 * state.ownLeaf, new Uint8Array(suite.kem.secretBytes)]]);
  return {
    ...group,
    state: {
      ...state,
      signatureSecret,
      pathKeys,
      secrets: {
        senderData: none,
        exporter: none,
        authenticator: none,
        init: none,
        external: null,
        membership: null,
        resumption: null,
      },
    },
    secretTree: { leaves: group.secretTree.leaves, nodes: new Map(), handshake: new Map() },
    chains: { handshakeGeneration: 0, application: new Map() },
  };
}

/** Every secret that a state holds, one of a member or one kept for reading. */
function secretsOf(state: Group | PastEpoch): Uint8Array[] {
  const ratchets = ratchetSecretsOf(state.secretTree, state.chains);
  if (state.kind === "past") return [state.state.senderDataSecret, ...ratchets];
  const { secrets, pathKeys, signatureSecret } = state.state;
  const scheduled = [
    secrets.senderData,
    secrets.exporter,
    secrets.authenticator,
    secrets.init,
    secrets.external,
    secrets.membership,
    secrets.resumption,
  ].filter((secret) => secret !== null);
  return [...scheduled, signatureSecret, ...pathKeys.values(), ...ratchets];
}

/**
 * The secrets that `state` holds and none of `kept` shares with it: what to erase when `state` is
 * dropped. Identity of the arrays decides, since states share what they have in common.
 */
export function secretsOnlyIn(
  state: Group | PastEpoch,
  kept: readonly (Group | PastEpoch)[],
): Uint8Array[] {
  const shared = new Set(kept.flatMap(secretsOf));
  return secretsOf(state).filter((secret) => !shared.has(secret));
}
