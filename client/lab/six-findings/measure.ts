import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "#shared/failure.ts";
import type { Cell, CellJob } from "../matrix/cell.ts";
import { type Ledger, openLedger } from "../matrix/ledger.ts";
import { type Measuring, measureAll, type Workers } from "../matrix/measure.ts";
import { type Subject, subjectsOf } from "../matrix/subject.ts";
import { changeName } from "../settings.ts";
import type { Finding } from "./finding.ts";
import { armOf, type Judged, judge, type Measured, type Verdict } from "./judge.ts";

/** A finding, measured. */
export interface Shown extends Omit<Finding, "arms" | "claims"> {
  readonly arms: readonly Measured[];
  readonly claims: readonly Judged[];
  /** Controls of the scenario that did not come out as they must: then nothing here means anything. */
  readonly broken: readonly string[];
  readonly verdict: Verdict | "rig broken";
}

export interface SixFindings {
  readonly v: 1;
  readonly type: "lab-findings";
  readonly firstSeed: number;
  readonly seeds: number;
  /** Versions and commits of what measured it. */
  readonly software: readonly string[];
  readonly findings: readonly Shown[];
}

export interface FindingsPlan {
  readonly findings: readonly Finding[];
  readonly firstSeed: number;
  readonly seeds: number;
  /** Folder of the ledger and of the results; what is in its ledger already is not measured again. */
  readonly out: string;
  readonly workers: Workers;
  readonly onProgress?: Measuring;
}

/** Measures findings on paired seeds and writes `findings.json` beside the ledger. Failures: those of the matrix. */
export async function measureFindings(plan: FindingsPlan): Promise<SixFindings> {
  const { findings, firstSeed } = plan;
  const names = [...new Set(findings.map(({ scenario }) => scenario))];
  const read = await subjectsOf(names);
  const subjects = new Map(read.map((subject, at) => [names[at] ?? "", subject]));
  const seeds = Array.from({ length: plan.seeds }, (_, index) => firstSeed + index);
  const ledger = await openLedger(plan.out);
  await measureAll(jobsOf(findings, subjects, seeds), ledger, plan.workers, plan.onProgress);
  const shown = findings.map((finding) => show(finding, subjects, seeds, ledger));
  const hashes = new Set(read.map(({ hash }) => hash));
  const used = ledger.all().filter((cell) => hashes.has(cell.file) && seeds.includes(cell.seed));
  const measured: SixFindings = {
    ...{ v: 1, type: "lab-findings", firstSeed, seeds: plan.seeds },
    software: [...new Set(used.map(({ software }) => software))],
    findings: shown,
  };
  await mkdir(plan.out, { recursive: true });
  await writeFile(join(plan.out, "findings.json"), `${JSON.stringify(measured, null, 1)}\n`);
  return measured;
}

/** Each setting of each scenario once on each seed, whichever findings look at it; and the controls once. */
function jobsOf(
  findings: readonly Finding[],
  subjects: ReadonlyMap<string, Subject>,
  seeds: readonly number[],
): CellJob[] {
  const jobs = new Map<string, CellJob>();
  const add = (job: CellJob) =>
    jobs.set([job.kind, job.scenario, changeName(job.change), job.seed].join("\n"), job);
  for (const { scenario, arms } of findings) {
    const subject = subjectOf(subjects, scenario);
    const { text, file, hash } = subject;
    const common = { scenario: subject.scenario.id, text, file, hash };
    add({ ...common, kind: "controls", change: {}, seed: seeds[0] ?? 1 });
    for (const { change } of Object.values(arms)) {
      for (const seed of seeds) add({ ...common, kind: "cell", change, seed });
    }
  }
  return [...jobs.values()];
}

function show(
  finding: Finding,
  subjects: ReadonlyMap<string, Subject>,
  seeds: readonly number[],
  ledger: Ledger,
): Shown {
  const { scenario, hash: file } = subjectOf(subjects, finding.scenario);
  const find = (change: string, seed: number): Cell => {
    const cell = ledger.find({ scenario: scenario.id, file, change, seed });
    assert(cell !== null, "what is judged was measured");
    return cell;
  };
  const arms = Object.entries(finding.arms).map(([name, { words, change, metric }]) => {
    const cells = seeds.map((seed) => find(changeName(change), seed));
    return [name, armOf(words, metric, cells)] as const;
  });
  const claims = finding.claims.map((claim) => judge(claim, Object.fromEntries(arms)));
  const { broken } = find("controls", seeds[0] ?? 1);
  const { id, title, lesson, number, chance } = finding;
  return {
    ...{ id, title, lesson, scenario: scenario.id, number, chance, broken },
    arms: arms.map(([, arm]) => arm),
    claims,
    verdict: broken.length > 0 ? "rig broken" : together(claims.map(({ verdict }) => verdict)),
  };
}

function subjectOf(subjects: ReadonlyMap<string, Subject>, name: string): Subject {
  const subject = subjects.get(name);
  assert(subject !== undefined, "every finding's scenario was read");
  return subject;
}

/** A finding holds when everything that it claims does. */
function together(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("does not hold")) return "does not hold";
  return verdicts.every((verdict) => verdict === "holds") ? "holds" : "not decided";
}
