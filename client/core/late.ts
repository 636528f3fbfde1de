import type { Channel, Late, LateLog } from "./state.ts";
import { withSession } from "./turn.ts";

/** An epoch that has ended and whose late messages are still read. */
export interface LateEpoch {
  readonly epoch: number;
  /** What opens its messages and frames. */
  readonly late: Late;
  /** How far its log is read, and until when. */
  readonly read: LateLog;
}

/** Past epochs that are still read, oldest first. */
export function lateEpochs({ late, session }: Channel): readonly LateEpoch[] {
  return session.late.flatMap((read, at) => {
    const kept = late[at];
    return kept === undefined ? [] : [{ epoch: read.epoch, late: kept, read }];
  });
}

/** A past epoch that is still read, by its number; null when its window is shut. */
export function lateAt(channel: Channel, epoch: number): LateEpoch | null {
  return lateEpochs(channel).find((one) => one.epoch === epoch) ?? null;
}

/** The past epoch that is being read in this mailbox; null when there is none. */
export function lateNamed(channel: Channel, mailbox: string): LateEpoch | null {
  return lateEpochs(channel).find(({ late }) => late.keys[0]?.name === mailbox) ?? null;
}

/** The channel with one of its past epochs read further. */
export function withLate(
  channel: Channel,
  epoch: number,
  change: { readonly late?: Partial<Late>; readonly read?: Partial<LateLog> },
): Channel {
  const at = channel.session.late.findIndex((one) => one.epoch === epoch);
  const next = withSession(channel, {
    late: channel.session.late.map((one, index) =>
      index === at ? { ...one, ...change.read } : one,
    ),
  });
  if (change.late === undefined) return next;
  return {
    ...next,
    late: channel.late.map((one, index) => (index === at ? { ...one, ...change.late } : one)),
  };
}
