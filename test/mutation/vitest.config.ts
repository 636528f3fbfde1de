import { defineConfig } from "vitest/config";

/** How Stryker runs the tests: in its sandbox, quietly, one worker. `main.ts` names the files. */
export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: process.env.MUTATION_TESTS?.split(",") ?? [],
    testTimeout: 60_000,
    reporters: [],
  },
});
