import { createHash, pbkdf2Sync } from "node:crypto";
import { words as productWords } from "#client/core/words.ts";
import { argon2id } from "#client/crypto/argon.ts";
import { ready } from "#client/crypto/sodium.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  argonRateMax,
  bcryptRate,
  guessDollars,
  hashcat4090,
  pbkdf2Rate,
  phraseBits,
  rtx4090,
} from "../algorithms/crack-cost.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  words: { value: 0, words: "words of the phrase; 0 for 3, 4 and 5 in turn", source: "LEAKLAB" },
  list: { value: 7_776, words: "words of the list they are drawn from", source: "LEAKLAB" },
  share: { value: 0.5, words: "share of all phrases that is tried", source: "LEAKLAB" },
  memory: { value: 65_536, words: "KiB of memory of Argon2id", source: "LEAKLAB" },
  passes: { value: 2, words: "passes of Argon2id, t", source: "LEAKLAB" },
  bandwidth: { value: 1_008, words: "GB/s between chip and memory (RTX 4090)", source: "LEAKLAB" },
  price: { value: 0.35, words: "dollars for an hour of one GPU", source: "LEAKLAB" },
  bcrypt: { value: 12, words: "cost of bcrypt, 5 to 31", source: "LEAKLAB" },
  iterations: { value: 600_000, words: "iterations of PBKDF2-HMAC-SHA256", source: "LEAKLAB" },
  bcrypt5: {
    value: hashcat4090.bcrypt5,
    words: "bcrypt guesses a second at cost 5 (hashcat 6.2.6, RTX 4090)",
    source: "LEAKLAB",
  },
  pbkdf2: {
    value: hashcat4090.pbkdf2At999,
    words: "PBKDF2 guesses a second at 999 iterations (the same)",
    source: "LEAKLAB",
  },
  sha256: {
    value: hashcat4090.sha256,
    words: "SHA-256 guesses a second (the same)",
    source: "LEAKLAB",
  },
  calibrate: {
    value: 1,
    words: "1 to measure rates on this machine too, 0 not to",
    source: "ours",
  },
} as const;

/** Whether a value rounds to a figure as it was printed. Zeros at a figure's end count as no digits. */
export function rounds(value: number, printed: string): boolean {
  const wanted = Number(printed.replaceAll(",", ""));
  const digits = wanted.toExponential().replace(/e.*$/, "").replace(".", "").length;
  const unit = 10 ** (Math.floor(Math.log10(wanted)) - digits + 1);
  return Math.abs(value - wanted) <= (unit / 2) * (1 + 1e-12);
}

function row(setting: string, value: number, unit: string, printed: string | null): ReferenceRow {
  const shown = value >= 1e5 || value < 0.01 ? value.toExponential(3) : value.toPrecision(5);
  return {
    setting,
    published:
      printed === null ? "" : `${unit === "$" ? "$" : ""}${printed}${unit === "$" ? "" : unit}`,
    ours: unit === "$" ? `$${shown}` : `${shown}${unit}`,
    interval: "",
    agrees: printed === null ? null : rounds(value, printed),
  };
}

interface Kdf {
  readonly name: string;
  readonly rate: number;
}

/** The five of LEAKLAB's table, with what a change of parameters makes of them. */
function kdfsOf(settled: Settled): readonly Kdf[] {
  const bandwidth = settled.number("bandwidth") * 1e9;
  const argon = (kib: number, passes: number): Kdf => ({
    name: `Argon2id ${mebibytes(kib)} t${passes}`,
    rate: argonRateMax({ passes, memoryBytes: kib * 1_024 }, bandwidth),
  });
  const own = settled.changed.has("memory") || settled.changed.has("passes");
  const iterations = settled.number("iterations");
  return [
    { name: `PBKDF2 ${iterations}`, rate: pbkdf2Rate(settled.number("pbkdf2"), iterations) },
    {
      name: `bcrypt ${settled.number("bcrypt")}`,
      rate: bcryptRate(settled.number("bcrypt5"), settled.number("bcrypt")),
    },
    argon(settled.number("memory"), settled.number("passes")),
    ...(own ? [] : [argon(262_144, 3)]),
    { name: "SHA-256", rate: settled.number("sha256") },
  ];
}

function mebibytes(kib: number): string {
  return kib % 1_024 === 0 ? `${kib / 1_024} MiB` : `${kib} KiB`;
}

/** LEAKLAB's table by words: bits, then dollars in the order of `kdfsOf`. */
const table: ReadonlyMap<number, readonly string[]> = new Map([
  [3, ["38.8", "1.5e3", "1.6e4", "7.6e3", "4.9e4", "0.001"]],
  [4, ["51.7", "1.2e7", "1.2e8", "5.9e7", "3.8e8", "8"]],
  [5, ["64.6", "9.4e10", "9.6e11", "4.6e11", "2.9e12", "6e4"]],
]);

function costRows(settled: Settled, count: number, isPublished: boolean): ReferenceRow[] {
  const [list, price] = [settled.number("list"), settled.number("price")];
  const printed = isPublished ? table.get(count) : undefined;
  const name = `${count} words of ${list}`;
  const tried = settled.number("share") * list ** count;
  return [
    row(`${name}`, phraseBits(count, list), " bits", printed?.[0] ?? null),
    ...kdfsOf(settled).map((kdf, at) =>
      row(
        `${name}, ${kdf.name}`,
        guessDollars(tried, kdf.rate, price),
        "$",
        printed?.[at + 1] ?? null,
      ),
    ),
  ];
}

const owaspBandwidth = 960e9;
/** OWASP's least parameters, each as good as the other: KiB and passes. */
const owasp = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [7_168, 5],
] as const;

function boundRows(settled: Settled): ReferenceRow[] {
  const bandwidth = settled.number("bandwidth") * 1e9;
  const bound = (kib: number, passes: number, at = bandwidth) =>
    argonRateMax({ passes, memoryBytes: kib * 1_024 }, at);
  const rates = kdfsOf(settled);
  const derived = [
    row("PBKDF2 600,000, from 999", rates[0]?.rate ?? 0, "/s", "14,760"),
    row("bcrypt cost 12, from 5", rates[1]?.rate ?? 0, "/s", "1,437"),
    row("Argon2id 64 MiB t2, at most", bound(65_536, 2), "/s", "3,004"),
    row("Argon2id 256 MiB t3, at most", bound(262_144, 3), "/s", "469"),
    row("Argon2id 1 GiB t4, at most", bound(1 << 20, 4), "/s", "85"),
  ];
  const least = owasp.map(([kib, passes]): ReferenceRow => {
    const rate = bound(kib, passes, owaspBandwidth);
    return {
      ...row(`OWASP ${mebibytes(kib)} t${passes} at 960 GB/s, at most`, rate, "/s", null),
      published: "< 10,000/s",
      agrees: rate < 10_000,
    };
  });
  return [...derived, ...least];
}

/** What this product's own words and key derivation come to; nothing of it was published. */
function productRows(settled: Settled): ReferenceRow[] {
  const [memory, passes] = [limits.argonBytesDefault, limits.argonPassesDefault];
  const rate = argonRateMax({ passes, memoryBytes: memory }, settled.number("bandwidth") * 1e9);
  const list = productWords.length;
  const kdf = `${memory >> 20} MiB t${passes}`;
  return [
    row(`the product's Argon2id ${kdf}, at most`, rate, "/s", null),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((count): ReferenceRow => {
      const dollars = guessDollars(
        settled.number("share") * list ** count,
        rate,
        settled.number("price"),
      );
      const bits = phraseBits(count, list).toFixed(2);
      return row(
        `${count} of the product's ${list} words (${bits} bits), ${kdf}`,
        dollars,
        "$",
        null,
      );
    }),
  ];
}

interface Unit {
  readonly name: string;
  /** As LEAKLAB printed its two runs. */
  readonly printed: string;
  /** So many make a measurement of a good part of a second on a slow machine. */
  readonly count: number;
  guess(): void;
}

function unitsHere(): readonly Unit[] {
  const passphrase = new Uint8Array(20).fill(97);
  const salt = new Uint8Array(16);
  const argon = (name: string, kib: number, passes: number, printed: string, count: number) => ({
    ...{ name, printed, count },
    guess: () => void argon2id({ passphrase, salt, opsLimit: passes, memBytes: kib * 1_024 }),
  });
  return [
    argon("Argon2id 8 KiB t1, the lab's demo", 8, 1, "", 500),
    argon("Argon2id 8 MiB t1", 8_192, 1, "24 and 53/s", 10),
    argon("Argon2id 64 MiB t2", 65_536, 2, "2.2 and 3.4/s", 2),
    argon("Argon2id 64 MiB t3, the product's", 65_536, 3, "", 2),
    argon("Argon2id 256 MiB t3", 262_144, 3, "0.12 and 0.51/s", 1),
    {
      ...{ name: "PBKDF2-HMAC-SHA256 600,000", printed: "0.8 and 2.6/s", count: 1 },
      guess: () => void pbkdf2Sync(passphrase, salt, 600_000, 32, "sha256"),
    },
    {
      ...{ name: "SHA-256", printed: "46k and 139k/s", count: 20_000 },
      guess: () => void createHash("sha256").update(passphrase).digest(),
    },
  ];
}

async function measuredHere(run: ReferenceRun): Promise<ReferenceRow[]> {
  await ready();
  const units = unitsHere();
  return units.map(({ name, printed, count, guess }, at): ReferenceRow => {
    run.progress(`measuring ${name}`, at, units.length);
    const of = run.trials ?? count;
    const begun = performance.now();
    for (let done = 0; done < of; done++) guess();
    const rate = (1_000 * of) / (performance.now() - begun);
    return { ...row(`EXECUTED on one core here: ${name}`, rate, "/s", null), published: printed };
  });
}

function check(settled: Settled): void {
  const number = (name: string) => settled.number(name);
  const within = (name: string, least: number, most: number, whole = false) => {
    const value = number(name);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    throw new Failure(
      "usage",
      `guessing: ${name} is ${whole ? "whole and " : ""}${least} to ${most}`,
    );
  };
  within("words", 0, 30, true);
  within("list", 2, 1e6, true);
  within("share", 1e-9, 1);
  within("memory", 8, 1 << 26, true);
  within("passes", 1, 1_000, true);
  within("bandwidth", 1e-3, 1e6);
  within("price", 0, 1e6);
  within("bcrypt", 5, 31, true);
  within("iterations", 1, 1e10, true);
  for (const name of ["bcrypt5", "pbkdf2", "sha256"]) within(name, 1, 1e18);
  within("calibrate", 0, 1, true);
}

async function measured(
  settled: Settled,
  run: ReferenceRun,
  isPublished: boolean,
): Promise<ReferenceRow[]> {
  check(settled);
  const count = settled.number("words");
  const counts = count === 0 ? [3, 4, 5] : [count];
  return [
    ...(isPublished ? boundRows(settled) : rateRows(settled)),
    ...counts.flatMap((each) => costRows(settled, each, isPublished)),
    ...productRows(settled),
    ...(settled.number("calibrate") === 1 ? await measuredHere(run) : []),
  ];
}

function rateRows(settled: Settled): ReferenceRow[] {
  return kdfsOf(settled).map(({ name, rate }) => row(name, rate, "/s", null));
}

/** What guesses cost, by the list and the key derivation (LEAKLAB 3.6). All but the local rates are EXTRAPOLATED. */
export const guessing: Reference = {
  name: "guessing",
  source: `hashcat 6.2.6 on ${rtx4090.name} (secondary copies of the Chick3nman figures), tobtu.com's bound of Argon2id; LEAKLAB 3.6`,
  parameters,
  rows: (run) => measured(settle("guessing", parameters, []), run, true),
  measure: (settled, run) => {
    // Whoever only leaves out the local rates still asks for the published table.
    const changed = [...settled.changed].filter((name) => name !== "calibrate");
    return measured(settled, run, changed.length === 0);
  },
  differs:
    "LEAKLAB's table counts words of a list of 7,776 (12.92 bits each); the product's list is the EFF's short list 2.0 of 1,296 (10.34 bits), and has rows of its own. Rates of GPUs are other people's, the price is LEAKLAB's, and the bound by bandwidth is no rate that anybody reached: dollars are EXTRAPOLATED. The bound does not hold where a guess's memory fits into the chip's cache. Rates on this machine are EXECUTED, and are not compared.",
};
