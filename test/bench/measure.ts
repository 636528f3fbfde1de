/** A way to do one operation. `run` does it `times` times and returns when all are done. */
export interface Contestant {
  readonly name: string;
  run(times: number): void | Promise<void>;
}

/** What was measured of one contestant: microseconds for one operation, by round. */
export interface Timing {
  readonly name: string;
  readonly rounds: readonly number[];
  /** Median of the rounds. */
  readonly micros: number;
}

/** A claim with its target, and what was measured. */
export interface Verdict {
  readonly claim: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** One part of the benchmark: prints its tables and returns the claims it can judge. */
export interface Section {
  readonly name: string;
  readonly title: string;
  run(): Promise<readonly Verdict[]>;
}

export interface Pace {
  /** Rounds in which every contestant has one turn; medians are taken over rounds. */
  readonly rounds: number;
  /** A turn repeats the operation for at least about so long. */
  readonly turnMs: number;
  /**
   * What to read: time on the wall (the default), or processor time of this process. The latter is for
   * work that waits for nothing: other processes on a shared machine then count less.
   */
  readonly clock?: "wall" | "cpu";
  /** How long each contestant runs unmeasured before the first round, so that its code is compiled. */
  readonly warmMs?: number;
}

/**
 * Times contestants side by side: one turn each per round, in an order that rotates, so that a busy
 * moment of the machine falls on all of them alike. Trust the ratios more than the figures.
 */
export async function interleave(
  contestants: readonly Contestant[],
  pace: Pace,
): Promise<readonly Timing[]> {
  const clock = clocks[pace.clock ?? "wall"];
  const turns: number[] = [];
  for (const contestant of contestants) {
    turns.push(await calibrate(contestant, pace, clock));
  }
  const rounds = contestants.map((): number[] => []);
  for (let round = 0; round < pace.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const at = (turn + round) % contestants.length;
      const times = turns[at] as number;
      const ms = await time(contestants[at] as Contestant, times, clock);
      (rounds[at] as number[]).push((1000 * ms) / times);
    }
  }
  return contestants.map(({ name }, at) => {
    const own = rounds[at] as number[];
    return { name, rounds: own, micros: median(own) };
  });
}

/** Milliseconds from some beginning. */
type Clock = () => number;

const clocks: Record<"wall" | "cpu", Clock> = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** How many operations fill a turn, found while warming up. */
async function calibrate(contestant: Contestant, pace: Pace, clock: Clock): Promise<number> {
  let spentMs = 0;
  for (let times = 1; ; times *= 2) {
    const ms = await time(contestant, times, clock);
    spentMs += ms;
    if (ms >= pace.turnMs / 4 && spentMs >= (pace.warmMs ?? 0)) {
      return Math.max(1, Math.round((times * pace.turnMs) / ms));
    }
  }
}

async function time(contestant: Contestant, times: number, clock: Clock): Promise<number> {
  const start = clock();
  await contestant.run(times);
  return clock() - start;
}

/** How many times as long `a` takes as `b`: the median over rounds of the ratio within the round. */
export function ratio(a: Timing, b: Timing): number {
  return median(a.rounds.map((micros, round) => micros / (b.rounds[round] ?? b.micros)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** A contestant that does one thing again and again. */
export function each(name: string, once: () => unknown): Contestant {
  return {
    name,
    run: (times) => {
      for (let at = 0; at < times; at++) once();
    },
  };
}

/** The same for a thing that has to be awaited. */
export function eachAwaited(name: string, once: () => Promise<unknown>): Contestant {
  return {
    name,
    run: async (times) => {
      for (let at = 0; at < times; at++) await once();
    },
  };
}

/** A table with a header row; the first column is text, the others are set to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return rows.map(line).join("\n");
}

/** Microseconds for people: three digits and a unit. */
export function duration(micros: number): string {
  if (micros < 1000) return `${micros.toPrecision(3)} µs`;
  if (micros < 1e6) return `${(micros / 1e3).toPrecision(3)} ms`;
  return `${(micros / 1e6).toPrecision(3)} s`;
}

export function perSecond(micros: number): string {
  return `${Math.round(1e6 / micros).toLocaleString("en")}/s`;
}

export function bytes(count: number): string {
  return `${count.toLocaleString("en")} B`;
}
