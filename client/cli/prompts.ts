import { createInterface } from "node:readline/promises";
import { confirm, isCancel, password } from "@clack/prompts";
import { words } from "#client/core/words.ts";
import { Failure } from "#shared/failure.ts";
import { oneLine } from "./paint.ts";
import { completeSpoken, parseSpoken } from "./spoken.ts";

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
  const question = "Code from your sponsor (Tab completes a word): ";
  return await askLine(question, { completer: completeCode, accept: (typed) => typed });
}

/** Asks for the three words that somebody reads aloud, until they are words of the list. Failure `interrupted`. */
export async function askSpoken(label: string, signal: AbortSignal): Promise<string[]> {
  const question = `What ${oneLine(label)} reads to you (Tab completes a word): `;
  return await askLine(question, { completer: completeSpoken, accept: parseSpoken, signal });
}

/** One line from the terminal that `accept` takes; what it refuses as `code-typo` is asked for again. */
async function askLine<Answer>(
  question: string,
  {
    completer,
    accept,
    signal,
  }: {
    readonly completer: (line: string) => [string[], string];
    readonly accept: (typed: string) => Answer;
    readonly signal?: AbortSignal;
  },
): Promise<Answer> {
  const reader = createInterface({ input: process.stdin, output: process.stderr, completer });
  // The question stays on the screen; what follows begins below it.
  const takeBack = (): void => {
    process.stderr.write("\n");
    reader.close();
  };
  const stopped = new Promise<never>((_, reject) => {
    reader.once("SIGINT", () => reject(new Failure("interrupted", "by you")));
    reader.once("close", () => reject(new Failure("interrupted", "nothing was typed")));
  });
  stopped.catch(() => {});
  signal?.addEventListener("abort", takeBack, { once: true });
  if (signal?.aborted === true) takeBack();
  try {
    for (;;) {
      const typed = await Promise.race([reader.question(question), stopped]);
      try {
        return accept(typed);
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== "code-typo") throw error;
        process.stderr.write(`  ${error.message}; nothing was sent, type them again\n`);
      }
    }
  } finally {
    signal?.removeEventListener("abort", takeBack);
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
