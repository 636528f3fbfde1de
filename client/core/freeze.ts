import { member, members } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { decodeIdentity } from "./identity.ts";
import type { Channel } from "./state.ts";
import { epochOf, labelOf, notify, raiseAlarm, type Turn, withSession } from "./turn.ts";

/*
 * A freeze stops texts and nothing else: keys are renewed, seats removed and left, motions moved all
 * the same. It ends by its author, or by itself after a bounded time, and it uses up the right of its
 * person until two others renew it: nobody freezes a channel for ever.
 */

/** The freeze that holds now; null when there is none. */
export function freezeAt(channel: Channel, now: number): Channel["session"]["freeze"] {
  const { freeze } = channel.session;
  return freeze !== null && now < freeze.at + limits.freezeMsMax ? freeze : null;
}

/** Whether this seat's person has used up its right to freeze. */
export function hasFrozen({ group, session }: Channel): boolean {
  const self = member(group, group.ownLeaf);
  if (self === null) return false;
  const { person } = decodeIdentity(self.identity);
  return session.frozenBy.some((one) => equalBytes(one, person));
}

/** Takes in a seat's freeze, or its end. A person whose right is used up is named and changes nothing. */
export function takeFreeze(turn: Turn, channel: Channel, sender: number, isOn: boolean): Channel {
  const seat = member(channel.group, sender);
  if (seat === null) return channel;
  const { person } = decodeIdentity(seat.identity);
  const { session, settings } = channel;
  const by = labelOf(channel, sender) ?? "";
  const held = freezeAt(channel, turn.now);
  if (!isOn) {
    if (held === null || !equalBytes(held.person, person)) return channel;
    notify(turn, { type: "freeze", channel: settings.name, by, on: false });
    return withSession(channel, { freeze: null });
  }
  if (session.frozenBy.some((one) => equalBytes(one, person))) {
    return raiseAlarm(turn, channel, {
      code: "freeze-refused",
      epoch: epochOf(channel),
      from: by,
      detail: "has frozen before and nobody has renewed its right: this changes nothing",
    });
  }
  notify(turn, { type: "freeze", channel: settings.name, by, on: true });
  const frozenBy = [...session.frozenBy, person];
  // Whoever freezes while it is frozen has used its right, and the freeze that holds goes on.
  return withSession(channel, { frozenBy, freeze: held ?? { person, by, at: turn.now } });
}

/** What is left of freezes when seats have gone: a person without a seat holds nobody. */
export function dropFreezes(channel: Channel): Channel {
  const { freeze, frozenBy } = channel.session;
  const present = members(channel.group);
  const isHere = (person: Uint8Array): boolean =>
    present.some(({ identity }) => equalBytes(decodeIdentity(identity).person, person));
  return withSession(channel, {
    freeze: freeze !== null && isHere(freeze.person) ? freeze : null,
    frozenBy: frozenBy.filter(isHere),
  });
}
