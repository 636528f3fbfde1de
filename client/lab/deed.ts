import { assert, Failure } from "#shared/failure.ts";
import type { Deed } from "./action.ts";
import { type Actor, actorOf, type Ensemble, isInside, settle } from "./actor.ts";
import { expel } from "./admission.ts";
import type { Scenario } from "./scenario-schema.ts";

/** Something that was done, as far as the channel read it. */
export interface Done {
  readonly action: Deed;
  /** Message id and epoch of what was said; the epoch that a commit began. */
  readonly id: string | null;
  readonly epoch: number;
}

/**
 * Does one thing and lets everybody hear of it. Null when the actor is no longer in the channel, and for what
 * the relay does not answer: that happens later, or never.
 */
export async function act(
  scenario: Scenario,
  ensemble: Ensemble,
  action: Deed,
): Promise<Done | null> {
  const { clock } = ensemble;
  const actor = actorOf(ensemble, action.actor);
  const { channel } = action;
  if (!isInside(actor, channel)) return null;
  if (actor.isHeld && action.kind === "say") {
    actor.unsent.push(action);
    await clock.drive(actor.client.send({ channel, text: action.text }).catch(expectNoAnswer));
    return null;
  }
  if (action.kind === "remove") return expelled(scenario, ensemble, action);
  const done = await clock.drive(commitOrSay(actor, action).catch(expectNoAnswer));
  if (done === undefined) {
    // Its commit is nowhere, and what it writes from now on waits behind it.
    assert(action.kind !== "say" && actor.isWithheld, "only what is withheld finds no answer");
    actor.isHeld = true;
    actor.unsentUpdate = action;
    return null;
  }
  await settle(ensemble, membersOf(scenario, channel), channel);
  return { action, ...done };
}

/** Everybody who may be in a channel; the guest, too, reads what is said while he is in. */
function membersOf({ world }: Scenario, channel: string): readonly string[] {
  const members = world.channels.find((each) => each.id === channel)?.members ?? [];
  return world.guest !== undefined && channel === world.scope
    ? [...members, world.guest.actor]
    : members;
}

/** Null when the target is not in the channel. */
async function expelled(
  scenario: Scenario,
  ensemble: Ensemble,
  action: Extract<Deed, { kind: "remove" }>,
): Promise<Done | null> {
  const { channel, actor, target } = action;
  const by = actorOf(ensemble, actor);
  const { label } = actorOf(ensemble, target);
  if (!by.client.who(channel).some((seat) => seat.label === label)) return null;
  const members = membersOf(scenario, channel);
  const other = members.find((id) => id !== actor && id !== target);
  const helper = other === undefined ? null : actorOf(ensemble, other);
  const epoch = await expel(ensemble, { channel, label, by, other: helper });
  await settle(ensemble, members, channel);
  return { action, id: null, epoch };
}

/** The client gives up waiting and keeps the message. */
function expectNoAnswer(error: unknown): undefined {
  if (!(error instanceof Failure) || error.code !== "network") throw error;
}

async function commitOrSay(
  { client }: Actor,
  action: Exclude<Deed, { kind: "remove" }>,
): Promise<{ id: string | null; epoch: number }> {
  const { channel } = action;
  if (action.kind === "say") {
    const { id, epoch } = await client.send({ channel, text: action.text });
    return { id, epoch };
  }
  const { epoch } = await client.rotate({ channel });
  return { id: null, epoch };
}

/** Lets what a stalled uplink held reach the relay, and tells in which epoch the channel came to read it. */
export async function release(
  scenario: Scenario,
  ensemble: Ensemble,
  id: string,
  known: ReadonlySet<string | null>,
): Promise<Done[]> {
  const actor = actorOf(ensemble, id);
  actor.isHeld = false;
  actor.uplink.release();
  const landed: Done[] = [];
  for (const { id: channel, members } of scenario.world.channels) {
    if (!members.includes(id)) continue;
    // First he catches up himself; then everybody hears what he had to say.
    await settle(ensemble, [id], channel);
    await settle(ensemble, members, channel);
    landed.push(...(await whatLanded(actor, channel, known)));
  }
  assert(actor.unsent.length === 0, "what was held back reaches the channel");
  return landed;
}

/** Whether a member whose commits were withheld has got one through: then what waited behind it is said. */
export async function catchUp(
  scenario: Scenario,
  ensemble: Ensemble,
  id: string,
  known: ReadonlySet<string | null>,
): Promise<Done[]> {
  const actor = actorOf(ensemble, id);
  const channel = scenario.world.scope;
  const isFree = await ensemble.clock.drive(
    actor.client.settle(channel).then(
      () => true,
      (error: unknown) => expectNoAnswer(error) ?? false,
    ),
  );
  if (!isFree) return [];
  actor.isHeld = false;
  await settle(ensemble, membersOf(scenario, channel), channel);
  const update = actor.unsentUpdate;
  actor.unsentUpdate = null;
  const { epoch } = actor.client.status(channel);
  const landed = await whatLanded(actor, channel, known);
  return update === null ? landed : [{ action: update, id: null, epoch }, ...landed];
}

async function whatLanded(
  actor: Actor,
  channel: string,
  known: ReadonlySet<string | null>,
): Promise<Done[]> {
  const unsent = actor.unsent.filter((each) => each.channel === channel);
  const own = (await actor.client.messages(channel)).filter((each) => {
    return each.mine && !known.has(each.id);
  });
  const landed = own.map(({ id, epoch, body }, index): Done => {
    const action = unsent[index];
    assert(action?.text === body, "it comes in the order in which it was written");
    return { action, id, epoch };
  });
  const done = new Set<Deed>(landed.map(({ action }) => action));
  const rest = actor.unsent.filter((each) => !done.has(each));
  actor.unsent.splice(0, actor.unsent.length, ...rest);
  return landed;
}
