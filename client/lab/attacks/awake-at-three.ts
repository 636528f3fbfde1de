import { z } from "zod";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { fitMixture, slowness, slowStretch } from "../algorithms/receipt-clock.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { minuteText, type Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const awakeParams = z.strictObject({
  /** Hours that a night has at least. */
  least: z.number().min(0.5).max(12),
});

const probeLine = z.strictObject({
  person: z.string(),
  sentAtMs: z.number(),
  /** When a receipt covered it; null when none came. */
  answeredAtMs: z.number().nullable(),
});

export type ProbeLine = z.infer<typeof probeLine>;

/** One JSON object a line. Failure `malformed`, with file and line. */
export function parseProbes(text: string, path: string): ProbeLine[] {
  return text.split("\n").flatMap((row, index) => {
    if (row === "") return [];
    let value: unknown = null;
    try {
      value = JSON.parse(row);
    } catch {
      throw new Failure("malformed", `${path}:${index + 1}: not JSON`);
    }
    const parsed = probeLine.safeParse(value);
    if (!parsed.success) throw new Failure("malformed", `${path}:${index + 1}: not a probe`);
    return [parsed.data];
  });
}

export const awakeClaims = z.strictObject({
  people: z.array(
    z.strictObject({
      person: z.string(),
      probes: z.number().int(),
      answered: z.number().int(),
      /** Moments of the probes at which the person is held to be asleep, by the stretch and by the mixture. */
      asleep: z.array(z.number()),
      asleepByMixture: z.array(z.number()),
      from: z.number().nullable(),
      until: z.number().nullable(),
      /** Median delay of the two kinds of answers, seconds; null without a mixture. */
      fast: z.number().nullable(),
      slow: z.number().nullable(),
    }),
  ),
});

/**
 * The receipt clock (LEAKLAB 3.5; Gegenhuber and others 2025): a device that sleeps answers late. The
 * delays of receipts are of two kinds, and the slow ones come in one stretch: the night.
 */
export async function awakeAtThree(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const { least } = awakeParams.parse(budget.params);
  const probes: ProbeLine[] = [];
  for (const artefact of evidence.artefacts("timing")) {
    for (const { path } of artefact.files) {
      probes.push(...parseProbes(textOf(await evidence.read(path)) ?? "", path));
    }
  }
  const names = [...new Set(probes.map(({ person }) => person))].sort();
  const people = names.map((person, index) => {
    progress("persons", index + 1, names.length);
    const own = probes.filter((probe) => probe.person === person);
    return nightOf(person, own, least);
  });
  const claims = { people };
  const notes = absentKinds(evidence, ["timing"]);
  return { ...emptyFindings("awake-at-three"), claims, counts: { probes: probes.length }, notes };
}

function nightOf(person: string, probes: readonly ProbeLine[], least: number) {
  const sorted = [...probes].sort((a, b) => a.sentAtMs - b.sentAtMs);
  const answered = sorted.flatMap(({ sentAtMs, answeredAtMs }) => {
    if (answeredAtMs === null) return [];
    // A tenth of a second: faster than that nothing is told apart.
    return [{ sentAtMs, log: Math.log(Math.max(0.1, (answeredAtMs - sentAtMs) / 1_000)) }];
  });
  const logs = answered.map(({ log }) => log);
  const spacingMs = spacingOf(sorted);
  const shortest = Math.max(2, Math.round((least * 3_600_000) / spacingMs));
  const stretch = slowStretch(logs, shortest);
  const mixture = fitMixture(logs);
  const inside = stretch === null ? [] : answered.slice(stretch.from, stretch.until);
  return {
    person,
    probes: sorted.length,
    answered: answered.length,
    asleep: inside.map(({ sentAtMs }) => sentAtMs),
    asleepByMixture:
      mixture === null
        ? []
        : answered
            .filter(({ log }) => slowness(mixture, log) > 0.5)
            .map(({ sentAtMs }) => sentAtMs),
    from: inside[0]?.sentAtMs ?? null,
    until: inside.at(-1)?.sentAtMs ?? null,
    fast: mixture === null ? null : Math.exp(mixture.fast.mean),
    slow: mixture === null ? null : Math.exp(mixture.slow.mean),
  };
}

/** How far apart probes are, on average. */
function spacingOf(probes: readonly ProbeLine[]): number {
  const [first, last] = [probes[0]?.sentAtMs ?? 0, probes.at(-1)?.sentAtMs ?? 0];
  return Math.max(1, (last - first) / Math.max(1, probes.length - 1));
}

/** The nights that were found, and how far the probes tell them one by one. */
export const tellAwake: Tell = ({ claims }) => [
  {
    title: "When each device was slow to confirm (UTC)",
    head: ["person", "probes", "answered", "from", "until", "fast, s", "slow, s", "one by one"],
    rows: awakeClaims
      .parse(claims)
      .people.map((each) => [
        ...[each.person, each.probes, each.answered],
        ...[minuteText(each.from), minuteText(each.until), each.fast, each.slow],
        agreement(each),
      ]),
  },
];

/** How well single probes tell the stretch: 0.5 as by lot, 1 always. Null where there is nothing to tell. */
function agreement({
  answered,
  asleep,
  asleepByMixture,
}: z.infer<typeof awakeClaims>["people"][number]): number | null {
  const night = new Set(asleep);
  const awake = answered - night.size;
  if (night.size === 0 || awake === 0) return null;
  const inside = asleepByMixture.filter((at) => night.has(at)).length;
  return (inside / night.size + 1 - (asleepByMixture.length - inside) / awake) / 2;
}
