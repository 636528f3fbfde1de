import { createInterface } from "node:readline/promises";
import { confirm, isCancel, password } from "@clack/prompts";
import { words } from "#client/core/words.ts";
import { Failure } from "#shared/failure.ts";

/** Asks for a secret without showing it. Failure `interrupted`. */
export async function ask(message: string): Promise<string> {
  const answer = await password({ message, output: process.stderr });
  if (isCancel(answer)) throw new Failure("interrupted", "by you");
  return answer ?? "";
}

/** Asks for a yes before something that cannot be undone. */
export async function sure(message: string): Promise<boolean> {
  const answer = await confirm({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}

/** Asks for a code, completing words from their first three letters by Tab. Failure `interrupted`. */
export async function askCode(): Promise<string> {
  const reader = createInterface({
    input: process.stdin,
    output: process.stderr,
    completer: completeCode,
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once("SIGINT", () => reject(new Failure("interrupted", "by you")));
      reader.once("close", () => reject(new Failure("interrupted", "no code was typed")));
      reader.question("Code from your sponsor (Tab completes a word): ").then(resolve, reject);
    });
  } finally {
    reader.close();
  }
}

/** Readline's completer for `482913-cra`: the endings of the word being typed. */
export function completeCode(line: string): [string[], string] {
  const parts = line
    .trimStart()
    .toLowerCase()
    .split(/[-\s]+/);
  const typed = parts.pop() ?? "";
  if (parts.length === 0 || typed === "") return [[], line];
  const before = line.slice(0, line.length - typed.length);
  const last = parts.length === 3;
  const endings = words.filter((word) => word.startsWith(typed));
  return [endings.map((word) => `${before}${word}${last ? "" : "-"}`), line];
}
