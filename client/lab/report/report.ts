import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunResult } from "../result.ts";
import { htmlReport } from "./html.tsx";
import { markdownReport } from "./markdown.ts";

export interface WrittenReport {
  readonly json: string;
  readonly markdown: string;
  readonly html: string;
}

/** Writes a run's report as JSON, Markdown and one self-contained HTML page. */
export async function writeReport(result: RunResult, folder: string): Promise<WrittenReport> {
  await mkdir(folder, { recursive: true });
  const paths = {
    json: join(folder, "report.json"),
    markdown: join(folder, "report.md"),
    html: join(folder, "report.html"),
  };
  await writeFile(paths.json, `${JSON.stringify(result, null, 1)}\n`);
  await writeFile(paths.markdown, markdownReport(result));
  await writeFile(paths.html, htmlReport(result));
  return paths;
}
