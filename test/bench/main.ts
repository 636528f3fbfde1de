import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { type Section, table, type Verdict } from "./measure.ts";

/** `npm run bench [section …]`: every file of this folder that exports `sections` takes part. */
async function findSections(): Promise<Section[]> {
  const folder = new URL(".", import.meta.url);
  const found: Section[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".ts") || file === "main.ts" || file === "measure.ts") continue;
    const module: { sections?: readonly Section[] } = await import(new URL(file, folder).href);
    found.push(...(module.sections ?? []));
  }
  return found;
}

async function main(asked: readonly string[]): Promise<number> {
  const all = await findSections();
  const unknown = asked.filter((name) => all.every((section) => section.name !== name));
  if (unknown.length > 0) {
    const names = all.map(({ name }) => name).join(", ");
    console.error(`no section is called ${unknown.join(", ")}; there are ${names}`);
    return 2;
  }
  const [cpu] = cpus();
  console.log(`node ${process.version}, ${cpus().length} × ${cpu?.model ?? "unknown processor"}`);
  console.log("Operations are interleaved and medians shown: trust ratios more than figures.");
  console.log("The MLS parts read processor time, the relay's parts time on the wall.\n");

  const verdicts: Verdict[] = [];
  for (const section of all) {
    if (asked.length > 0 && !asked.includes(section.name)) continue;
    console.log(`${section.name}: ${section.title}`);
    const start = performance.now();
    verdicts.push(...(await section.run()));
    console.log(`(${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
  }

  const rows = verdicts.map(({ claim, target, measured, met }) => [
    claim,
    target,
    measured,
    met ? "met" : "MISSED",
  ]);
  if (rows.length > 0) console.log(table([["target", "wanted", "measured", ""], ...rows]));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
