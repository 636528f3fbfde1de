import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Output } from "./output.ts";

/**
 * The passphrase of a vault: from a file, else asked for, twice for a new vault. Never from a flag's or
 * a variable's value, which other programs can see. Failures: `usage`, `interrupted`.
 */
export async function readPassphrase(
  options: { readonly file: string | null; readonly fresh: boolean; readonly home: string },
  output: Output,
): Promise<string> {
  if (options.file !== null) return readPassphraseFile(options.file, output);
  if (!output.interactive) {
    throw new Failure(
      "usage",
      "no terminal to ask for the passphrase: name a file by --passphrase-file or BACKCHANNEL_PASSPHRASE_FILE",
    );
  }
  const { ask } = await import("./prompts.ts");
  if (!options.fresh) return ask("Passphrase of your vault");
  output.talk(
    `There is no vault in ${options.home} yet. Choose a passphrase: four or more unrelated words.\n` +
      "It cannot be recovered; without it the vault stays closed to you as to everybody else.",
  );
  const first = await ask("New passphrase");
  const second = await ask("The same once more");
  if (first !== second) throw new Failure("usage", "the two passphrases differ");
  return first;
}

function readPassphraseFile(file: string, output: Output): string {
  let text: string;
  try {
    const handle = openSync(file, "r");
    try {
      const { mode, size } = fstatSync(handle);
      if (size > limits.passphraseBytesMax + 2) {
        throw new Failure("usage", `${file}: too long for a passphrase`);
      }
      if ((mode & 0o077) !== 0 && process.platform !== "win32") {
        output.talk(`Warning: ${file} can be read by others on this machine; \`chmod 600\` it.`);
      }
      text = readFileSync(handle, "utf8");
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("usage", `${file}: the passphrase file cannot be read`);
  }
  // One line break at the end belongs to the editor, everything else to the passphrase.
  return text.replace(/\r?\n$/, "");
}
