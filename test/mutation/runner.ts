import { TestRunner, test } from "vitest";

/**
 * A test file that cannot be loaded has a failing test. Without one Stryker sees a file without tests,
 * and takes a mutant that breaks the loading of its module for one that nothing notices.
 */
export default class LoadingRunner extends TestRunner {
  override async importFile(path: string, source: "collect" | "setup"): Promise<unknown> {
    try {
      return await super.importFile(path, source);
    } catch (error) {
      if (source === "setup") throw error;
      test("the file and what it imports load", () => {
        throw error;
      });
      return undefined;
    }
  }
}
