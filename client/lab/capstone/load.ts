import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "../evidence-limits.ts";
import { packageRoot } from "../package-root.ts";
import { rigs } from "../rigs/catalogue.ts";
import { builtInScenarios } from "../scenario.ts";
import { parseStrict } from "../strict-yaml.ts";
import { type ActOffer, checkCapstone } from "./checks.ts";
import { type Capstone, capstoneSchema } from "./schema.ts";

/** The files of the capstones that come with the lab, by id. */
export async function capstonePaths(): Promise<ReadonlyMap<string, string>> {
  const folder = join(packageRoot(), "client", "lab", "capstones");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  return new Map(names.map((name) => [name.replace(/\.yaml$/, ""), join(folder, name)]));
}

/** Loads a capstone by its id or from a file. Failures: `not-found`; `malformed` as for scenarios. */
export async function loadCapstone(from: string): Promise<Capstone> {
  const known = await capstonePaths();
  const path = known.get(from) ?? (/[./\\]/.test(from) ? from : null);
  const found = path === null ? null : await stat(path).catch(() => null);
  if (path === null || found === null || !found.isFile()) {
    throw new Failure(
      "not-found",
      `no capstone "${from}"; there are ${[...known.keys()].join(", ")}`,
    );
  }
  if (found.size > labLimits.scenarioBytesMax) {
    throw new Failure("malformed", `${basename(path)}: larger than a capstone may be`);
  }
  return parseCapstone(await readFile(path, "utf8"), basename(path), await actOffers());
}

export function parseCapstone(
  text: string,
  file: string,
  offers: ReadonlyMap<string, ActOffer>,
): Capstone {
  return parseStrict(text, file, capstoneSchema, (parsed) => checkCapstone(parsed, offers));
}

/** What every built-in scenario offers to the acts of a capstone. */
export async function actOffers(): Promise<ReadonlyMap<string, ActOffer>> {
  return new Map(
    (await builtInScenarios()).map((scenario) => {
      const facts = rigs.get(scenario.attack.algorithm)?.facts ?? [];
      return [scenario.id, { scenario, facts: new Set([...scenario.metrics, ...facts]) }];
    }),
  );
}
