import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  type Mood,
  type RendezvousReply,
  type RendezvousRequest,
  rendezvousReply,
  rendezvousRequest,
} from "#shared/rendezvous.ts";
import { composeControl, parseControl } from "#shared/wire.ts";
import type { Clock, Dialer, Link } from "./ports.ts";

export interface RendezvousEvents {
  /** The nameplate is held, after each connection anew. `nameplate` and `expiresAt` for a claim only. */
  held(claimed: { readonly nameplate: string; readonly expiresAt: number } | null): void;
  message(index: number, body: Uint8Array): void;
  finished(mood: Mood): void;
  /** The relay refuses for good: no such nameplate, taken by another. */
  refused(failure: Failure): void;
}

export interface Rendezvous {
  post(index: number, body: Uint8Array): void;
  finish(mood: Mood): void;
  end(): void;
}

/** Failures after which dialling again cannot help. */
const final: readonly string[] = ["nameplate-unknown", "nameplate-taken", "expired"];

/** The client's side of `/v1/rendezvous`: claims or joins, and does so again after each lost connection. */
export function meet(parts: {
  readonly address: string;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly greeting: RendezvousRequest & { readonly type: "claim" | "join" };
  readonly events: RendezvousEvents;
}): Rendezvous {
  const { address, dialer, clock, greeting, events } = parts;
  let link: Link | null = null;
  let isEnded = false;
  let isHeld = false;
  let failures = 0;
  let cancelRetry = (): void => {};

  const say = (request: RendezvousRequest): void => {
    link?.send(composeControl(rendezvousRequest, request));
  };
  const lose = (lost: Link): void => {
    if (link !== lost) return;
    link = null;
    isHeld = false;
    if (isEnded) return;
    const backoffMs = Math.min(limits.retryMsMin * 2 ** failures, limits.retryMsMax);
    failures = Math.min(failures + 1, 16);
    cancelRetry = clock.wakeAt(clock.now() + backoffMs, dial);
  };
  const end = (): void => {
    isEnded = true;
    cancelRetry();
    const last = link;
    link = null;
    last?.close();
  };
  const receive = (reply: RendezvousReply): void => {
    switch (reply.type) {
      case "claimed":
      case "joined":
        isHeld = true;
        failures = 0;
        events.held(reply.type === "claimed" ? reply : null);
        break;
      case "message":
        events.message(reply.index, reply.body);
        break;
      case "finished":
        events.finished(reply.mood);
        break;
      case "posted":
        break;
      case "error": {
        const failure = new Failure(reply.code, `relay: ${reply.message}`, reply.retryAfterMs);
        if (!isHeld && final.includes(reply.code)) events.refused(failure);
        else throw failure;
      }
    }
  };

  function dial(): void {
    if (isEnded) return;
    const fresh: Link = dialer.dial(address, "rendezvous", {
      opened: () => link === fresh && say(greeting),
      message(data) {
        if (link !== fresh) return;
        try {
          if (typeof data !== "string") throw new Failure("bad-message", "rendezvous: JSON only");
          receive(parseControl(rendezvousReply, data));
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          fresh.close();
          lose(fresh);
        }
      },
      closed: () => lose(fresh),
    });
    link = fresh;
  }

  dial();
  return {
    post: (index, body) => isHeld && say({ v: limits.version, type: "post", index, body }),
    finish: (mood) => isHeld && say({ v: limits.version, type: "finish", mood }),
    end,
  };
}
