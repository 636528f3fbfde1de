import { forgetSecrets, secretsOnlyIn } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { mailboxKeys, mailboxSecrets } from "./mailbox.ts";
import { mendingSecrets } from "./mend.ts";
import { forgetUnreleased } from "./retired.ts";
import { type Channel, emptyPlans } from "./state.ts";
import { closeAllLate } from "./transition.ts";
import { type Turn, withSession } from "./turn.ts";

/** Whether this seat is no member any more and nothing it holds could be of use to the channel. */
export function isGone({ session }: Channel): boolean {
  return session.state === "removed" || session.state === "left";
}

/**
 * What a seat that has left or was removed keeps: its texts, the reports and who was there. Every key
 * of the channel is spent and nothing waits to be sent: a device that is seized later reads no frame.
 */
export function forgetChannel(turn: Turn, channel: Channel): Channel {
  const { pending, group, keys } = channel;
  const closed = closeAllLate(turn, channel);
  const { retired, spent } = forgetUnreleased(channel.retired);
  const unsaid = [...channel.contents.values()].filter((content) => content.kind === "release");
  turn.spent.push(...spent, ...unsaid.map(({ seed }) => seed));
  if (pending !== null) turn.spent.push(...secretsOnlyIn(pending.group, [group]));
  turn.spent.push(...secretsOnlyIn(group, []), ...mailboxSecrets(keys), ...mendingSecrets(channel));
  turn.effects.push({ type: "close", mailbox: keys.name });
  const texts = closed.session.outbox.map(({ id }) => hex(id));
  for (const id of [...texts, ...closed.plans.wishes.map((wish) => wish.id)]) {
    const failure = new Failure("removed", "this seat is no longer in the channel");
    turn.effects.push({ type: "failed", id, failure });
  }
  const empty = forgetSecrets(group);
  const session = { outbox: [], kept: [], previous: null };
  return {
    ...withSession(closed, session),
    group: empty,
    keys: mailboxKeys(empty, 0),
    pending: null,
    plans: emptyPlans,
    retired,
    frames: new Map(),
    contents: new Map(),
    link: { ...channel.link, opening: [], live: [], mending: [] },
  };
}
