import { actorOf, type Ensemble } from "./actor.ts";
import type { Scenario } from "./scenario-schema.ts";

/** Something that made a member look up: an alarm of its client, or words that differ by voice. */
export interface Signal {
  readonly atMs: number;
  /** Id of the actor who saw it. */
  readonly by: string;
  readonly code: string;
}

/** Another's text that a member's client took in. */
export interface Taken {
  readonly atMs: number;
  readonly by: string;
  readonly id: string;
}

/** A seat whose client, as another's shows it, says that it keeps copies elsewhere. */
export interface Declared {
  /** From when on it is shown. */
  readonly atMs: number;
  /** Id of the actor whose client shows it. */
  readonly by: string;
  readonly label: string;
}

/** A guest at the door, and what the list of members says of him. */
export interface Visit {
  readonly atMs: number;
  readonly turnedAway: string | null;
  /** The epoch that his admission began; null when there was none. */
  readonly epoch: number | null;
  readonly admittedBy: readonly { readonly label: string; readonly check: string }[];
}

/** What the members of the channel in scope see, as they see it. */
export interface Watch {
  readonly signals: readonly Signal[];
  readonly taken: readonly Taken[];
  readonly declared: readonly Declared[];
  /** When each seat came in, by label, as the first member has seen it; null for its own. */
  readonly admitted: ReadonlyMap<string, number | null>;
  /** Everybody reads the epoch's words aloud; whoever hears others has noticed. */
  compare(channel: string): void;
  /** What became of a guest at the door: the code with which he was turned away, or null. */
  sawGuest(sponsor: string, label: string, turnedAway: string | null): void;
  guest(): Visit | null;
  /** Sets of actors with one view each, by the words of their epoch. */
  views(): readonly (readonly string[])[];
  end(): void;
}

export function watchActors(ensemble: Ensemble, scenario: Scenario): Watch {
  const { scope, channels } = scenario.world;
  const members = channels.find(({ id }) => id === scope)?.members ?? [];
  const signals: Signal[] = [];
  const taken: Taken[] = [];
  const startMs = ensemble.clock.now();
  const seatsOf = (id: string) => actorOf(ensemble, id).client.who(scope);
  const declared: Declared[] = members.flatMap((by) =>
    seatsOf(by)
      .filter(({ archives, self }) => archives && !self)
      .map(({ label, admittedAt }) => ({ by, label, atMs: admittedAt ?? startMs })),
  );
  const [first] = members;
  const seats = first === undefined ? [] : seatsOf(first);
  const admitted = new Map(seats.map(({ label, admittedAt }) => [label, admittedAt]));
  let last: readonly (readonly string[])[] = [];
  let visit: Visit | null = null;
  const stops = members.map((by) =>
    actorOf(ensemble, by).client.subscribe((notice) => {
      const atMs = ensemble.clock.now();
      if (!("channel" in notice) || notice.channel !== scope) return;
      if (notice.type === "epoch") {
        const own = actorOf(ensemble, by).label;
        for (const { label, archives } of notice.declared) {
          if (archives && label !== own) declared.push({ by, label, atMs });
        }
      }
      if (notice.type === "alarm") signals.push({ atMs, by, code: notice.code });
      if (notice.type === "message" && !notice.mine) taken.push({ atMs, by, id: notice.id });
    }),
  );
  const views = (): string[][] => {
    const sets = new Map<string, string[]>();
    for (const id of members) {
      const { state, words } = actorOf(ensemble, id).client.status(scope);
      if (state !== "open") continue;
      const key = words.join(" ");
      sets.set(key, [...(sets.get(key) ?? []), id]);
    }
    return [...sets.values()];
  };
  return {
    declared,
    admitted,
    signals,
    taken,
    compare(channel) {
      if (channel !== scope) return;
      const sets = views();
      if (sets.length < 2) return;
      const atMs = ensemble.clock.now();
      for (const by of sets.flat()) signals.push({ atMs, by, code: "words" });
    },
    sawGuest(sponsor, label, turnedAway) {
      const { client } = actorOf(ensemble, sponsor);
      const seat = client.who(scope).find((one) => one.label === label);
      const epoch = seat === undefined ? null : client.status(scope).epoch;
      const admittedBy = seat?.admittedBy ?? [];
      visit = { atMs: ensemble.clock.now(), turnedAway, epoch, admittedBy };
    },
    guest: () => visit,
    views: () => (last.length > 0 ? last : views()),
    end() {
      last = views();
      for (const stop of stops) stop();
    },
  };
}
