import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const launcher = new URL("../../client/cli/launcher.js", import.meta.url).pathname;

export const passphrase = "harbour velvet nine copper";

export type JsonLine = Readonly<Record<string, unknown>>;

/** How a process ended, and everything that it printed. */
export interface Ended {
  readonly exit: number;
  readonly lines: readonly JsonLine[];
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** The first line of a type that fits, now or later; rejects when the process ends without it. */
  line(type: string, fits?: (line: JsonLine) => boolean): Promise<JsonLine>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Everything that any process of this test file has printed: no secret may be in it. */
export const printed: string[] = [];

/** A folder for one test file, removed at its end. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "backchannel-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `backchannel` as a person would, with an environment of its own and no terminal. */
export function start(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Running {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}); // a verb that does not read may be gone already
  child.stdin.end(options.input ?? "");
  return watch(child);
}

function watch(child: ChildProcess): Running {
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let over = false;
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      over = true;
      printed.push(stdout, stderr);
      wake();
      resolve({ exit: code ?? -1, lines: linesOf(stdout), stdout, stderr });
    });
  });
  return {
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    line: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = linesOf(stdout).find((line) => line.type === type && fits(line));
          if (found !== undefined) resolve(found);
          else if (over) reject(new Error(`ended without a line "${type}": ${stdout}${stderr}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** The whole lines of JSON in an output; what is for people is left out. */
function linesOf(stdout: string): JsonLine[] {
  return stdout
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as JsonLine);
}

/** A person with a vault of their own. */
export function person(folder: string, name: string, relay: string) {
  const passphraseFile = join(folder, `${name}.txt`);
  writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
  const home = join(folder, name);
  const env = {
    BACKCHANNEL_HOME: home,
    BACKCHANNEL_RELAY: relay,
    BACKCHANNEL_PASSPHRASE_FILE: passphraseFile,
  };
  return {
    home,
    start: (...args: string[]) => start([...args, "--json"], { env }),
    run: (...args: string[]) => start([...args, "--json"], { env }).ended,
    /** As a person sees it. */
    say: (...args: string[]) => start(args, { env }).ended,
    type: (input: string, ...args: string[]) => start([...args, "--json"], { env, input }).ended,
  };
}

export type TestPerson = ReturnType<typeof person>;

/** A relay of its own process; `port` 0 takes a free one. */
export async function startRelay(folder: string, port = "0") {
  const args = [
    "relay",
    "--listen",
    `127.0.0.1:${port}`,
    "--data",
    join(folder, "relay"),
    "--json",
  ];
  const running = start(args);
  const { address } = await running.line("listening");
  return { ...running, address: String(address) };
}

/** Lets a newcomer in by one sponsor's code; the lines that both sides printed. */
export async function admit(
  sponsor: TestPerson,
  newcomer: TestPerson,
  label: string,
  name: string,
  ...flags: readonly string[]
) {
  const inviting = sponsor.start("invite", "--as", label);
  const { code } = await inviting.line("invite");
  const joined = await newcomer.run("join", String(code), "--name", name, ...flags);
  return { code: String(code), joined, invited: await inviting.ended };
}

/** Where an admission by two stands when both sides have been told what to read aloud. */
export interface Checking {
  readonly id: string;
  readonly inviting: Running;
  /** How the newcomer's and the second sponsor's first verb ended. */
  readonly joined: Ended;
  readonly checked: Ended;
  readonly newcomerReads: readonly string[];
  readonly secondReads: readonly string[];
}

/** The id of the motion of a label, as soon as a member's vault shows it. */
export async function findMotion(member: TestPerson, label: string): Promise<string> {
  for (let tries = 0; tries < 20; tries++) {
    const { lines } = await member.run("pending");
    const found = lines.find((line) => line.type === "pending" && line.label === label);
    if (found !== undefined) return String(found.id);
  }
  throw new Error(`no motion about ${label}`);
}

/** An admission by two up to the words: invited, joined by code, and opened by the second sponsor. */
export async function check(
  people: {
    readonly sponsor: TestPerson;
    readonly second: TestPerson;
    readonly newcomer: TestPerson;
  },
  label: string,
  flags: readonly string[] = [],
): Promise<Checking> {
  const { sponsor, second, newcomer } = people;
  const inviting = sponsor.start("invite", "--as", label);
  const { code } = await inviting.line("invite");
  const joining = newcomer.run("join", String(code), "--name", "line");
  await inviting.line("motion", ({ state }) => state === "moved");
  const id = await findMotion(second, label);
  const checked = await second.run("approve", id.slice(0, 6), ...flags);
  const joined = await joining;
  const wordsOf = ({ lines }: Ended): readonly string[] =>
    (lines.find((line) => line.type === "check")?.say ?? []) as readonly string[];
  return {
    ...{ id, inviting, joined, checked },
    newcomerReads: wordsOf(joined),
    secondReads: wordsOf(checked),
  };
}
