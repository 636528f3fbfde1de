import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import type { Lived } from "./live.ts";
import { showCounts, showViolations, sumOf } from "./report.ts";
import { commitSeed, keepSeed, keptSeeds } from "./seeds.ts";

/** What a worker tells of each life. */
export type Told = Omit<Lived, "trace"> & { readonly trace: readonly string[] | null };

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("a whole number");
  return value;
}

const program = new Command("simulate")
  .description("Lives of whole channels under a hostile network, from seeds")
  .option("--seeds <n>", "how many lives", whole, 100)
  .option("--seed <n>", "the first seed; else the kept ones, then from the commit's hash on", whole)
  .option("--jobs <n>", "processes", whole, Math.min(2, availableParallelism()))
  .parse();
const { seeds, seed, jobs } = program.opts<{ seeds: number; seed?: number; jobs: number }>();

const first = seed ?? commitSeed();
const planned = [
  ...(seed === undefined ? keptSeeds() : []),
  ...Array.from({ length: seeds }, (_, at) => first + at),
];
console.log(`${planned.length} lives, the first seed is ${planned[0]}, ${jobs} processes`);

const began = performance.now();
const lives: Told[] = [];
const failed: Told[] = [];

function progress(): void {
  const seconds = (performance.now() - began) / 1000;
  const left = ((planned.length - lives.length) * seconds) / Math.max(1, lives.length);
  const line = `${lives.length} of ${planned.length} lives, ${failed.length} failed, ${Math.ceil(left)} s left`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (lives.length % 100 === 0) process.stderr.write(`${line}\n`);
}

/** A process that lives one life after the other, in the order of the plan. */
function work(next: () => number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(new URL("./worker.ts", import.meta.url), {
      execArgv: ["--import", "tsx"],
    });
    const go = (): void => {
      const one = next();
      if (one === undefined) worker.disconnect();
      else worker.send({ seed: one, isTraced: planned.length === 1 });
    };
    worker.on("message", (told: Told) => {
      lives.push(told);
      if (told.violations.length > 0) {
        failed.push(told);
        keepSeed(told.seed);
        console.log(`\n${showViolations({ ...told, trace: [] })}`);
      }
      if (told.trace !== null) console.log(told.trace.join("\n"));
      progress();
      go();
    });
    worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`worker: ${code}`))));
    go();
  });
}

let at = 0;
await Promise.all(Array.from({ length: Math.max(1, jobs) }, () => work(() => planned[at++])));
const seconds = (performance.now() - began) / 1000;
console.log(`\nwhat these lives contained:\n${showCounts(sumOf(lives))}`);
console.log(`${lives.length} lives, ${failed.length} with violations, ${seconds.toFixed(0)} s`);
process.exitCode = failed.length === 0 ? 0 : 1;
