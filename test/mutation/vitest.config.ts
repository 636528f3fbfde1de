import { defineConfig } from "vitest/config";

/** How Stryker runs the tests of one file: in its sandbox and quietly. `main.ts` names them. */
export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: process.env.MUTATION_TESTS?.split(",") ?? [],
    runner: new URL("./runner.ts", import.meta.url).pathname,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: [],
  },
});
