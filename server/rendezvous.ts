import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  type RendezvousReply,
  type RendezvousRequest,
  rendezvousReply,
  rendezvousRequest,
} from "#shared/rendezvous.ts";
import { composeControl, errorOf, parseControl } from "#shared/wire.ts";
import { createBucket } from "./bucket.ts";
import type { Hold, Nameplates, SideEvents } from "./nameplates.ts";
import type { Session, Socket } from "./ports.ts";
import type { Caller, Service } from "./service.ts";

/**
 * The protocol of `/v1/rendezvous` over any socket (shared/rendezvous.ts). A connection claims or
 * joins one nameplate. What is malformed ends the connection with a named error; what is refused is
 * answered and the connection goes on, though after a few wrong joins only slowly.
 */
export function openRendezvous(
  service: Pick<Service, "clock" | "addresses" | "counters">,
  nameplates: Nameplates,
  socket: Socket,
  caller: Caller,
): Session {
  const { clock, counters } = service;
  const requests = createBucket(
    { perSecond: limits.controlsPerSecond, burst: limits.controlBurst },
    clock.now(),
  );
  // Wrong numbers cost tokens of their own: a nameplate cannot be found by trying.
  const guesses = createBucket(
    { perSecond: 1000 / limits.wrongJoinMs, burst: limits.wrongJoinsMax },
    clock.now(),
  );
  let waitUntilMs = 0;
  let hold: Hold | null = null;
  let isOpen = true;

  const say = (reply: RendezvousReply): void => {
    if (isOpen) socket.send(composeControl(rendezvousReply, reply));
  };
  const refuse = (failure: Failure): void => {
    counters.refused += 1;
    say(errorOf(failure, null, null));
  };
  const end = (failure: Failure): void => {
    if (!isOpen) return;
    refuse(failure);
    isOpen = false;
    hold?.release();
    socket.close(1008, failure.code);
  };
  const events: SideEvents = {
    message: (index, body) => say({ v: 1, type: "message", index, body }),
    finished: (mood) => say({ v: 1, type: "finished", mood }),
    replaced: () => end(new Failure("nameplate-taken", "the same side has connected again")),
  };

  const claim = (request: RendezvousRequest & { type: "claim" }): void => {
    hold = nameplates.claim(request.side, request.expiresMs, events);
    say({ v: 1, type: "claimed", nameplate: hold.nameplate, expiresAt: hold.expiresAtMs });
    hold.listen();
  };
  const join = (request: RendezvousRequest & { type: "join" }): void => {
    const now = clock.now();
    if (now < waitUntilMs) {
      throw new Failure("rate-limited", "join: too many wrong nameplates", waitUntilMs - now);
    }
    try {
      hold = nameplates.join(request.side, request.nameplate, events);
    } catch (error) {
      waitUntilMs = now + guesses.take(now);
      throw error;
    }
    say({ v: 1, type: "joined" });
    hold.listen();
  };
  const held = (): Hold => {
    if (hold === null) throw new Failure("bad-message", "claim or join a nameplate first");
    return hold;
  };

  const carryOut = (request: RendezvousRequest): void => {
    switch (request.type) {
      case "claim":
      case "join":
        if (hold !== null) throw new Failure("bad-message", "this connection has its nameplate");
        if (request.type === "join") join(request);
        else claim(request);
        break;
      case "post":
        held().post(request.index, request.body);
        say({ v: 1, type: "posted", index: request.index });
        break;
      case "finish":
        held().finish(request.mood);
        say({ v: 1, type: "finished", mood: request.mood });
    }
  };

  const receive = (data: string | Uint8Array): void => {
    if (typeof data !== "string") throw new Failure("bad-message", "rendezvous: JSON only");
    const request = parseControl(rendezvousRequest, data);
    const retryAfterMs = requests.take(clock.now());
    if (retryAfterMs > 0) {
      refuse(new Failure("rate-limited", "rendezvous: too many requests", retryAfterMs));
      return;
    }
    try {
      carryOut(request);
    } catch (error) {
      refuse(failureOf(error));
    }
  };

  if (!service.addresses.has(caller.host)) {
    end(new Failure("wrong-address", "this relay is not known under the address dialled"));
  }
  return {
    receive(data) {
      if (!isOpen) return;
      try {
        receive(data);
      } catch (error) {
        end(failureOf(error));
      }
    },
    closed() {
      isOpen = false;
      hold?.release();
    },
  };
}

function failureOf(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("internal", "the relay has failed");
}
