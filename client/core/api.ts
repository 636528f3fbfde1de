import type { Cipher } from "./cipher.ts";
import type { Clock, Dialer, Random, Store } from "./ports.ts";
import type { ChannelView, MemberView, MessageView, Notice, StatusView } from "./view.ts";

export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly dialer: Dialer;
  /** How frames are made; the product's own by default. */
  readonly cipher?: Cipher;
}

export interface NewChannel {
  readonly name: string;
  readonly label: string;
  readonly relay: string;
  /** Persons who must approve an admission or a removal. */
  readonly approvals: number;
  readonly timerMs?: number;
  readonly sunsetMs?: number;
  readonly lateWindowMs?: number;
  /** Frames after which a mailbox is complete and an overflow mailbox begins. */
  readonly mailboxFrames?: number;
  /** When a member's keys are renewed by themselves; null for never (a leak dial of the lab). */
  readonly update?: { readonly afterMessages: number | null; readonly afterMs: number | null };
}

export interface Invitation {
  readonly channel: string;
  readonly label: string;
  /** `482913-crawfish-bamboo-tulip` */
  readonly code: string;
  readonly nameplate: string;
  readonly expiresAt: number;
  /** Rejects with `auth` (code burned), `expired`, `interrupted` or `network`. */
  readonly done: Promise<{ readonly label: string; readonly epoch: number }>;
  cancel(): Promise<void>;
}

export interface Joined {
  readonly channel: string;
  readonly label: string;
  readonly epoch: number;
  readonly admittedBy: readonly string[];
}

export interface Sent {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

/** A messenger over one vault. Channels are addressed by their local names. */
export interface Client {
  channels(): readonly ChannelView[];
  openChannel(channel: NewChannel): Promise<ChannelView>;
  invite(options: {
    readonly channel: string;
    readonly label: string;
    readonly expiresMs: number;
  }): Promise<Invitation>;
  /** Joins by a code, or goes on with the join that a crash interrupted. */
  join(
    options:
      | { readonly code: string; readonly relay: string; readonly name: string }
      | { readonly resume: true },
  ): Promise<Joined>;
  /** Resolves on the durable ack. Failure `network`: the message is kept and goes out later. */
  send(options: { readonly channel: string; readonly text: string }): Promise<Sent>;
  rotate(options: { readonly channel: string }): Promise<{ readonly epoch: number }>;
  remove(options: {
    readonly channel: string;
    readonly label: string;
  }): Promise<{ readonly epoch: number }>;
  leave(options: { readonly channel: string }): Promise<void>;
  setTimer(options: {
    readonly channel: string;
    readonly timerMs: number | null;
  }): Promise<{ readonly epoch: number }>;
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
  close(): Promise<void>;
}
