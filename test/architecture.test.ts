import { describe, expect, test } from "vitest";
import { projectFiles, projectSources, type Source } from "./source.ts";

/**
 * The rules of the house (README, "The house"): who may import whom, and what nobody may do. The most
 * specific place that matches a file decides.
 */
const places: readonly { place: string; may: readonly string[]; ban?: readonly RegExp[] }[] = [
  { place: "shared/", may: ["shared/"], ban: [/^node:/, /libsodium/] },
  { place: "server/", may: ["server/", "shared/"], ban: [/libsodium/] },
  { place: "client/crypto/", may: ["client/crypto/", "shared/"], ban: [/^node:/] },
  {
    place: "client/mls/",
    may: ["client/mls/", "client/crypto/", "shared/"],
    ban: [/^node:/, /libsodium/],
  },
  {
    place: "client/core/",
    may: ["client/core/", "client/mls/", "client/crypto/", "shared/"],
    ban: [/^node:/, /libsodium/],
  },
  {
    place: "client/node/",
    may: ["client/node/", "client/core/", "client/crypto/", "shared/"],
    ban: [/libsodium/],
  },
  { place: "client/charts/", may: ["client/charts/", "shared/"], ban: [/^node:/, /libsodium/] },
  {
    place: "client/cli/",
    may: [
      "client/cli/",
      "client/core/",
      "client/node/",
      "client/lab/",
      "server/relay.ts",
      "shared/",
    ],
    ban: [/libsodium/],
  },
  {
    place: "client/lab/",
    may: [
      "client/lab/",
      "client/core/",
      "client/node/",
      "client/charts/",
      "client/mls/",
      "client/crypto/",
      "server/relay.ts",
      "shared/",
    ],
    ban: [/libsodium/],
  },
  {
    place: "client/lab/attacks/",
    may: [
      "client/lab/attacks/",
      "client/lab/algorithms/",
      "client/lab/evidence",
      "client/lab/seeded.ts",
      "client/lab/statistics.ts",
      "client/mls/",
      "client/crypto/",
      "client/core/",
      "shared/",
    ],
    ban: [/libsodium/, /^node:(net|http|https|dns|tls|child_process|dgram|cluster)/],
  },
  {
    place: "client/lab/algorithms/",
    may: [
      "client/lab/algorithms/",
      "client/lab/seeded.ts",
      "client/lab/statistics.ts",
      "client/mls/",
      "client/core/",
      "client/crypto/",
      "shared/",
    ],
    ban: [/^node:/, /libsodium/],
  },
  { place: "test/", may: ["test/", "server/", "client/", "shared/"] },
];

const sources = projectSources();
const isProject = (specifier: string) => /^(shared|server|client|test)\//.test(specifier);

function placeOf(path: string) {
  const matching = places.filter(({ place }) => path.startsWith(place));
  return matching.sort((a, b) => b.place.length - a.place.length)[0];
}

function importFaults(source: Source): string[] {
  const rule = placeOf(source.path);
  if (rule === undefined) return [`${source.path}: lies in no known place`];
  return source.imports.flatMap((target) => {
    if (rule.ban?.some((pattern) => pattern.test(target))) {
      return [`${source.path}: ${rule.place} must not import ${target}`];
    }
    if (!isProject(target) || rule.may.some((place) => target.startsWith(place))) return [];
    return [`${source.path}: ${rule.place} must not import ${target}`];
  });
}

/** One cycle of imports, type imports included, or null. */
function findCycle(all: readonly Source[]): string[] | null {
  const edges = new Map(all.map((source) => [source.path, source.imports.filter(isProject)]));
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const visit = (path: string): string[] | null => {
    if (state.get(path) === "done") return null;
    if (state.get(path) === "open") return [...trail.slice(trail.indexOf(path)), path];
    state.set(path, "open");
    trail.push(path);
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle !== null) return cycle;
    }
    trail.pop();
    state.set(path, "done");
    return null;
  };
  for (const source of all) {
    const cycle = visit(source.path);
    if (cycle !== null) return cycle;
  }
  return null;
}

describe("the house", () => {
  test("every file imports only from the places that its own place allows", () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.flatMap(importFaults)).toEqual([]);
  });

  test("every import of the project names a file that exists", () => {
    const known = new Set(sources.map((source) => source.path));
    const missing = sources.flatMap((source) =>
      source.imports
        .filter(
          (target) => isProject(target) && /\.(ts|tsx|js)$/.test(target) && !known.has(target),
        )
        .map((target) => `${source.path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test("no import cycles, type imports included", () => {
    expect(findCycle(sources)).toBeNull();
  });

  test("no file is over 400 lines", () => {
    expect(sources.filter((source) => source.lines > 400).map((source) => source.path)).toEqual([]);
  });

  test("core, MLS, cryptography and shared code ask no clock and no randomness of their own", () => {
    const pure = sources.filter((source) =>
      /^(shared|client\/(crypto|mls|core))\//.test(source.path),
    );
    const hidden = pure.filter((source) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|getRandomValues/.test(
        source.text,
      ),
    );
    expect(hidden.map((source) => source.path)).toEqual([]);
  });

  test("core, MLS, cryptography, charts and shared code touch no page", () => {
    const pure = sources.filter((source) =>
      /^(shared|client\/(crypto|mls|core|charts))\//.test(source.path),
    );
    const touching = pure.filter((source) =>
      /\b(document|window|localStorage)\./.test(source.text),
    );
    expect(touching.map((source) => source.path)).toEqual([]);
  });

  test("only client/crypto names libsodium", () => {
    const naming = sources.filter(
      (source) =>
        source.imports.some((target) => target.includes("libsodium")) &&
        !source.path.startsWith("client/crypto/") &&
        !source.path.startsWith("test/"),
    );
    expect(naming.map((source) => source.path)).toEqual([]);
  });

  test("the top level holds only the agreed files and folders", () => {
    const tops = new Set(projectFiles().map((path) => path.split("/")[0] as string));
    const agreed = ["package.json", "package-lock.json", "tsconfig.json", "README.md", "LICENSE"];
    const folders = ["server", "client", "shared", "test"];
    const strangers = [...tops].filter(
      (top) => !top.startsWith(".") && !agreed.includes(top) && !folders.includes(top),
    );
    expect(strangers).toEqual([]);
  });
});

describe("the checks themselves", () => {
  const planted = (path: string, ...imports: string[]): Source => ({
    path,
    text: "",
    lines: 1,
    imports,
  });

  test("a relay that imports the client is caught", () => {
    expect(importFaults(planted("server/app.ts", "client/mls/group.ts"))).toHaveLength(1);
  });

  test("an attack that imports the world or a socket is caught", () => {
    const attack = planted("client/lab/attacks/x.ts", "client/lab/world.ts", "node:net");
    expect(importFaults(attack)).toHaveLength(2);
  });

  test("a cycle of three files is caught", () => {
    const ring = [
      planted("shared/a.ts", "shared/b.ts"),
      planted("shared/b.ts", "shared/c.ts"),
      planted("shared/c.ts", "shared/a.ts"),
    ];
    expect(findCycle(ring)).toEqual(["shared/a.ts", "shared/b.ts", "shared/c.ts", "shared/a.ts"]);
  });
});
