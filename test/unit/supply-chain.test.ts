import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
}

type Versions = Readonly<Record<string, string>>;
const own = read<{ dependencies: Versions; devDependencies: Versions }>("package.json");
const { packages } = read<{ packages: Readonly<Record<string, Locked>> }>("package-lock.json");
const locked = Object.entries(packages).filter(([path]) => path !== "");

test("every package is pinned to one version and locked with its hash", () => {
  for (const [name, version] of Object.entries({ ...own.dependencies, ...own.devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
  }
  expect(locked.length).toBeGreaterThan(100);
  for (const [path, { integrity }] of locked) expect(integrity, path).toMatch(/^sha512-/);
});

test("only esbuild runs a script when it is installed, and everything works without that", () => {
  const scripted = locked.filter(([, one]) => one.hasInstallScript).map(([path]) => path);
  expect(scripted).toEqual(["node_modules/esbuild"]);
});

test("no package is under the GPL or AGPL", () => {
  for (const [path, { license }] of locked) expect(license ?? "", path).not.toMatch(/GPL/);
});
