import library from "libsodium-wrappers-sumo";
import { Failure } from "#shared/failure.ts";
import { knownAnswers } from "./known-answers.ts";
import { openSodium, type Sodium, type SodiumExports } from "./memory.ts";

let loaded: Sodium | null = null;
let loading: Promise<void> | null = null;

/**
 * Loads libsodium once; everything in this folder is synchronous afterwards. Checks that each function
 * used is present and gives its known answer. Failure `unavailable` names the one that does not.
 */
export function ready(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  await library.ready;
  // The package's types describe neither this member nor what the module lacks: hence unknown.
  loaded = checkSodium((library as unknown as { libsodium: unknown }).libsodium);
}

/** libsodium after ready(); only this folder calls it. Failure `unavailable` before. */
export function sodium(): Sodium {
  if (loaded === null) throw new Failure("unavailable", "libsodium: used before ready()");
  return loaded;
}

/** Turns a loaded module into Sodium after the checks of ready(). Failure `unavailable`, naming the symbol. */
export function checkSodium(module: unknown): Sodium {
  const exports = module as SodiumExports & Record<string, unknown>;
  for (const symbol of ["_malloc", "_free", ...knownAnswers.map((row) => row.symbol)]) {
    if (typeof exports?.[symbol] !== "function") {
      throw new Failure("unavailable", `libsodium: ${symbol} is missing`);
    }
  }
  if (!(exports.HEAPU8 instanceof Uint8Array)) {
    throw new Failure("unavailable", "libsodium: HEAPU8 is missing");
  }
  const opened = openSodium(exports);
  for (const { symbol, answer, ask } of knownAnswers) {
    if (!answers(opened, answer, ask)) {
      throw new Failure("unavailable", `libsodium: ${symbol} does not give its known answer`);
    }
  }
  return opened;
}

function answers(opened: Sodium, answer: string, ask: (sodium: Sodium) => string): boolean {
  try {
    return ask(opened) === answer;
  } catch {
    // A trap inside the module is a wrong answer like any other.
    return false;
  }
}
