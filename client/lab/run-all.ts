import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inlinePool, type Pool, processPool, type WorkerCommand } from "./pool.ts";
import { writeReport } from "./report/report.ts";
import type { Headline, RunResult } from "./result.ts";
import { runScenario } from "./run.ts";
import { builtInPaths } from "./scenario.ts";

/** One scenario to run, with its controls and its defences. */
export interface RunJob {
  readonly id: string;
  readonly seed: number;
  readonly out: string;
}

/** What a run of one among many came to; its report lies in `out`. */
export interface RunSummary {
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly verdict: RunResult["verdict"];
  readonly headline: Headline;
  readonly sentence: string;
  /** Expectations of the scenario file that did not hold on this seed. */
  readonly missed: readonly string[];
  readonly out: string;
  readonly report: string;
}

/** Runs one scenario and writes its report. Failures: those of `runScenario`. */
export async function runOne({ id, seed, out }: RunJob): Promise<RunSummary> {
  const result = await runScenario({ scenario: { id }, seed, out });
  const report = await writeReport(result, out);
  return {
    ...{ scenario: id, title: result.title, seed, verdict: result.verdict, out },
    headline: result.baseline.headline,
    sentence: result.sentence,
    missed: result.expectations.filter(({ ok }) => !ok).map(({ words }) => words),
    report: report.html,
  };
}

/** Runs every scenario that comes with the lab, each in a folder of `out` with its name. */
export async function runAll(plan: {
  readonly seed: number;
  readonly out: string;
  readonly workers: { readonly command: WorkerCommand; readonly count: number } | null;
  /** Called with each result as it comes; `of` are all. */
  readonly onResult?: (result: RunSummary, done: number, of: number) => void;
}): Promise<readonly RunSummary[]> {
  const { seed, out, workers } = plan;
  await mkdir(out, { recursive: true });
  const ids = [...(await builtInPaths()).keys()];
  const pool: Pool<RunJob, RunSummary> =
    workers === null ? inlinePool(runOne) : processPool(workers.command, workers.count);
  let done = 0;
  try {
    return await Promise.all(
      ids.map(async (id) => {
        const result = await pool.run({ id, seed, out: join(out, id) });
        done += 1;
        plan.onResult?.(result, done, ids.length);
        return result;
      }),
    );
  } finally {
    await pool.close();
  }
}
