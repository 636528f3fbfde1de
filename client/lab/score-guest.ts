import type { Way } from "./attacks/findings.ts";
import type { Metric } from "./metric.ts";
import { count, share } from "./metrics.ts";
import type { Truth } from "./truth.ts";

interface Reading {
  readonly atMs: number;
  readonly epoch: number;
  readonly way: Way | null;
}

export interface GuestScore {
  readonly metrics: readonly Metric[];
  /** Index of the first message behind the admission; null when there was none. */
  readonly letInAt: number | null;
  /** Index of the first message behind the removal; null when there was none. */
  readonly shownOutAt: number | null;
  /** `Slate (code) and Heron (words)`; `nobody` for a guest who was turned away. */
  readonly letInBy: string | null;
}

/** How long somebody was in who should not have been, and what it gave him (LEAKLAB section 4, dwell). */
export function scoreGuest(truth: Truth, messages: readonly Reading[]): GuestScore {
  const { guest } = truth;
  if (guest === undefined) return { metrics: [], letInAt: null, shownOutAt: null, letInBy: null };
  const { atMs, turnedAway, admittedBy, removed } = guest;
  const isIn = turnedAway === null;
  const before = messages.filter((message) => message.atMs < atMs);
  const until = removed?.atMs ?? Number.POSITIVE_INFINITY;
  const during = messages.filter((message) => message.atMs >= atMs && message.atMs < until);
  const after = messages.filter((message) => message.atMs >= until);
  const read = (part: readonly Reading[]) => part.filter(({ way }) => way !== null).length;
  const where = isIn
    ? `behind the admission${removed === null ? "" : " and before the removal"}`
    : `while the guest stood at the door (${turnedAway})`;
  const metrics = [
    count("guest.admitted", isIn ? 1 : 0, "guests were let in under another's name", "count"),
    count("dwell.messages", read(during), `were read ${where}`),
    share({
      id: "dwell.share",
      hits: read(during),
      of: during.length,
      words: `of what was said ${where} was read`,
    }),
    share({
      id: "recovered.before",
      hits: read(before),
      of: before.length,
      words: "of what was said before he came was read",
    }),
    share({
      id: "recovered.after",
      hits: read(after),
      of: after.length,
      words: "of what was said behind his removal was read",
    }),
    detection(guest),
  ];
  const at = (moment: number): number => {
    const index = messages.findIndex((message) => message.atMs >= moment);
    return index === -1 ? messages.length : index;
  };
  const vouchers = admittedBy.map(({ label, check }) => `${label} (${check})`).join(" and ");
  return {
    metrics,
    letInAt: isIn ? at(atMs) : null,
    shownOutAt: removed === null ? null : at(removed.atMs),
    letInBy: isIn ? vouchers : "nobody",
  };
}

function detection({ atMs, turnedAway, removed }: NonNullable<Truth["guest"]>): Metric {
  const seconds = removed === null ? null : Math.round((removed.atMs - atMs) / 1_000);
  const words =
    turnedAway === null
      ? removed === null
        ? "nobody noticed in this run"
        : `from the admission until ${removed.by} had the guest removed`
      : "nothing to notice: the guest was not let in";
  return count("detect.seconds", seconds, words, "seconds");
}
