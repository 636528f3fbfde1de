import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    // Tests wait for nothing but the processor: two of them keep two cores busy.
    maxWorkers: 2,
    reporters: ["default", "./test/reporter.ts"],
  },
});
