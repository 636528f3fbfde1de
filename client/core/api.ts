import type { Suite } from "#client/crypto/suite.ts";
import type { Cipher } from "./cipher.ts";
import type { Excerpt } from "./excerpt.ts";
import type { Bookkeeping, Clock, Dialer, Random, ReceiptTimes, Store } from "./ports.ts";
import type { Channel } from "./state.ts";
import type {
  ChannelView,
  MemberView,
  MessageView,
  MotionView,
  Notice,
  Provenance,
  StatusView,
} from "./view.ts";

export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly dialer: Dialer;
  /** How frames are made; the product's own by default. */
  readonly cipher?: Cipher;
  /**
   * What keys are made with; X-Wing by default, which is all that the product passes. The lab stages others.
   * A client takes channels, KeyPackages and Welcomes of its own suite only.
   */
  readonly suite?: Suite;
  /** When receipts leave; the product's own by default. */
  readonly receiptTimes?: ReceiptTimes;
  /** What is written down of a step; everything that has changed by default. */
  readonly bookkeeping?: Bookkeeping<Channel>;
}

export interface NewChannel {
  readonly name: string;
  readonly label: string;
  readonly relay: string;
  /** Persons who must approve an admission or a removal. */
  readonly approvals: number;
  /** How a second sponsor authenticates a newcomer; `words` by default. */
  readonly check?: "words" | "two-codes";
  /** Whether clients that keep copies elsewhere are let in and shown, which is the default, or refused. */
  readonly archivers?: "shown" | "refused";
  /** This client keeps copies elsewhere, and says so. */
  readonly archives?: boolean;
  readonly timerMs?: number;
  readonly sunsetMs?: number;
  /** Of how many past epochs late messages are read, and of each for how long at most. */
  readonly lateEpochs?: number;
  readonly lateWindowMs?: number;
  /** Frames after which a mailbox is complete and an overflow mailbox begins. */
  readonly mailboxFrames?: number;
  /** Whether retired signature keys are released in the channel; true by default. */
  readonly deniable?: boolean;
  /** When a member's keys are renewed by themselves; null for never (a leak dial of the lab). */
  readonly update?: { readonly afterMessages: number | null; readonly afterMs: number | null };
}

export interface Invitation {
  /** Id of its motion, when the admission needs one; of the invitation alone for a second code. */
  readonly id: string;
  readonly channel: string;
  readonly label: string;
  /** `482913-crawfish-bamboo-tulip` */
  readonly code: string;
  readonly nameplate: string;
  readonly expiresAt: number;
  /**
   * Rejects with `auth` (code burned, or words that differ), `expired` (nobody came), `pending` (nobody
   * approved in time), `denied`, `interrupted` or `network`.
   */
  readonly done: Promise<{ readonly label: string; readonly epoch: number }>;
  cancel(): Promise<void>;
}

export interface Joined {
  readonly channel: string;
  readonly label: string;
  readonly epoch: number;
  /** Who vouched, and how this newcomer knows. */
  readonly admittedBy: readonly Provenance[];
}

/**
 * Asked once for each sponsor's check, when its words are there: reads `say` aloud to that sponsor and
 * gives back the three words that it read out. Several may wait at a time; words count for whichever
 * they are of. A rejection stops the join with `pending`; it stays saved.
 */
export type Ask = (check: {
  readonly by: string;
  readonly say: readonly string[];
}) => Promise<readonly string[]>;

export type JoinOptions =
  | {
      readonly code: string;
      /** The second sponsor's, where the channel asks for two codes. */
      readonly second?: string;
      readonly relay: string;
      readonly name: string;
      /**
       * Persons whose vouching is expected. With 2, the default, a first sponsor alone can let nobody into
       * a group of several persons, be it ever so false.
       */
      readonly sponsors?: 1 | 2;
      /** This client keeps copies elsewhere, and says so. */
      readonly archives?: boolean;
      readonly ask?: Ask;
    }
  | {
      readonly resume: true;
      /** Words that were read out, for the check that waits for them. */
      readonly words?: readonly string[];
      readonly ask?: Ask;
    };

/** A motion, by its id: 32 hex digits. */
export interface Chosen {
  readonly channel: string;
  readonly id: string;
}

export interface Sent {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

/** A motion that was moved: the epoch that carried it out, null while others have to approve. */
export interface Moved {
  readonly epoch: number | null;
  readonly id: string;
}

/** A messenger over one vault. Channels are addressed by their local names. */
export interface Client {
  channels(): readonly ChannelView[];
  openChannel(channel: NewChannel): Promise<ChannelView>;
  /** Gives out a code under a label. `personOf`: a further seat for the person of that label. */
  invite(options: {
    readonly channel: string;
    readonly label: string;
    readonly expiresMs: number;
    readonly personOf?: string;
    /** Although the label could be mistaken for a member's. */
    readonly despite?: boolean;
  }): Promise<Invitation>;
  /** Joins by a code, or goes on with the join that a crash or missing words interrupted. */
  join(options: JoinOptions): Promise<Joined>;
  /** Changes that need several persons, oldest first; those that have ended stay for a while. */
  pending(channel: string): readonly MotionView[];
  /** Begins to check a newcomer: the words that this person reads aloud. */
  check(
    options: Chosen & { readonly despite?: boolean },
  ): Promise<{ readonly say: readonly string[] }>;
  /**
   * Approves, and waits for the commit: `epoch` null while others have to approve. An admission asks for
   * the `words` that the newcomer has read out.
   */
  approve(
    options: Chosen & { readonly words?: readonly string[]; readonly despite?: boolean },
  ): Promise<{ readonly epoch: number | null }>;
  /** The second sponsor's own code, where the channel asks for two. */
  secondCode(
    options: Chosen & { readonly expiresMs: number; readonly despite?: boolean },
  ): Promise<Invitation>;
  deny(options: Chosen): Promise<void>;
  /** Stops everybody's texts, or lifts the own freeze. Failure `frozen` when the right is used up. */
  freeze(options: { readonly channel: string; readonly on: boolean }): Promise<void>;
  setPolicy(options: {
    readonly channel: string;
    readonly approvals?: number;
    readonly check?: "words" | "two-codes";
    readonly archivers?: "shown" | "refused";
  }): Promise<Moved>;
  /**
   * Says to everybody, in the own leaf, whether a copy of what this seat reads and writes is kept elsewhere.
   * Failure `archiver` where the channel refuses that.
   */
  declare(options: {
    readonly channel: string;
    readonly archives: boolean;
  }): Promise<{ readonly epoch: number }>;
  /** Asks two others to give the person of that label its right to freeze back. */
  renewFreeze(options: { readonly channel: string; readonly label: string }): Promise<Moved>;
  /** Resolves on the durable ack. Failure `network`: the message is kept and goes out later. */
  send(options: { readonly channel: string; readonly text: string }): Promise<Sent>;
  rotate(options: { readonly channel: string }): Promise<{ readonly epoch: number }>;
  remove(options: { readonly channel: string; readonly label: string }): Promise<Moved>;
  leave(options: { readonly channel: string }): Promise<void>;
  setTimer(options: {
    readonly channel: string;
    readonly timerMs: number | null;
  }): Promise<{ readonly epoch: number }>;
  /**
   * Whether this seat confirms what it receives, batched and put off by up to ten minutes. Off in every
   * channel until somebody asks for it; tells nobody.
   */
  setReceipts(options: { readonly channel: string; readonly on: boolean }): Promise<void>;
  /**
   * Constant traffic of this seat: while it is connected, exactly one frame of the smallest size in each slot
   * of so long, cover where there is nothing to say; null turns it off, as it is in every channel until
   * somebody asks for it. Texts wait for a slot and are bounded (`limits.slotTextBytesMax`). Failures:
   * `usage` out of bounds, `too-large` while a longer text waits.
   */
  setSlots(options: { readonly channel: string; readonly everyMs: number | null }): Promise<void>;
  /**
   * A line that a member never said, signed with a key that it has released: whoever verifies it takes it for
   * a true one. `epoch`: as if said then. `over`: a true line of that member, of which all but the words is kept.
   * Failure `not-found`: no such key was released.
   */
  forge(options: {
    readonly channel: string;
    readonly from: string;
    readonly text: string;
    readonly epoch?: number;
    readonly over?: Excerpt;
  }): Excerpt;
  /** Forgets a channel, or everything, in this vault; tells nobody. */
  wipe(options?: { readonly channel: string }): Promise<void>;
  who(channel: string): readonly MemberView[];
  status(channel: string): StatusView;
  messages(
    channel: string,
    options?: { readonly afterCursor?: string; readonly limit?: number },
  ): Promise<readonly MessageView[]>;
  /** Everything up to the cursor counts as read. */
  markRead(options: { readonly channel: string; readonly cursor: string }): Promise<void>;
  subscribe(listener: (notice: Notice) => void): () => void;
  /** Resolves when connected, caught up and with an empty outbox; rejects `network` after a bounded try. */
  settle(channel?: string): Promise<void>;
  /**
   * Says, in every channel in which this seat has slots, that they are empty from now on: for before `close`,
   * when a person goes. Whoever goes without a word is missed by the others after a few slots.
   */
  pause(): Promise<void>;
  close(): Promise<void>;
}
