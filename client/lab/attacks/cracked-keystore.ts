import { z } from "zod";
import { decodeSlotRecord, slotRecordBytes, unwrapSlotKey } from "#client/core/key-slot.ts";
import { passphraseBytes } from "#client/core/passphrase.ts";
import type { VaultImage } from "#client/core/vault.ts";
import { decodeVaultHeader, openVaultHeader, type VaultHeader } from "#client/core/vault-header.ts";
import { argon2id } from "#client/crypto/argon.ts";
import { ready } from "#client/crypto/sodium.ts";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { type ContextLine, type GuessSources, guesses } from "../algorithms/guessing.ts";
import type { Artefact, Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import type { Tell } from "./claim-table.ts";
import { fileOf, openDeviceWith, readVault } from "./device.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { readStored } from "./stolen-device.ts";

export const crackParams = z.strictObject({
  /** So many of the nearest lines of the context are written in other ways too. */
  near: z.number().int().min(0).max(2_000),
  /** So many of them are joined in pairs. */
  joined: z.number().int().min(0).max(200),
  /** Guesses at a vault on which each takes a mebibyte or more; the budget's trials are for lighter ones. */
  heavy: z.number().int().min(1).max(10_000),
});

const claimedVault = z.strictObject({
  device: z.string(),
  actor: z.string(),
  passes: z.number().int(),
  memoryBytes: z.number().int(),
  tried: z.number().int(),
  opened: z
    .strictObject({
      passphrase: z.string(),
      rank: z.number().int(),
      stage: z.enum(["printed", "list", "rules", "words"]),
    })
    .nullable(),
});

export const crackClaims = z.strictObject({
  printed: z.number().int(),
  lines: z.number().int(),
  vaults: z.array(claimedVault),
});

export type ClaimedVault = z.infer<typeof claimedVault>;

const heavyBytes = 1 << 20;

/**
 * The printed passphrase (LEAKLAB 3.6 and 5, scenario 06): guesses at every copied vault, one after the other in a
 * declared order, each through the vault's own key derivation; opens those that give way and reads what they hold.
 */
export async function crackedKeystore(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const { heavy, ...rules } = crackParams.parse(budget.params);
  const sources = { ...rules, ...(await readSources(evidence)) };
  const findings = emptyFindings("cracked-keystore");
  findings.notes.push(...absentKinds(evidence, ["device-state", "words", "publication"]));
  const devices = evidence.artefacts("device-state");
  const vaults: ClaimedVault[] = [];
  for (const [index, artefact] of devices.entries()) {
    const path = fileOf(artefact, "vault.sqlite");
    const image = path === null ? null : await readVault(evidence, artefact, path);
    if (image === null) {
      findings.notes.push(`${artefact.id}: there is no vault in this copy.`);
      continue;
    }
    const header = decodeVaultHeader(image.header);
    const most = header.cost.memoryBytes < heavyBytes ? budget.trials : heavy;
    const cracked = crack(header, sources, most, (done) =>
      progress(`guesses at vault ${index + 1} of ${devices.length}`, done, most),
    );
    vaults.push(vaultClaim(artefact, header, cracked));
    if (cracked.found !== null) {
      const { wrappingKey } = cracked.found;
      await readOpened(findings, { evidence, artefact, image, wrappingKey });
    }
  }
  findings.claims = crackClaims.parse({
    ...{ printed: sources.printed.length, lines: sources.context.length, vaults },
  });
  findings.counts.vaults = vaults.length;
  findings.counts.guesses = vaults.reduce((sum, { tried }) => sum + tried, 0);
  return findings;
}

interface Cracked {
  readonly tried: number;
  readonly found: {
    readonly passphrase: string;
    readonly stage: "printed" | "list" | "rules" | "words";
    readonly wrappingKey: Uint8Array;
  } | null;
}

/** Tries guesses in their order, as the product would try what is typed, until one opens the header. */
function crack(
  header: VaultHeader,
  sources: GuessSources,
  most: number,
  onProgress: (done: number) => void,
): Cracked {
  const { cost, salt } = header;
  let tried = 0;
  for (const { text, stage } of guesses(sources)) {
    if (tried >= most) break;
    tried += 1;
    if (tried % 500 === 0) onProgress(tried);
    const key = argon2id({
      ...{ passphrase: passphraseBytes(text), salt },
      ...{ opsLimit: cost.passes, memBytes: cost.memoryBytes },
    });
    const wrappingKey = openVaultHeader(header, key);
    if (wrappingKey !== null) return { tried, found: { passphrase: text, stage, wrappingKey } };
  }
  return { tried, found: null };
}

function vaultClaim(
  { id, actor }: Artefact,
  { cost }: VaultHeader,
  { tried, found }: Cracked,
): ClaimedVault {
  const opened =
    found === null ? null : { passphrase: found.passphrase, rank: tried, stage: found.stage };
  return { device: id, actor: actor ?? "nobody", ...cost, tried, opened };
}

/** From the passphrase's key to the key slot's, and with that to every record of the copy. */
async function readOpened(
  findings: Findings,
  opened: {
    readonly evidence: Evidence;
    readonly artefact: Artefact;
    readonly image: VaultImage;
    readonly wrappingKey: Uint8Array;
  },
): Promise<void> {
  const { evidence, artefact, image, wrappingKey } = opened;
  const path = fileOf(artefact, "keyslot");
  const slot = path === null ? new Uint8Array(0) : await evidence.read(path);
  const { vaultId } = decodeVaultHeader(image.header);
  for (let at = 0; at + slotRecordBytes <= slot.length; at += slotRecordBytes) {
    const record = decodeSlotRecord(slot.subarray(at, at + slotRecordBytes));
    if (record === null || record.generation !== image.generation) continue;
    const slotKey = unwrapSlotKey(record, vaultId, wrappingKey);
    const device = slotKey === null ? null : await openDeviceWith(evidence, artefact, slotKey);
    if (device === null) continue;
    for (const channel of device.channels) readStored(findings, channel, artefact.id);
    return;
  }
  findings.notes.push(`${artefact.id}: the passphrase is right, and the key slot was not copied.`);
}

async function readSources(evidence: Evidence): Promise<Pick<GuessSources, "printed" | "context">> {
  const texts = async (artefacts: readonly Artefact[]) => {
    const files = artefacts.flatMap((artefact) => artefact.files);
    return Promise.all(
      files.map(async ({ path }) => ({ path, text: textOf(await evidence.read(path)) ?? "" })),
    );
  };
  const printed = await texts(evidence.artefacts("publication"));
  const context = await texts(evidence.artefacts("words"));
  return {
    printed: printed.flatMap(({ text }) => quotations(text)),
    context: context.flatMap(({ path, text }) => contextOf(path, text)),
  };
}

/** What stands between quotation marks, first as it stands and then without the sentence's own stop. */
export function quotations(text: string): string[] {
  const quoted = [...text.matchAll(/“([^”]{1,200})”|«([^»]{1,200})»|"([^"]{1,200})"/g)].map(
    ([, high, angled, plain]) => (high ?? angled ?? plain ?? "").trim(),
  );
  return [...new Set(quoted.flatMap((phrase) => [phrase, phrase.replace(/[.,!?;:]+$/, "")]))];
}

const contextLine = z.strictObject({
  text: z.string().min(1).max(200),
  years: z.array(z.number().int().min(0).max(9_999)).max(20),
});

/** One JSON object a line. Failure `malformed`, with file and line. */
function contextOf(path: string, text: string): ContextLine[] {
  const rows = text.split("\n");
  return rows.flatMap((row, index) => {
    if (row === "") return [];
    try {
      return [contextLine.parse(JSON.parse(row))];
    } catch {
      throw new Failure("malformed", `${path}:${index + 1}: not a line of a context list`);
    }
  });
}

/** Copy by copy, how many guesses it took and what gave way. */
export const tellCrack: Tell = ({ claims }) => [
  {
    title: "Each copied vault. A rank is the number of the guess that opened it",
    head: ["copy", "passes", "KiB a guess", "guesses made", "rank", "passphrase", "came from"],
    rows: crackClaims
      .parse(claims)
      .vaults.map(({ device, passes, memoryBytes, tried, opened }) => [
        ...[device, passes, memoryBytes / 1_024, tried],
        ...[opened?.rank ?? null, opened?.passphrase ?? null],
        opened === null ? null : stageWords[opened.stage],
      ]),
  },
];

const stageWords = {
  printed: "what was printed",
  list: "the list as it stands",
  rules: "the list, written otherwise",
  words: "words by lot",
} as const;
