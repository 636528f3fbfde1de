import type { Suite } from "#client/crypto/suite.ts";
import { createGroup, type Group } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { hostOf } from "#shared/wire.ts";
import { type Declaration, encodeDeclaration } from "./declaration.ts";
import { encodeIdentity, personBytes } from "./identity.ts";
import { startLog } from "./log.ts";
import { mailboxKeys } from "./mailbox.ts";
import { newPeer } from "./peer.ts";
import { encodePolicy, type Policy } from "./policy.ts";
import type { Random } from "./ports.ts";
import { nothingRetired } from "./retired.ts";
import { channelGroupRules } from "./rules.ts";
import { type Channel, emptyPlans, emptyReports, linkDown } from "./state.ts";
import type { Provenance } from "./view.ts";

/** Octets of a group id and of the local channel id. */
const groupIdBytes = 32;
const channelIdBytes = 16;

/** A channel of which this seat is the first: fresh keys, fresh person id, nothing linked to any other. */
export function foundChannel(parts: {
  readonly name: string;
  readonly relay: string;
  readonly label: string;
  readonly policy: Policy;
  readonly declaration: Declaration;
  readonly now: number;
  readonly random: Random;
  readonly suite: Suite;
}): Channel {
  const { label, policy, declaration, random, suite } = parts;
  const group = createGroup({
    suite,
    rules: channelGroupRules,
    groupId: random(groupIdBytes),
    identity: encodeIdentity({ label, person: random(personBytes) }),
    extensions: encodePolicy(policy),
    leafExtensions: encodeDeclaration(declaration),
    random,
  });
  return newChannel({ ...parts, id: hex(random(channelIdBytes)), group, previous: null });
}

/** A channel as this seat enters it, at the start of an epoch's log. */
export function newChannel(parts: {
  readonly id: string;
  readonly name: string;
  readonly relay: string;
  readonly now: number;
  readonly group: Group;
  /** Head of the log before, at the commit that let us in; null for the founder. */
  readonly previous: Uint8Array | null;
  /** Who let us in, as they say. */
  readonly admittedBy?: readonly Provenance[];
}): Channel {
  const { id, name, relay, now, group, previous, admittedBy = [] } = parts;
  hostOf(relay);
  const keys = mailboxKeys(group, 0);
  return {
    id,
    settings: { v: limits.version, name, relay, createdAt: now },
    session: {
      v: limits.version,
      state: "open",
      log: startLog(keys.publicKey),
      previous,
      epochStartedAt: now,
      heard: [],
      silence: [],
      counter: 1,
      outbox: [],
      kept: [],
      // The own seat has a peer too: it remembers who admitted it.
      peers: [newPeer(group.ownLeaf, 1, { by: admittedBy, at: now, epoch: Number(group.epoch) })],
      sinceUpdate: 0,
      updatedAt: now,
      late: [],
      freeze: null,
      frozenBy: [],
      receipts: { isOn: false, dueAt: null },
      slots: null,
      nextMessage: 0,
      readUpTo: 0,
    },
    group,
    keys,
    late: [],
    pending: null,
    plans: emptyPlans,
    reports: emptyReports,
    retired: nothingRetired,
    frames: new Map(),
    contents: new Map(),
    segments: new Map(),
    link: linkDown,
  };
}
