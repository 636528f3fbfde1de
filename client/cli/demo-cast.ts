import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "#shared/failure.ts";

/** A line that a process printed with `--json`. */
export type JsonLine = Readonly<Record<string, unknown>> & { readonly type: string };

/** A running `backchannel` of its own, and everything it has printed. */
export interface Running {
  readonly lines: readonly JsonLine[];
  /** The first line that fits, now or later. Failure `internal` when the process ends without it. */
  find(fits: (line: JsonLine) => boolean): Promise<JsonLine>;
  /** Exit code, once it has ended. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** One person of the demonstration: a vault folder and a passphrase file, nothing else. */
export interface Person {
  readonly label: string;
  readonly home: string;
  readonly passphraseFile: string;
}

/** Makes the folders of a person. */
export function castPerson(folder: string, label: string, index: number): Person {
  const own = join(folder, "people", `${index + 1}-${label.replace(/[^\w-]/g, "_")}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const passphraseFile = join(own, "passphrase.txt");
  writeFileSync(passphraseFile, `only for the demonstration ${index + 1}\n`, { mode: 0o600 });
  return { label, home: join(own, "vault"), passphraseFile };
}

/** Starts this same program as another process. */
export function startProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Running {
  const program = process.argv[1] as string;
  const child = spawn(process.execPath, [...process.execArgv, program, ...args, "--json"], {
    // The person's own settings must not leak into the demonstration.
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const abort = (): void => {
    child.kill("SIGTERM");
  };
  signal.addEventListener("abort", abort, { once: true });
  return watch(child, args.join(" "), () => signal.removeEventListener("abort", abort));
}

function watch(child: ChildProcess, command: string, over: () => void): Running {
  const lines: JsonLine[] = [];
  const waiting = new Set<() => void>();
  let exit: number | null = null;
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (text) => {
      lines.push(JSON.parse(text) as JsonLine);
      wake();
    });
  }
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
  }).then((code) => {
    exit = code;
    over();
    wake();
    return code;
  });
  return {
    lines,
    ended,
    find: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find(fits);
          if (line !== undefined) resolve(line);
          else if (exit !== null) reject(new Failure("internal", endOf(command, exit, lines)));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      if (exit === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

function endOf(command: string, exit: number, lines: readonly JsonLine[]): string {
  const error = lines.find((line) => line.type === "error");
  return `\`backchannel ${command}\` ended with ${exit}${error === undefined ? "" : `: ${error.message}`}`;
}

/** Starts a verb as a person. */
export function startAs(
  person: Person,
  relay: string,
  args: readonly string[],
  signal: AbortSignal,
): Running {
  const environment = {
    BACKCHANNEL_HOME: person.home,
    BACKCHANNEL_PASSPHRASE_FILE: person.passphraseFile,
    BACKCHANNEL_RELAY: relay,
  };
  return startProcess(args, environment, signal);
}

/** Runs a verb as a person to its end and gives the line of the type asked for. */
export async function runAs(
  person: Person,
  relay: string,
  wish: { readonly args: readonly string[]; readonly answer: string },
  signal: AbortSignal,
): Promise<JsonLine> {
  const running = startAs(person, relay, wish.args, signal);
  const line = await running.find((each) => each.type === wish.answer);
  await running.ended;
  return line;
}
