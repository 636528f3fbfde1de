import { assert, Failure } from "#shared/failure.ts";
import { guessChance, recoveredShare } from "../algorithms/sharing.ts";
import { seeded } from "../seeded.ts";
import { wilson } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  shares: { value: 3, words: "n: shares that were handed out, 2 to 255", source: "LEAKLAB" },
  threshold: { value: 2, words: "t: shares that open the archive", source: "LEAKLAB" },
  leaked: { value: 1, words: "k: shares that leak", source: "ours" },
  octets: { value: 32, words: "length of the secret, 1 to 64", source: "ours" },
} as const;

/** Of a one-octet secret, so many that a thief twice as good as chance would show. */
const guessTrials = 8_192;
const keyTrials = 400;
/** Shares are random by the system's own source, which has no seed: a row may be wrong once in a thousand runs. */
const confidence = 0.999;

async function measureOne(settled: Settled, run: ReferenceRun): Promise<ReferenceRow> {
  const [shares, threshold] = [settled.number("shares"), settled.number("threshold")];
  const [leaked, octets] = [settled.number("leaked"), settled.number("octets")];
  const whole = [shares, threshold, leaked, octets].every(Number.isInteger);
  assertPlan(whole && threshold >= 2 && threshold <= shares && shares <= 255, "2 <= t <= n <= 255");
  assertPlan(leaked >= 0 && leaked <= shares, "0 <= leaked <= shares");
  assertPlan(octets >= 1 && octets <= 64, "1 <= octets <= 64");
  const plan = { shares, threshold, leaked };
  const random = seeded(`sharing ${shares} ${threshold} ${leaked} ${octets}`, run.seed);
  const count = run.trials ?? (octets === 1 ? guessTrials : keyTrials);
  const trials = Array.from({ length: count }, () => ({
    secret: Uint8Array.from({ length: octets }, () => random.below(256)),
    order: shuffled(shares, random),
  }));
  const setting = `${threshold} of ${shares}, ${leaked} leaked, ${octets} octets`;
  const { hits, of } = await recoveredShare(plan, trials, (done, all) =>
    run.progress(setting, done, all),
  );
  const interval = wilson(hits, of, confidence);
  // Without any share there is nothing to combine, and the thief does not even guess.
  const chance = leaked === 0 ? 0 : guessChance(plan, octets);
  const slack = Number.EPSILON;
  return {
    setting,
    published: chance === 1 ? "1" : octets === 1 && leaked > 0 ? "1/256" : "0",
    ours: `${hits} of ${of}`,
    interval:
      interval === null ? "" : `${interval[0].toFixed(4)}–${interval[1].toFixed(4)} (99.9 %)`,
    agrees:
      interval === null ? null : chance >= interval[0] - slack && chance <= interval[1] + slack,
    note: `guess advantage ${chance === 1 ? "1" : "0 beyond chance"}; chance ${chance === 0 ? "0" : chance.toExponential(2)}`,
  };
}

function assertPlan(holds: boolean, words: string): void {
  if (!holds) throw new Failure("usage", `sharing: expected whole numbers with ${words}`);
}

function shuffled(length: number, random: ReturnType<typeof seeded>): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const [a, b] = [order[last], order[other]];
    assert(a !== undefined && b !== undefined, "both lie in the list");
    [order[last], order[other]] = [b, a];
  }
  return order;
}

/** What shares of an archive's key are worth to a thief. */
export const sharing: Reference = {
  name: "sharing",
  source: "Shamir 1979; LEAKLAB 3.16",
  parameters,
  async rows(run) {
    const settings = [
      ["leaked=0"],
      ["leaked=1"],
      ["leaked=2"],
      ["leaked=3"],
      ["leaked=1", "octets=1"],
      ["shares=5", "threshold=3", "leaked=2", "octets=1"],
      ["shares=5", "threshold=3", "leaked=3"],
    ];
    const rows: ReferenceRow[] = [];
    for (const each of settings)
      rows.push(await measureOne(settle("sharing", parameters, each), run));
    return rows;
  },
  measure: async (settled, run) => [await measureOne(settled, run)],
  differs:
    "Shamir shares one number below a prime; here each octet of a key is shared in GF(2^8), with coordinates drawn at random. Below the threshold the thief interpolates through what he has: any other guess is worth as much.",
};
