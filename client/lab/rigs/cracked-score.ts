import type { BarsFigure, CurveFigure } from "#client/charts/figure.ts";
import { words } from "#client/core/words.ts";
import { argon2id } from "#client/crypto/argon.ts";
import { ready } from "#client/crypto/sodium.ts";
import { cheapArgon } from "../actor.ts";
import {
  type ArgonCost,
  argonRateMax,
  guessDollars,
  phraseBits,
  rtx4090,
} from "../algorithms/crack-cost.ts";
import { type ClaimedVault, crackClaims } from "../attacks/cracked-keystore.ts";
import type { Findings } from "../attacks/findings.ts";
import type { Metric } from "../metric.ts";
import { count, share } from "../metrics.ts";
import { type CrackTruth, productArgon } from "./cracked-stage.ts";
import type { Score } from "./rig.ts";

/** Which vaults gave way, what they held, and how far the rest is. */
export async function scoreVaults(findings: Findings, truth: CrackTruth): Promise<Score> {
  const claims = findings.claims === null ? { vaults: [] } : crackClaims.parse(findings.claims);
  const claimOf = new Map(claims.vaults.map((claim) => [claim.actor, claim]));
  const found = truth.vaults.filter((vault) => {
    return claimOf.get(vault.actor)?.opened?.passphrase === vault.passphrase.normalize("NFC");
  });
  const read = new Set(findings.read.map(({ id, text }) => `${id} ${text}`));
  const living = truth.vaults.filter(({ opensLiving }) => opensLiving).length;
  const inOrder = byRank(truth);
  const fraction = share({
    id: "recovered.fraction",
    hits: truth.messages.filter(({ id, text }) => read.has(`${id} ${text}`)).length,
    of: truth.messages.length,
    words: "of all messages were read in vaults that gave way",
  });
  const opened = share({
    id: "crack.found",
    hits: found.length,
    of: truth.vaults.length,
    words: "of the copied vaults gave way within the budget",
  });
  return {
    metrics: [
      fraction,
      opened,
      ...medianMetrics(truth, claims.vaults),
      await rateMetric(truth.cost),
      share({
        id: "living.open",
        hits: living,
        of: truth.vaults.length,
        words: "of the living vaults still open with the passphrase of the copy",
      }),
    ],
    facts: {
      "crack.order": inOrder.map(({ label }) => label).join(", "),
      "crack.fell": found.length === 0 ? "nobody" : found.map(({ label }) => label).join(", "),
      "crack.first": inOrder[0]?.label ?? null,
      "kdf.factor": factorOf(productArgon) / factorOf(truth.cost),
      "phrase.bits": phraseBits(6, words.length),
    },
    headline: {
      value: `${found.length} of ${truth.vaults.length}`,
      words: `locked vaults gave way, and ${fraction.hits ?? 0} of ${fraction.of ?? 0} messages were read`,
      leaks: found.length > 0,
    },
    figures: [rankFigure(inOrder), costFigure()],
  };
}

/** What a guess moves between chip and memory, in blocks of one pass. */
function factorOf(cost: ArgonCost): number {
  return 1 / argonRateMax(cost, 1);
}

function byRank({ vaults }: CrackTruth): readonly CrackTruth["vaults"][number][] {
  const rankOf = (vault: CrackTruth["vaults"][number]) => vault.rank ?? Number.POSITIVE_INFINITY;
  return [...vaults].sort((a, b) => rankOf(a) - rankOf(b));
}

/** The passphrase in the middle: half the delegation is weaker. */
function medianMetrics(truth: CrackTruth, claims: readonly ClaimedVault[]): Metric[] {
  const inOrder = byRank(truth);
  const last = inOrder.findLast((vault) => vault.rank !== null);
  const middle = inOrder[Math.floor((inOrder.length - 1) / 2)];
  const rank = middle?.rank ?? null;
  const claim = claims.find(({ actor }) => actor === middle?.actor);
  const isTried = claim?.opened != null && claim.opened.rank === rank;
  const place = isTried ? "found there" : "counted from the guesser's order, not tried";
  const rate = argonRateMax(truth.cost, rtx4090.bandwidth);
  const dollars = (wanted: number | null) =>
    wanted === null ? null : guessDollars(wanted, rate, rtx4090.price);
  const [passes, kib] = [truth.cost.passes, truth.cost.memoryBytes / 1_024];
  const how = `on one ${rtx4090.name} at no more than ${Math.floor(rate)} a second (${kib} KiB, ${passes} ${passes === 1 ? "pass" : "passes"})`;
  return [
    {
      ...count(
        "crack.rank",
        rank,
        rank === null
          ? "the guesser never comes to the passphrase in the middle of the five"
          : `guesses to the passphrase in the middle of the five (${place})`,
        "tries",
      ),
      badge: isTried ? "EXECUTED" : "EXTRAPOLATED",
    },
    {
      ...count("crack.cost", dollars(rank), `for so many guesses ${how}`, "dollars"),
      badge: "EXTRAPOLATED",
    },
    {
      ...count(
        "crack.cost.last",
        dollars(last?.rank ?? null),
        `until the last of those vaults gives way that the guesser comes to, ${how}`,
        "dollars",
      ),
      badge: "EXTRAPOLATED",
    },
  ];
}

const calibrationMs = 50;

/** Guesses a second here and now, with the very cost of these vaults. */
async function rateMetric(cost: ArgonCost): Promise<Metric> {
  await ready();
  const [passphrase, salt] = [new Uint8Array(16).fill(97), new Uint8Array(16)];
  const begun = performance.now();
  let guessed = 0;
  do {
    argon2id({ passphrase, salt, opsLimit: cost.passes, memBytes: cost.memoryBytes });
    guessed += 1;
  } while (performance.now() - begun < calibrationMs);
  const rate = (1_000 * guessed) / (performance.now() - begun);
  const minutes = Math.floor(180 * rate).toLocaleString("en");
  const words = `guesses on one core of this machine just now: ${minutes} in three minutes`;
  return count("crack.rate", rate, words, "per-second");
}

function rankFigure(inOrder: readonly CrackTruth["vaults"][number][]): BarsFigure {
  return {
    kind: "bars",
    id: "rank-by-passphrase",
    title: "How many guesses until a vault gives way",
    caption: "What was printed or belongs to the talks falls first, however long it is.",
    y: { label: "guesses", scale: "log" },
    bars: inOrder.flatMap(({ label, kind, rank }) =>
      rank === null ? [] : [{ name: `${label}: ${kind}`, value: rank, low: null, high: null }],
    ),
    chance: null,
  };
}

/** What half of all phrases of so many words cost, at the demo's and at the product's key derivation. */
function costFigure(): CurveFigure {
  const series = [
    { name: "demo: 8 KiB, 1 pass", cost: cheapArgon },
    { name: "product: 64 MiB, 3 passes", cost: productArgon },
  ];
  return {
    kind: "curve",
    id: "cost-by-words",
    title: `What random words cost on one ${rtx4090.name} (EXTRAPOLATED)`,
    caption: `Each word of the list of ${words.length} multiplies the price by as much; the key derivation multiplies it once.`,
    x: { label: "random words", scale: "linear" },
    y: { label: "dollars for half of all phrases", scale: "log" },
    series: series.map(({ name, cost }) => ({
      name,
      points: [1, 2, 3, 4, 5, 6, 7, 8].map((x) => {
        const rate = argonRateMax(cost, rtx4090.bandwidth);
        const y = guessDollars(words.length ** x / 2, rate, rtx4090.price);
        return { x, y, low: null, high: null };
      }),
    })),
    chance: null,
  };
}
