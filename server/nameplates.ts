import { base64url, equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Mood } from "#shared/rendezvous.ts";
import type { Clock, Random } from "./ports.ts";

/** What one side of a nameplate hears while it is connected. */
export interface SideEvents {
  message(index: number, body: Uint8Array): void;
  /** The nameplate is burned; nothing more is heard. */
  finished(mood: Mood): void;
  /** The same side has connected again elsewhere. */
  replaced(): void;
}

/** One side's hold on a nameplate, for as long as its connection lasts. */
export interface Hold {
  readonly nameplate: string;
  readonly expiresAtMs: number;
  /** Replays what the other side has posted; from here on its events are delivered as they come. */
  listen(): void;
  /** Posts message `index`. The same again is fine. Failures `bad-message`, `too-many`, `too-large`, `relay-full`. */
  post(index: number, body: Uint8Array): void;
  finish(mood: Mood): void;
  release(): void;
}

export interface Nameplates {
  /** A fresh nameplate, or the one that this side holds already. Failures `too-many`, `expired`. */
  claim(side: Uint8Array, expiresMs: number, events: SideEvents): Hold;
  /** Failures: `nameplate-unknown` (stale, burned or never given), `nameplate-taken` by a third side. */
  join(side: Uint8Array, nameplate: string, events: SideEvents): Hold;
  count(): number;
  close(): void;
}

interface Side {
  readonly token: string;
  readonly posts: Uint8Array[];
  events: SideEvents | null;
  isListening: boolean;
}

interface Plate {
  readonly nameplate: string;
  readonly expiresAtMs: number;
  readonly sides: Side[];
  /** How it ended; the number stays taken until it expires, so that a side that was away can learn it. */
  mood: Mood | null;
  cancel: () => void;
}

/**
 * Nameplates in memory: six random digits each, two sides, one log of posts per side. Nothing is
 * written anywhere, nothing can be listed, and a restart forgets all.
 */
export function createNameplates(parts: {
  readonly clock: Clock;
  readonly random: Random;
  /** Called once for each nameplate that ends. */
  readonly ended: (mood: Mood) => void;
}): Nameplates {
  const { clock, random, ended } = parts;
  const plates = new Map<string, Plate>();
  const claims = new Map<string, Plate>();
  let heldBytes = 0;

  const burn = (plate: Plate, mood: Mood, by: Side | null): void => {
    if (plate.mood !== null) return;
    plate.mood = mood;
    ended(mood);
    for (const side of plate.sides) {
      for (const body of side.posts) heldBytes -= body.length;
      side.posts.length = 0;
      const { events } = side;
      side.events = null;
      if (side !== by) events?.finished(mood);
    }
  };
  const expire = (plate: Plate): void => {
    burn(plate, "lonely", null);
    plates.delete(plate.nameplate);
    claims.delete(plate.sides[0]?.token as string);
  };

  const post = (plate: Plate, side: Side, index: number, body: Uint8Array): void => {
    const known = side.posts[index];
    if (known !== undefined) {
      if (equalBytes(known, body)) return;
      throw new Failure("bad-message", "post: this index was posted with another body");
    }
    if (index >= limits.rendezvousMessagesMax) {
      throw new Failure("too-many", "post: the nameplate holds no more messages");
    }
    if (index !== side.posts.length) throw new Failure("bad-message", "post: an index is missing");
    if (body.length > limits.rendezvousBodyBytesMax) {
      throw new Failure("too-large", "post: the body is too large");
    }
    if (heldBytes + body.length > limits.rendezvousBytesMax) {
      throw new Failure("relay-full", "post: the relay holds too many messages", 5_000);
    }
    heldBytes += body.length;
    side.posts.push(Uint8Array.from(body));
    const other = plate.sides.find((one) => one !== side);
    if (other?.isListening) other.events?.message(index, body);
  };

  const hold = (plate: Plate, side: Side, events: SideEvents): Hold => {
    side.events?.replaced();
    side.events = events;
    side.isListening = false;
    const isCurrent = (): boolean => side.events === events;
    return {
      nameplate: plate.nameplate,
      expiresAtMs: plate.expiresAtMs,
      listen() {
        if (plate.mood !== null) {
          side.events = null;
          return events.finished(plate.mood);
        }
        if (!isCurrent()) return;
        side.isListening = true;
        const other = plate.sides.find((one) => one !== side);
        for (const [index, body] of (other?.posts ?? []).entries()) events.message(index, body);
      },
      post(index, body) {
        if (plate.mood !== null) {
          throw new Failure("nameplate-unknown", "post: the nameplate is burned");
        }
        if (isCurrent()) post(plate, side, index, body);
      },
      finish(mood) {
        if (isCurrent()) burn(plate, mood, side);
      },
      release() {
        if (isCurrent()) side.events = null;
      },
    };
  };

  return {
    claim(token, expiresMs, events) {
      const name = base64url(token);
      const held = claims.get(name);
      if (held !== undefined) return hold(held, held.sides[0] as Side, events);
      if (plates.size >= limits.nameplatesMax) {
        throw new Failure("too-many", "claim: no nameplate is free", 10_000);
      }
      const nameplate = freeNameplate(plates, random);
      const side: Side = { token: name, posts: [], events: null, isListening: false };
      const expiresAtMs = clock.now() + expiresMs;
      const plate: Plate = { nameplate, expiresAtMs, sides: [side], mood: null, cancel: () => {} };
      plate.cancel = clock.wakeAt(expiresAtMs, () => expire(plate));
      plates.set(nameplate, plate);
      claims.set(name, plate);
      return hold(plate, side, events);
    },
    join(token, nameplate, events) {
      const plate = plates.get(nameplate);
      if (plate === undefined) throw new Failure("nameplate-unknown", "join: no such nameplate");
      const name = base64url(token);
      const known = plate.sides.find((side) => side.token === name);
      if (known !== undefined) return hold(plate, known, events);
      if (plate.mood !== null) throw new Failure("nameplate-unknown", "join: no such nameplate");
      if (plate.sides.length >= 2) {
        throw new Failure("nameplate-taken", "join: someone else has used this nameplate");
      }
      const side: Side = { token: name, posts: [], events: null, isListening: false };
      plate.sides.push(side);
      return hold(plate, side, events);
    },
    count: () => plates.size,
    close() {
      for (const plate of plates.values()) plate.cancel();
      plates.clear();
      claims.clear();
    },
  };
}

/** A free number of six digits, uniform: with at most 1 % taken the loop ends at once. */
function freeNameplate(taken: ReadonlyMap<string, unknown>, random: Random): string {
  for (;;) {
    const draw = new DataView(Uint8Array.from(random(4)).buffer).getUint32(0);
    // Values at the end of the range would make small numbers likelier.
    if (draw >= 4_294_000_000) continue;
    const nameplate = String(draw % 1_000_000).padStart(6, "0");
    if (!taken.has(nameplate)) return nameplate;
  }
}
