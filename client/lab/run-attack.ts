import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { readdir, realpath, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { createInterface } from "node:readline";
import { Failure, isFailureCode } from "#shared/failure.ts";
import type { AttackLine } from "./attack-host.ts";
import { type Findings, findingsSchema } from "./attacks/findings.ts";
import { labLimits } from "./evidence-limits.ts";
import { packageRoot } from "./package-root.ts";
import { scratchFolder } from "./scratch.ts";

export interface AttackRun {
  /** The attack process as one JavaScript file. */
  readonly program: string;
  readonly attack: string;
  readonly bundle: string;
  readonly wallMs: number;
  readonly onProgress?: (step: string, done: number, of: number) => void;
}

/**
 * Runs an attack in a process of its own that can read the bundle, the program and its packages, write to
 * a scratch folder, and nothing else. Failures: what the attack refused with; `expired` when it took longer
 * than its budget; `internal` when it ended without findings.
 */
export async function runAttackProcess(run: AttackRun): Promise<Findings> {
  const scratch = await realpath(await scratchFolder("attack"));
  try {
    const bundle = await realpath(run.bundle).catch(() => {
      throw new Failure("not-found", `${run.bundle}: no such evidence bundle`);
    });
    await refuseLinks(bundle);
    return await speak(run, bundle, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Node's permission model asks about the path that is named and follows links, so a link in the bundle
 * would lead out of it, to the ground truth for one. Failure `malformed` names what is no file.
 */
async function refuseLinks(bundle: string): Promise<void> {
  const entries = await readdir(bundle, { recursive: true, withFileTypes: true });
  if (entries.length > labLimits.artefactsMax * labLimits.filesMax) {
    throw new Failure("malformed", `${bundle}: more files than any bundle has`);
  }
  for (const entry of entries) {
    if (entry.isFile() || entry.isDirectory()) continue;
    const place = relative(bundle, join(entry.parentPath, entry.name));
    throw new Failure("malformed", `${place}: neither a file nor a folder`);
  }
}

/** Node's permission model under the name that this Node knows it by. */
function permissionFlags(run: AttackRun, bundle: string, scratch: string): string[] {
  const current = process.allowedNodeEnvironmentFlags.has("--permission");
  const root = packageRoot();
  // Each path once: Node 20 does not start with the same one twice.
  const readable = [
    join(root, "node_modules") + sep,
    // Packages may lie elsewhere, behind a link; Node asks for the place itself.
    realpathSync(join(root, "node_modules")) + sep,
    join(root, "package.json"),
    dirname(run.program) + sep,
    bundle + sep,
    scratch + sep,
  ];
  return [
    current ? "--permission" : "--experimental-permission",
    // SQLite's driver is native code. It opens only copies in the scratch folder.
    "--allow-addons",
    ...[...new Set(readable)].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${scratch + sep}`,
    "--no-warnings",
  ];
}

async function speak(run: AttackRun, bundle: string, scratch: string): Promise<Findings> {
  const child = spawn(
    process.execPath,
    [...permissionFlags(run, bundle, scratch), run.program, run.attack, bundle, scratch],
    { cwd: scratch, env: {}, stdio: ["ignore", "pipe", "pipe"] },
  );
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, run.wallMs);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2_000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  let findings: Findings | null = null;
  let failure: Failure | null = null;
  let received = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    received += text.length;
    if (received > labLimits.findingsBytesMax) child.kill("SIGKILL");
    const line = parseLine(text);
    if (line?.type === "progress") run.onProgress?.(line.step, line.done, line.of);
    if (line?.type === "findings") findings = findingsSchema.parse(line.findings);
    if (line?.type === "failure") {
      failure = new Failure(isFailureCode(line.code) ? line.code : "internal", line.message);
    }
  }
  await ended;
  clearTimeout(timer);
  if (late) throw new Failure("expired", `attack ${run.attack}: longer than ${run.wallMs} ms`);
  if (failure !== null) throw failure;
  if (findings === null) {
    throw new Failure("internal", `attack ${run.attack} ended without findings: ${errors}`);
  }
  return findings;
}

/** The process is ours, yet what an attack prints by itself must not stop the run. */
function parseLine(text: string): AttackLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "type" in value
      ? (value as AttackLine)
      : null;
  } catch {
    return null;
  }
}
