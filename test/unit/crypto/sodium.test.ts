import { beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "#client/crypto/hash.ts";
import { knownAnswers } from "#client/crypto/known-answers.ts";
import { checkSodium, ready, sodium } from "#client/crypto/sodium.ts";
import { Failure } from "#shared/failure.ts";

type Module = Record<string, unknown>;

/** The loaded module with one member replaced. */
function doctored(symbol: string, member: unknown): Module {
  // HEAPU8 is looked up each time: the module replaces it when its memory grows.
  const real = sodium().raw as unknown as Module;
  return new Proxy(real, {
    get: (module, name) => (name === symbol ? member : module[name as string]),
  });
}

function refusal(module: unknown): Failure | null {
  try {
    checkSodium(module);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

test("a primitive used before the start-up check says so", () => {
  expect(() => sha256(new Uint8Array(0))).toThrow("used before ready()");
});

describe("the start-up check", () => {
  beforeAll(ready);
  const symbols = knownAnswers.map((row) => row.symbol);

  test("passes on the real module", () => {
    expect(refusal(sodium().raw)).toBeNull();
  });

  test("has one row for every symbol, and one for all that are declared", async () => {
    expect(new Set(symbols).size).toBe(symbols.length);
    const declared = (await import("node:fs"))
      .readFileSync(new URL("../../../client/crypto/memory.ts", import.meta.url), "utf8")
      .matchAll(/^ {2}(_crypto_\w+)/gm);
    expect([...declared].map(([, name]) => name).sort()).toEqual([...symbols].sort());
  });

  test.each([...symbols, "_malloc", "_free"])("names %s when it is missing", (symbol) => {
    const failure = refusal(doctored(symbol, undefined));
    expect(failure?.code).toBe("unavailable");
    expect(failure?.message).toBe(`libsodium: ${symbol} is missing`);
  });

  test.each(symbols)("names %s when it does nothing and claims success", (symbol) => {
    const failure = refusal(doctored(symbol, () => 0));
    expect(failure?.code).toBe("unavailable");
    expect(failure?.message).toBe(`libsodium: ${symbol} does not give its known answer`);
  });

  test.each(symbols)("names %s when it answers rightly but never refuses", (symbol) => {
    const call = (sodium().raw as unknown as Record<string, (...given: number[]) => number>)[
      symbol
    ];
    const agreeable = (...given: number[]) => {
      call?.(...given);
      return 0;
    };
    const mayRefuse = /decrypt|verify|scalarmult_(curve25519|ristretto255)$/.test(symbol);
    expect(refusal(doctored(symbol, agreeable))?.message ?? null).toBe(
      mayRefuse ? `libsodium: ${symbol} does not give its known answer` : null,
    );
  });

  test.each(symbols)("names %s when it traps", (symbol) => {
    const failure = refusal(
      doctored(symbol, () => {
        throw new Error("unreachable");
      }),
    );
    expect(failure?.message).toBe(`libsodium: ${symbol} does not give its known answer`);
  });

  test.each([null, undefined, {}, "libsodium"])("refuses %o in place of a module", (module) => {
    expect(refusal(module)?.code).toBe("unavailable");
  });
});
