import { type Cell, type CellJob, measureCell } from "./matrix/cell.ts";
import { serveJobs } from "./pool.ts";
import { type RunJob, type RunSummary, runOne } from "./run-all.ts";

/** The body of a worker process of the lab: does the jobs that come in on stdin. */
export function serveLab(kind: "matrix" | "run"): Promise<void> {
  const { stdin, stdout } = process;
  return kind === "matrix"
    ? serveJobs<CellJob, Cell>(stdin, stdout, measureCell)
    : serveJobs<RunJob, RunSummary>(stdin, stdout, runOne);
}
