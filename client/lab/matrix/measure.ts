import { inlinePool, type Pool, processPool, type WorkerCommand } from "../pool.ts";
import { type Cell, type CellJob, measureCell, resultName } from "./cell.ts";
import type { Ledger } from "./ledger.ts";

/** Worker processes; null to measure in this process. */
export type Workers = { readonly command: WorkerCommand; readonly count: number } | null;

/** How far it is: `fresh` of the `done` were measured now, the others stood in the ledger. */
export type Measuring = (done: number, of: number, fresh: number) => void;

/** Makes the measurements that the ledger lacks and writes each down as it comes. Failure `internal` when one fails. */
export async function measureAll(
  jobs: readonly CellJob[],
  ledger: Ledger,
  workers: Workers,
  onProgress: Measuring = () => {},
): Promise<void> {
  const missing = jobs.filter((job) => {
    const { scenario, hash: file, seed } = job;
    return ledger.find({ scenario, file, change: resultName(job), seed }) === null;
  });
  let done = jobs.length - missing.length;
  let fresh = 0;
  onProgress(done, jobs.length, fresh);
  const pool: Pool<CellJob, Cell> =
    workers === null ? inlinePool(measureCell) : processPool(workers.command, workers.count);
  try {
    await Promise.all(
      missing.map(async (job) => {
        await ledger.add(await pool.run(job));
        done += 1;
        fresh += 1;
        onProgress(done, jobs.length, fresh);
      }),
    );
  } finally {
    await pool.close();
  }
}
