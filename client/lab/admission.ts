import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type Actor, type Ensemble, settle } from "./actor.ts";

type Words = readonly string[];

export interface AdmissionPlan {
  readonly channel: string;
  readonly label: string;
  /** Label of the member whose second seat it is to be; null or absent for a person of its own. */
  readonly personOf?: string | null;
  readonly sponsor: Actor;
  /** Who speaks to the newcomer besides; null where one sponsor is enough. */
  readonly second: Actor | null;
  readonly newcomer: Actor;
  /** Whether the second sponsor's telephone call reaches this newcomer, and not the person of that label. */
  readonly reachesNewcomer: boolean;
  /** Whether the newcomer's client says that it keeps copies elsewhere. */
  readonly archives?: boolean;
}

/**
 * Lets somebody in as people do: a code, and where two persons are asked for, words that are read aloud
 * over the telephone. Gives null, or the code of the Failure with which the newcomer was turned away.
 */
export async function admit(ensemble: Ensemble, plan: AdmissionPlan): Promise<string | null> {
  const { channel, label, personOf, sponsor, second, newcomer } = plan;
  const { clock } = ensemble;
  const expiresMs = limits.nameplateMsDefault;
  const invitation = await clock.drive(
    sponsor.client.invite({ channel, label, expiresMs, ...(personOf == null ? {} : { personOf }) }),
  );
  const telephone = openTelephone();
  const { code } = invitation;
  const joined = newcomer.client.join({
    ...{ code, relay: sponsor.client.status(channel).relay, name: channel },
    sponsors: second === null ? 1 : 2,
    archives: plan.archives ?? false,
    ask: ({ say }) => telephone.fromNewcomer(say),
  });
  let isOver = false;
  const outcome = Promise.all([joined, invitation.done]).then(
    () => null,
    (error: unknown) => {
      isOver = true;
      return codeOf(error);
    },
  );
  if (second === null) return clock.drive(outcome);
  const { id } = invitation;
  const { client } = second;
  const isMoved = () => client.pending(channel).some((motion) => motion.id === id);
  await clock.drive(reach(() => isMoved() || isOver));
  if (isOver) return clock.drive(outcome);
  const { say } = await clock.drive(client.check({ channel, id }));
  if (plan.reachesNewcomer) {
    const words = await clock.drive(telephone.fromSponsor(say));
    await clock.drive(client.approve({ channel, id, words }));
  } else {
    // Whoever is called by that name sees no words at all, and says so.
    await clock.drive(client.deny({ channel, id }));
  }
  const turnedAway = await clock.drive(outcome);
  invitation.done.catch(() => {});
  await settle(ensemble, [sponsor.id, second.id], channel);
  return turnedAway;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  return error.code;
}

/** A telephone between newcomer and sponsor: each reads out its words and hears the other's. */
function openTelephone() {
  let toSponsor = (_: Words): void => {};
  let toNewcomer = (_: Words): void => {};
  const atSponsor = new Promise<Words>((resolve) => {
    toSponsor = resolve;
  });
  const atNewcomer = new Promise<Words>((resolve) => {
    toNewcomer = resolve;
  });
  return {
    fromNewcomer(say: Words): Promise<Words> {
      toSponsor(say);
      return atNewcomer;
    },
    fromSponsor(say: Words): Promise<Words> {
      toNewcomer(say);
      return atSponsor;
    },
  };
}

/** Turns of the loop within which what needs no person comes about. */
const turnsMax = 20_000;

async function reach(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < turnsMax && !isSo(); turn++) {
    await new Promise<void>((go) => setImmediate(go));
  }
  assert(isSo(), "what was asked for reaches the others");
}

/** Has a member removed; where one person is not enough, another of the channel approves. */
export async function expel(
  ensemble: Ensemble,
  plan: { channel: string; label: string; by: Actor; other: Actor | null },
): Promise<number> {
  const { channel, label, by, other } = plan;
  const { clock } = ensemble;
  const { epoch, id } = await clock.drive(by.client.remove({ channel, label }));
  if (epoch !== null) return epoch;
  assert(other !== null, "two persons are in the channel where two have to approve");
  const { client } = other;
  await clock.drive(reach(() => client.pending(channel).some((motion) => motion.id === id)));
  const approved = await clock.drive(client.approve({ channel, id }));
  assert(approved.epoch !== null, "two approvals are enough");
  return approved.epoch;
}
