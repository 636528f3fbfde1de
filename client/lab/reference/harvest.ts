import { randomBytes } from "node:crypto";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import { mlsSizes } from "../algorithms/mls-sizes.ts";
import { isTooLate } from "../algorithms/mosca.ts";
import type { Reference, ReferenceRow, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  members: {
    value: 0,
    words: "members of the group; 0 for 2, 5 and 10 in turn",
    source: "LEAKLAB",
  },
  text: { value: 128, words: "bytes of the application message", source: "ours" },
  secrecy: { value: 20, words: "years for which a text must stay secret", source: "ours" },
  migration: { value: 3, words: "years until the suite is replaced everywhere", source: "ours" },
  computer: { value: 15, words: "years until a quantum computer that matters", source: "ours" },
} as const;

interface Published {
  readonly update: readonly [number, number];
  readonly keyPackage?: readonly [number, number];
}

const table: ReadonlyMap<number, Published> = new Map([
  [2, { update: [518, 4_072], keyPackage: [320, 2_692] }],
  [5, { update: [836, 10_128] }],
  [10, { update: [1_273, 17_370] }],
]);

/**
 * What grows is keys (by 1,184 octets) and encapsulations (by 1,088), some more or fewer of them: growths that
 * lie closer than half an encapsulation have the same number of each, whatever their framing is.
 */
const halfOfOne = (1_120 - 32) / 2;

const restNote =
  "agrees means: as many keys and encapsulations grow. The few octets that are left are not explained: the names' lengths do not change the growth, and LEAKLAB does not print its run's framing and hash";

const welcomeNote = "LEAKLAB does not say for how many members its Welcome is: 1,273 → 11,776 B";

function row(
  setting: string,
  ours: readonly [number, number],
  published: readonly [number, number] | undefined,
  note?: string,
): ReferenceRow {
  const grown = ours[1] - ours[0];
  const rowNote = published === undefined ? note : restNote;
  const expected = published === undefined ? null : published[1] - published[0];
  return {
    setting,
    published: published === undefined ? "" : `${published[0]} → ${published[1]} B`,
    ours: `${ours[0]} → ${ours[1]} B`,
    interval:
      expected === null
        ? `grows by ${grown}`
        : `grows by ${grown}; published by ${expected}, ${Math.abs(grown - expected)} octets apart`,
    agrees: expected === null ? null : Math.abs(grown - expected) < halfOfOne,
    ...(rowNote === undefined ? {} : { note: rowNote }),
  };
}

function rowsFor(members: number, textBytes: number, isPublished: boolean): ReferenceRow[] {
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const classic = mlsSizes(classicSuite, { members, textBytes, random });
  const xwing = mlsSizes(xwingSuite, { members, textBytes, random });
  const published = isPublished ? table.get(members) : undefined;
  const both = (what: "keyPackage" | "update" | "welcome" | "message") =>
    [classic[what], xwing[what]] as const;
  return [
    row(`${members} members: update commit`, both("update"), published?.update),
    row(
      `${members} members: Welcome`,
      both("welcome"),
      undefined,
      isPublished ? welcomeNote : undefined,
    ),
    row(`${members} members: KeyPackage`, both("keyPackage"), published?.keyPackage),
    {
      setting: `${members} members: application message`,
      published: isPublished ? "unchanged" : "",
      ours: `${classic.message} → ${xwing.message} B`,
      interval: "",
      agrees: isPublished ? classic.message === xwing.message : null,
    },
  ];
}

async function measured(settled: Settled, isPublished: boolean): Promise<ReferenceRow[]> {
  await ready();
  const members = settled.number("members");
  const text = settled.number("text");
  const isWhole = Number.isInteger(members) && Number.isInteger(text);
  if (!isWhole || members < 0 || members === 1 || members > 64 || text < 0 || text > 100_000) {
    throw new Failure("usage", "harvest: members 2 to 64 (or 0), text 0 to 100000 bytes");
  }
  const sizes = members === 0 ? [2, 5, 10] : [members];
  const years = {
    secrecy: settled.number("secrecy"),
    migration: settled.number("migration"),
    computer: settled.number("computer"),
  };
  if (Object.values(years).some((each) => each < 0)) {
    throw new Failure("usage", "harvest: secrecy, migration and computer are years from 0 on");
  }
  return [
    ...sizes.flatMap((count) => rowsFor(count, text, isPublished)),
    {
      setting: `Mosca: ${years.secrecy} + ${years.migration} years against ${years.computer}`,
      published: "",
      ours: isTooLate(years) ? "late" : "in time",
      interval: "",
      agrees: null,
      note: "the years are assumptions, not measurements",
    },
  ];
}

/** What X-Wing costs in our MLS, and for whom it comes too late (LEAKLAB 3.12). */
export const harvest: Reference = {
  name: "harvest",
  source:
    "RFC 9420, draft-connolly-cfrg-xwing-kem-10; Mosca, IEEE Security & Privacy 2018; LEAKLAB 3.12",
  parameters,
  rows: () => measured(settle("harvest", parameters, []), true),
  measure: (settled) => measured(settled, settled.changed.size === 0),
  differs:
    "sizes are of our own MLS messages, before frames round them up to a power of two. LEAKLAB's come from a run of ts-mls whose names and framing it does not print, so what is compared is the growth from suite to suite. Mosca's inequality takes its years as they are given.",
};
