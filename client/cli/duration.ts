import { Failure } from "#shared/failure.ts";

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `90s`, `10m`, `24h` or `7d`. Failure `usage` for anything else, and for nothing at all. */
export function parseDuration(text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text);
  const unit = unitMs[match?.[2] ?? ""];
  if (match === null || unit === undefined) {
    throw new Failure(
      "usage",
      `${JSON.stringify(text)} is not a length of time, such as 10m or 24h`,
    );
  }
  return Number(match[1]) * unit;
}

/** As `parseDuration`; null for `off`. */
export function parseDurationOrOff(text: string): number | null {
  return text === "off" ? null : parseDuration(text);
}

/** The same for everybody who does not say otherwise: another length sets a seat apart. */
const slotEveryDefault = "10s";

/** Milliseconds of the slots that `on` or `off` asks for; null for `off`. Failure `usage` for anything else. */
export function slotLength(choice: string, every: string | undefined): number | null {
  if (choice === "on") return parseDuration(every ?? slotEveryDefault);
  if (choice === "off" && every === undefined) return null;
  throw new Failure("usage", "slots: on, with --every or without, or off");
}

/** The length of time in its largest whole unit: `24h` is `1d`. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m"]) {
    const size = unitMs[unit] as number;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.ceil(ms / 1_000)}s`;
}
