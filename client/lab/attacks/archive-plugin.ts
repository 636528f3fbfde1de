import { z } from "zod";
import { openBase } from "#client/crypto/hpke.ts";
import { openCommitted, sealNonceBytes } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { textOf, unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { bestOf } from "../algorithms/sharing.ts";
import type { Evidence } from "../evidence.ts";
import { copyBody, serviceRequest } from "./archive-format.ts";
import { archiveLabel } from "./archive-label.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, tellTexts } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings, type RecoveredText } from "./findings.ts";
import { attempt } from "./open-text.ts";

export const archiveClaims = z.strictObject({
  /** In whose accounts copies lay. */
  accounts: z.array(z.string()),
  /** Everybody who was in an archived group, as the account's list says. */
  members: z.array(z.string()),
  /** What opened the archive. */
  openedBy: z.enum(["nothing", "no key needed", "key in the heap", "shares"]),
  tokens: z.number().int(),
});

/** One sealed copy, as the database has it. */
interface Box {
  readonly id: string;
  readonly sealed: string;
  readonly body: Uint8Array;
}

const none = new Uint8Array(0);

/**
 * The archive plug-in (LEAKLAB 5, scenario 02): reads a dump of an archive service's heap for requests,
 * tokens and keys, joins the shares of a key that were found, and opens with both what its database keeps.
 */
export async function archivePlugin(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("archive-plugin");
  findings.notes.push(...absentKinds(evidence, ["archive", "heap"]));
  const strings = await heapStrings(evidence);
  progress("strings of the heap", strings.length, strings.length);
  const heap = strings.flatMap(readRequest);
  const { accounts, members, boxes, shares } = await readArchive(evidence);
  for (const { account, members: inside, body } of heap) {
    accounts.add(account);
    for (const label of inside) members.add(label);
    if (typeof body !== "string") findings.read.push(textFrom(body, "plain", "heap"));
  }
  const clear = boxes.filter(({ sealed }) => sealed === "no");
  for (const { body } of clear) addBody(findings, body, "stored");
  const fromShares = await bestOf(shares);
  const inHeap = strings.flatMap(keysIn);
  const keys = [...(fromShares === null ? [] : [fromShares]), ...inHeap];
  const closed = boxes.filter(({ sealed }) => sealed !== "no");
  const opener = findKey(closed, keys, budget.trials, findings);
  for (const [index, box] of closed.entries()) {
    const bytes = opener === null ? null : openBox(box, opener);
    if (bytes !== null) addBody(findings, bytes, "key");
    if (index % 20 === 0) progress("copies", index, closed.length);
  }
  const openedBy =
    opener === null
      ? clear.length > 0
        ? "no key needed"
        : "nothing"
      : opener === fromShares
        ? "shares"
        : "key in the heap";
  const tokens = new Set(heap.map(({ token }) => token)).size;
  findings.labels = [...members].sort();
  findings.claims = archiveClaims.parse({
    accounts: [...accounts].sort(),
    members: findings.labels,
    ...{ openedBy, tokens },
  });
  const counts = { copies: boxes.length, requests: heap.length, shares: shares.length, tokens };
  Object.assign(findings.counts, { ...counts, keys: keys.length, strings: strings.length });
  return findings;
}

const snapshotSchema = z.object({ strings: z.array(z.string()) });

/** The strings of a `.heapsnapshot` of V8, which is JSON. */
async function heapStrings(evidence: Evidence): Promise<readonly string[]> {
  const file = evidence.artefacts("heap")[0]?.files[0];
  if (file === undefined) return [];
  try {
    const text = new TextDecoder().decode(await evidence.read(file.path));
    return snapshotSchema.parse(JSON.parse(text)).strings;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("malformed", `${file.path}: no heap snapshot`);
  }
}

function readRequest(text: string) {
  if (!text.startsWith("{")) return [];
  try {
    const parsed = serviceRequest.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

/** Strings that can be a key of 32 octets. */
function keysIn(text: string): Uint8Array[] {
  const bytes = /^[0-9a-f]{64}$/.test(text) ? unhex(text) : null;
  return bytes === null ? [] : [bytes];
}

async function readArchive(evidence: Evidence) {
  const accounts = new Set<string>();
  const members = new Set<string>();
  const boxes: Box[] = [];
  const shares: Uint8Array[] = [];
  for (const artefact of evidence.artefacts("archive")) {
    for (const { path } of artefact.files) {
      if (path.endsWith(".share")) {
        const share = unhex(textOf(await evidence.read(path))?.trim() ?? "");
        if (share !== null) shares.push(share);
        continue;
      }
      const database = await evidence.openDatabase(artefact, path);
      for (const [label, inside] of database.rows("SELECT label, members FROM account")) {
        if (typeof label !== "string" || typeof inside !== "string") continue;
        accounts.add(label);
        for (const name of inside.split("\n")) members.add(name);
      }
      for (const [id, sealed, body] of database.rows("SELECT id, sealed, body FROM copy")) {
        if (typeof id !== "string" || typeof sealed !== "string") continue;
        if (body instanceof Uint8Array) boxes.push({ id, sealed, body });
      }
      database.close();
    }
  }
  return { accounts, members, boxes, shares };
}

/** The first key that opens any copy. Copies of one archive have one key, so two copies of each kind will do. */
function findKey(
  boxes: readonly Box[],
  keys: readonly Uint8Array[],
  trialsMax: number,
  findings: Findings,
): Uint8Array | null {
  let trials = 0;
  for (const key of keys) {
    for (const box of boxes.slice(0, 2)) {
      if (trials >= trialsMax) {
        findings.notes.push(`The budget of ${trialsMax} trials ran out.`);
        return null;
      }
      trials += 1;
      findings.counts.trials = trials;
      if (openBox(box, key) !== null) return key;
    }
  }
  return null;
}

function openBox({ sealed, body }: Box, key: Uint8Array): Uint8Array | null {
  if (sealed === "service-key") {
    const nonce = body.subarray(0, sealNonceBytes);
    return openCommitted(key, nonce, archiveLabel, body.subarray(sealNonceBytes));
  }
  const { encBytes } = xwingSuite.kem;
  const [enc, box] = [body.subarray(0, encBytes), body.subarray(encBytes)];
  return attempt(() => openBase(xwingSuite, enc, key, archiveLabel, none, box));
}

function addBody(findings: Findings, bytes: Uint8Array, by: RecoveredText["by"]): void {
  try {
    const body = copyBody.parse(JSON.parse(textOf(bytes) ?? ""));
    findings.read.push(textFrom(body, by, "archive"));
  } catch {
    findings.notes.push("A copy of the archive is not what plug-ins send.");
  }
}

function textFrom(
  body: z.infer<typeof copyBody>,
  by: RecoveredText["by"],
  where: string,
): RecoveredText {
  const { text, id, from, epoch } = body;
  return { text, by, id, from, epoch, where };
}

/** Whose archive it is and what opened it, beside what was read by which way. */
export const tellArchive: Tell = (findings) => {
  const { accounts, members, openedBy, tokens } = archiveClaims.parse(findings.claims);
  return [
    {
      title: "The archive",
      head: ["account of", "members of its groups", "opened by", "tokens in memory"],
      rows: [[accounts.join(", ") || null, members.join(", ") || null, openedBy, tokens]],
    },
    ...tellTexts(findings),
  ];
};
