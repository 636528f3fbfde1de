import { member, members } from "#client/mls/group.ts";
import { assert } from "#shared/failure.ts";
import { approvalsNeeded, personsOf } from "./authority.ts";
import { decodePolicy } from "./policy.ts";
import type { Runner } from "./runner.ts";
import type { Sponsor } from "./sponsor.ts";
import type { Channel } from "./state.ts";

/** The own seat as it vouches for a newcomer, and what an admission needs in this epoch. */
export function vouching({ group }: Channel): Sponsor {
  const self = member(group, group.ownLeaf);
  assert(self !== null, "a sponsor has a seat");
  const seats = members(group);
  const policy = decodePolicy(group.extensions);
  return {
    group: group.groupId,
    signatureKey: self.signatureKey,
    persons: personsOf(seats).size,
    needed: approvalsNeeded(policy, seats),
    check: policy.check,
  };
}

/** Holds the own signature key still: the newcomer will demand it of the Welcome, or of an approval. */
export async function promiseKey(runner: Runner, invite: string): Promise<void> {
  await runner.request({ type: "hold", invite, on: true });
  // A rotation that was on its way still changes it.
  await new Promise<void>((resolve) => {
    runner.watch((channel) => {
      if (channel.pending !== null) return false;
      resolve();
      return true;
    });
  });
}
