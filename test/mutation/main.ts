import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { survivors } from "./survivors.ts";
import { type Target, targets } from "./targets.ts";

/*
 * npm run mutate [-- part of a file's name …]: changes each file in every small way that Stryker knows
 * and looks whether its tests notice. Fails for a file below the score, for a survivor that
 * `survivors.ts` does not explain, and for an explanation of one that did not survive.
 */

const scoreMin = 90;

type Mutants = Awaited<ReturnType<Stryker["runMutationTest"]>>;

interface Outcome {
  readonly file: string;
  readonly killed: number;
  readonly survived: number;
  /** Killed of all that could be run, in per cent. */
  readonly score: number;
  readonly seconds: number;
  readonly faults: readonly string[];
}

/** One run for each file: its own tests alone must notice. */
async function mutate({ file, tests }: Target): Promise<Outcome> {
  // By the environment and not by Stryker's `testFiles`, under which 9.6 activates no static mutant.
  process.env.MUTATION_TESTS = tests.join();
  const place = `dist/mutation/${basename(dirname(file))}-${basename(file, ".ts")}`;
  const begun = performance.now();
  const mutants = await new Stryker({
    configFile: "test/mutation/stryker.json",
    mutate: [file],
    tempDirName: `${place}-${process.pid}`,
    htmlReporter: { fileName: `${place}.html` },
  }).runMutationTest();
  const count = (...statuses: string[]) =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count("Killed", "Timeout");
  const survived = count("Survived", "NoCoverage");
  const faults = explain(file, mutants);
  const left = mutants.length - killed - survived;
  if (left > 0) faults.push(`${left} mutants could not be judged`);
  const score = (100 * killed) / (killed + survived);
  if (!(score >= scoreMin)) faults.push(`${score.toFixed(1)} % is below ${scoreMin} %`);
  return { file, killed, survived, score, seconds: (performance.now() - begun) / 1000, faults };
}

/** Survivors without a reason, and reasons without a survivor. */
function explain(file: string, mutants: Mutants): string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const known = survivors.filter((one) => one.file === file).flatMap((one) => one.mutants);
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const { status, location, replacement } of mutants) {
    if (status !== "Survived" && status !== "NoCoverage") continue;
    const mutant = `${textAt(lines, location)} => ${flat(replacement ?? "")}`;
    seen.add(mutant);
    if (known.includes(mutant)) continue;
    faults.push(`line ${location.start.line}: nothing notices ${JSON.stringify(mutant)}`);
  }
  for (const mutant of known) {
    if (!seen.has(mutant)) faults.push(`explained, but killed: ${JSON.stringify(mutant)}`);
  }
  return faults;
}

/** What stood where a mutant is, on one line. */
function textAt(lines: readonly string[], { start, end }: Mutants[number]["location"]): string {
  const part = lines.slice(start.line - 1, end.line);
  part.push((part.pop() ?? "").slice(0, end.column - 1));
  part[0] = (part[0] ?? "").slice(start.column - 1);
  return flat(part.join(" "));
}

function flat(code: string): string {
  return code.replace(/\s+/g, " ").trim();
}

function line(cells: readonly (string | number)[]): string {
  const [file, ...numbers] = cells;
  return `${String(file).padEnd(32)}${numbers.map((cell) => String(cell).padStart(10)).join("")}\n`;
}

const wanted = process.argv.slice(2);
const chosen = targets.filter(({ file }) => {
  return wanted.length === 0 || wanted.some((part) => file.includes(part));
});
if (chosen.length === 0) throw new Error(`no file under mutation is called ${wanted.join(" or ")}`);
process.stdout.write(line(["file", "killed", "survived", "score", "seconds"]));
let failed = 0;
for (const target of chosen) {
  const { file, killed, survived, score, seconds, faults } = await mutate(target);
  const cells = [file, killed, survived, `${score.toFixed(1)} %`, Math.round(seconds)];
  process.stdout.write(line(cells));
  for (const fault of faults) process.stdout.write(`  ${fault}\n`);
  if (faults.length > 0) failed += 1;
}
process.stdout.write(failed === 0 ? "every file passes\n" : `${failed} files fail\n`);
process.exitCode = failed === 0 ? 0 : 1;
