import { readFileSync } from "node:fs";

const lab = new URL("../../../client/lab/", import.meta.url);

/** The larger world that the guide shows, in the place of the one of `stolen-device`. */
export function guideScenario(): string {
  const guide = readFileSync(new URL("GUIDE.md", lab), "utf8");
  const section = guide.slice(guide.indexOf("\n## A larger world\n"));
  const world = section.split("```yaml\n")[1]?.split("```")[0];
  if (world?.startsWith("world:") !== true) throw new Error("the guide shows a larger world");
  const text = readFileSync(new URL("scenarios/stolen-device.yaml", lab), "utf8");
  return (
    text.slice(0, text.indexOf("\nworld:\n") + 1) + world + text.slice(text.indexOf("defences:\n"))
  );
}
