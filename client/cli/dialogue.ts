import { Failure } from "#shared/failure.ts";
import { Advised } from "./advice.ts";
import type { Caller } from "./caller.ts";
import { performAll, type VaultPlace } from "./holder.ts";
import type { Line } from "./lines.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./paint.ts";
import type { Request } from "./request.ts";

/**
 * Has a request carried out, and asks for the words that another person reads aloud when it stops for
 * them: on a terminal at once, elsewhere by a Failure `pending` that names the next command. The person
 * is asked in this process also when another one holds the vault.
 */
export async function converse(
  place: VaultPlace,
  first: Request,
  output: Output,
  caller: Omit<Caller, "ask">,
): Promise<void> {
  const ask: NonNullable<Caller["ask"]> = async (label, over) => {
    const { askSpoken } = await import("./prompts.ts");
    const words = await askSpoken(label, AbortSignal.any([over, caller.signal]));
    output.talk(output.paint.faint(`Waiting for ${oneLine(label)} to have typed yours …`));
    return words;
  };
  await performAll(place, output, async (perform) => {
    let request = first;
    for (;;) {
      const seen: { last: Line | null } = { last: null };
      const emit = (line: Line): void => {
        seen.last = line;
        caller.emit(line);
      };
      const here = { emit, signal: caller.signal, ...(output.interactive ? { ask } : {}) };
      try {
        return await perform(request, here);
      } catch (error) {
        const { last } = seen;
        const isJoin = request.verb === "join" || request.verb === "resume";
        if (isJoin && error instanceof Failure && error.code === "refused") {
          throw new Advised(error, joinAdvice);
        }
        if (!(error instanceof Failure) || error.code !== "pending") throw error;
        if (last?.type === "pending") throw new Advised(error, adviceOf(last.next));
        if (last?.type !== "check") throw error;
        if (!output.interactive) throw new Advised(error, last.next);
        request = withWords(request, await ask(last.label, caller.signal));
      }
    }
  });
}

const joinAdvice =
  "ask your sponsor; if one person alone is to admit you, take a new code and join with --one-sponsor";

function adviceOf(next: string): string {
  return `another member types: ${next}`;
}

/** What goes on where the process that holds the vault has stopped for words. */
function withWords(request: Request, words: string[]): Request {
  if (request.verb === "approve") return { ...request, words };
  return { verb: "resume", words };
}
