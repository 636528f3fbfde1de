import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Failure } from "#shared/failure.ts";

/** How a worker process is started: it reads one job a line and answers each with one line, both JSON. */
export interface WorkerCommand {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Pool<Job, Done> {
  /** Failure `internal` when the worker ended before it answered, or what the job failed with. */
  run(job: Job): Promise<Done>;
  close(): Promise<void>;
}

/** Does jobs in this process, one after the other. */
export function inlinePool<Job, Done>(work: (job: Job) => Promise<Done>): Pool<Job, Done> {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(job) {
      const next = last.then(() => work(job));
      last = next.catch(() => {});
      return next;
    },
    close: async () => {
      await last;
    },
  };
}

type Answer<Done> = { readonly done: Done } | { readonly failed: string };

interface Worker<Done> {
  readonly child: ChildProcess;
  answer: ((answer: Answer<Done>) => void) | null;
}

/** Does jobs in worker processes of their own, each one job at a time. */
export function processPool<Job, Done>(command: WorkerCommand, size: number): Pool<Job, Done> {
  const waiting: { job: Job; answer: (answer: Answer<Done>) => void }[] = [];
  const workers: Worker<Done>[] = [];
  const feed = (worker: Worker<Done>): void => {
    const next = waiting.shift();
    if (next === undefined) return;
    worker.answer = next.answer;
    worker.child.stdin?.write(`${JSON.stringify(next.job)}\n`);
  };
  const start = (): void => {
    const child = spawn(command.program, command.args, { stdio: ["pipe", "pipe", "inherit"] });
    const worker: Worker<Done> = { child, answer: null };
    workers.push(worker);
    const settle = (answer: Answer<Done>): void => {
      const { answer: waits } = worker;
      worker.answer = null;
      waits?.(answer);
    };
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      settle(JSON.parse(line) as Answer<Done>);
      feed(worker);
    });
    child.once("close", () => {
      workers.splice(workers.indexOf(worker), 1);
      settle({ failed: "a worker process ended before its job was done" });
      if (waiting.length > 0) start();
    });
    feed(worker);
  };
  return {
    run(job) {
      return new Promise<Done>((resolve, reject) => {
        const answer = (given: Answer<Done>) =>
          "done" in given ? resolve(given.done) : reject(new Failure("internal", given.failed));
        waiting.push({ job, answer });
        const idle = workers.find((worker) => worker.answer === null);
        if (idle !== undefined) feed(idle);
        else if (workers.length < size) start();
      });
    },
    async close() {
      const ended = workers.map(
        ({ child }) => new Promise<void>((resolve) => child.once("close", () => resolve())),
      );
      for (const { child } of workers) child.stdin?.end();
      await Promise.all(ended);
    },
  };
}

/** The body of a worker process: answers each line of `input` until it ends. */
export async function serveJobs<Job, Done>(
  input: NodeJS.ReadableStream,
  output: { write(text: string): unknown },
  work: (job: Job) => Promise<Done>,
): Promise<void> {
  for await (const line of createInterface({ input })) {
    const answer = await work(JSON.parse(line) as Job).then(
      (done) => ({ done }),
      (error: unknown) => ({ failed: error instanceof Error ? error.message : "unknown error" }),
    );
    output.write(`${JSON.stringify(answer)}\n`);
  }
}
