import type { Command } from "commander";
import type { Output } from "./output.ts";

type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** Adds `letter key`, `letter seal` and `letter open`: letters that an envoy carries and cannot read. */
export function addLetterVerbs(letter: Command, act: Act): void {
  const verb = (name: string, description: string): Command =>
    letter
      .command(name)
      .description(description)
      .option("--json", "one JSON object a line on stdout")
      .exitOverride();

  verb("key", "make a reader's key pair: FILE stays secret, FILE.pub is for writers")
    .argument("<file>", "a new file")
    .action((file: string, options) =>
      act(options, async (output) => (await import("./letter.ts")).makeKey(file, output)),
    );

  verb("seal", "seal a text from stdin for readers")
    .argument("<file>", "the letter, a new file")
    .requiredOption("--to <key...>", "public key files of the readers")
    .action((file: string, options) =>
      act(options, async (output) => (await import("./letter.ts")).seal(file, options.to, output)),
    );

  verb("open", "read a letter, and show the digest to compare with its other readers")
    .argument("<file>", "the letter")
    .requiredOption("--key <file>", "your secret key file")
    .action((file: string, options) =>
      act(options, async (output) => (await import("./letter.ts")).open(file, options.key, output)),
    );
}
