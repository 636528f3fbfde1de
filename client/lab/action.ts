/** One thing that happens in a world, at a time counted from the first message on. */
export type Action =
  | {
      readonly kind: "say";
      readonly atMs: number;
      readonly channel: string;
      readonly actor: string;
      readonly text: string;
      readonly session: number;
    }
  | {
      readonly kind: "update";
      readonly atMs: number;
      readonly channel: string;
      readonly actor: string;
    }
  | {
      readonly kind: "remove";
      readonly atMs: number;
      readonly channel: string;
      readonly actor: string;
      readonly target: string;
    }
  /** The actor's uplink stalls until it is released. */
  | { readonly kind: "hold"; readonly atMs: number; readonly actor: string }
  | { readonly kind: "release"; readonly atMs: number; readonly actor: string }
  /** Somebody is let in under a label that is another's, or refused at the door. */
  | {
      readonly kind: "admit";
      readonly atMs: number;
      readonly channel: string;
      readonly guest: string;
      readonly label: string;
      readonly sponsor: string;
      /** Label of the member for whose further device it is taken; null for a person of its own. */
      readonly personOf: string | null;
      /** Null where one sponsor is enough. */
      readonly second: string | null;
      /** Whether the second sponsor, too, takes the guest for the person of that label. */
      readonly isDeceived: boolean;
    }
  | { readonly kind: "capture"; readonly atMs: number; readonly grant: string }
  /** From now on the relay shows these actors another log than the rest. */
  | { readonly kind: "split"; readonly atMs: number; readonly half: readonly string[] }
  /** The relay swallows what looks like this actor's commits, in so many epochs. */
  | {
      readonly kind: "withhold";
      readonly atMs: number;
      readonly actor: string;
      readonly commits: number;
    }
  /** One frame of each half of a split channel lands in the other half's log. */
  | { readonly kind: "cross"; readonly atMs: number; readonly channel: string }
  /** Everybody reads the epoch's words aloud to each other. */
  | { readonly kind: "compare"; readonly atMs: number; readonly channel: string };

export type Said = Extract<Action, { kind: "say" }>;
/** What a member does in a channel. */
export type Deed = Extract<Action, { kind: "say" | "update" | "remove" }>;

export interface Story {
  readonly actions: readonly Action[];
  readonly secrets: Readonly<Record<string, string>>;
}
