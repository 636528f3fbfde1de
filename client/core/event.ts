import type { Failure } from "#shared/failure.ts";
import type { Content } from "./message.ts";
import type { CheckStep, EndReason, MotionChange } from "./motion-schema.ts";
import type { Wish } from "./state.ts";

/** Everything that can happen to a channel. */
export type Event =
  | { readonly type: "up" }
  | { readonly type: "down" }
  | {
      readonly type: "opened";
      readonly mailbox: string;
      readonly opening: number;
      readonly head: number;
      readonly oldest: number;
    }
  | {
      readonly type: "live";
      readonly mailbox: string;
      readonly opening: number;
      readonly head: number;
    }
  | {
      readonly type: "frame";
      readonly mailbox: string;
      readonly opening: number;
      readonly seq: number;
      readonly frame: Uint8Array;
    }
  /** A frame over which the step before failed: it is passed over, and said so. */
  | {
      readonly type: "unreadable";
      readonly mailbox: string;
      readonly opening: number;
      readonly seq: number;
      readonly frame: Uint8Array;
      readonly detail: string;
    }
  | { readonly type: "acked"; readonly frameId: Uint8Array; readonly seq: number }
  /** The relay refused to open a mailbox, or a frame. */
  | {
      readonly type: "refused";
      readonly mailbox: string;
      readonly frameId: Uint8Array | null;
      readonly failure: Failure;
    }
  | { readonly type: "tick" }
  | { readonly type: "say"; readonly id: Uint8Array; readonly content: Content }
  | { readonly type: "wish"; readonly wish: Wish }
  | { readonly type: "leave"; readonly id: Uint8Array }
  /** An invitation has promised our signature key to a newcomer, or is over. */
  | { readonly type: "hold"; readonly invite: string; readonly on: boolean }
  /** A wish is given up, unless its commit is already on its way. */
  | { readonly type: "withdraw"; readonly wish: string }
  /** This seat has just been let in. */
  | { readonly type: "arrive" }
  /** The invitation has taken over the Welcome that it was granted. */
  | { readonly type: "taken"; readonly invite: string }
  | { readonly type: "read"; readonly cursor: string }
  /** This seat confirms what it receives from now on, or no longer. */
  | { readonly type: "receipts"; readonly on: boolean }
  /** This seat posts one frame in each slot of so long from now on, or no longer (null). */
  | { readonly type: "slots"; readonly everyMs: number | null }
  /** The client is about to be closed: what is silent from now on has said so. */
  | { readonly type: "pause" }
  /** Moves a change and approves it; nothing happens when the motion is known. Ids are 32 hex digits. */
  | { readonly type: "move"; readonly id: string; readonly change: MotionChange }
  /** The newcomer of an own motion has come: its KeyPackage, which is approved by its code. */
  | { readonly type: "fill"; readonly id: string; readonly keyPackage: Uint8Array }
  /** A step of a check, to be said in the channel. */
  | { readonly type: "check"; readonly id: string; readonly step: CheckStep }
  /** This person approves by hand, after the check that is named. */
  | { readonly type: "consent"; readonly id: string; readonly check: "code" | "words" | "none" }
  | { readonly type: "end"; readonly id: string; readonly reason: EndReason }
  | { readonly type: "freeze"; readonly on: boolean };
