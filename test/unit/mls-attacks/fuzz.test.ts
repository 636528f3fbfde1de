import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import {
  checkCommit,
  decodeGroup,
  decodePastEpoch,
  encodeEpoch,
  encodePastEpoch,
  encodeRatchets,
  encodeSecretTree,
  joinGroup,
  peek,
  readKeyPackage,
  retire,
  unprotect,
} from "#client/mls/group.ts";
import { concat } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { type Cast, cast, groupOf, make, newPackage, rules, say } from "./cast.ts";

let all: Cast;
/** Every way into the library for bytes from outside, each with bytes that it accepts. */
let doors: { name: string; enter: (bytes: Uint8Array) => unknown; good: Uint8Array }[];

beforeAll(async () => {
  await ready();
  all = cast(["Heron", "Slate", "Finch"]);
  const slate = groupOf(all, "Slate");
  const past = retire(slate);
  const { keyPackage, secrets } = newPackage(all, "Wren");
  const { message, welcome } = make(all, "Heron", { add: [keyPackage] });
  const text = say(groupOf(all, "Heron"), ["text"], all.random).messages[0] as Uint8Array;
  const parts = {
    epoch: encodeEpoch(slate),
    secretTree: encodeSecretTree(slate),
    ratchets: encodeRatchets(slate),
  };
  const pastParts = { ...parts, epoch: encodePastEpoch(past), secretTree: encodeSecretTree(past) };
  const join = (bytes: Uint8Array) =>
    joinGroup({ suite: all.suite, rules, welcome: bytes, keyPackage, secrets });
  doors = [
    { name: "peek", enter: peek, good: text },
    { name: "unprotect", enter: (bytes) => unprotect(slate, bytes), good: text },
    { name: "unprotect, past", enter: (bytes) => unprotect(past, bytes), good: text },
    { name: "checkCommit", enter: (bytes) => checkCommit(slate, bytes), good: message },
    { name: "joinGroup", enter: join, good: welcome as Uint8Array },
    {
      name: "readKeyPackage",
      enter: (bytes) => readKeyPackage(all.suite, bytes, rules),
      good: keyPackage,
    },
    ...(["epoch", "secretTree", "ratchets"] as const).flatMap((part) => [
      {
        name: `decodeGroup, ${part}`,
        enter: (bytes: Uint8Array) => decodeGroup({ ...parts, [part]: bytes }, rules),
        good: parts[part],
      },
      {
        name: `decodePastEpoch, ${part}`,
        enter: (bytes: Uint8Array) => decodePastEpoch({ ...pastParts, [part]: bytes }),
        good: pastParts[part],
      },
    ]),
  ];
});

/** A door may accept or throw a Failure of somebody else's fault, nothing else. */
function mustStand(name: string, enter: () => unknown): void {
  try {
    enter();
  } catch (error) {
    if (error instanceof Failure && error.fault !== "us") return;
    throw new Error(`${name}: ${error}`, { cause: error });
  }
}

const seed = Number(process.env.FUZZ_SEED ?? 42);

test("the bytes that the fuzz starts from are accepted", () => {
  for (const { name, enter, good } of doors) expect(() => enter(good), name).not.toThrow();
});

test("arbitrary bytes never break a door", () => {
  fc.assert(
    fc.property(fc.nat(), fc.uint8Array({ maxLength: 300 }), (at, bytes) => {
      const door = doors[at % doors.length] as (typeof doors)[number];
      mustStand(door.name, () => door.enter(bytes));
    }),
    { numRuns: 4000, seed },
  );
});

test("good bytes with a few of them changed, cut out or put in never break a door", () => {
  const edit = fc.record({
    at: fc.nat(),
    cut: fc.nat({ max: 8 }),
    put: fc.uint8Array({ maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.nat(), fc.array(edit, { minLength: 1, maxLength: 4 }), (which, edits) => {
      const door = doors[which % doors.length] as (typeof doors)[number];
      let bytes = door.good;
      for (const { at, cut, put } of edits) {
        const from = at % (bytes.length + 1);
        bytes = concat(bytes.slice(0, from), put, bytes.slice(from + cut));
      }
      mustStand(door.name, () => door.enter(bytes));
    }),
    { numRuns: 4000, seed },
  );
});
