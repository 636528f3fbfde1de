import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeVaultHeader, encodeVaultHeader } from "#client/core/vault-header.ts";
import { openSqlite } from "#client/node/sqlite.ts";
import { assert } from "#shared/failure.ts";
import { crackClaims } from "../attacks/cracked-keystore.ts";
import { attemptOn } from "../attempt.ts";
import type { Evidence } from "../evidence.ts";
import type { Control, ScoredRun } from "../result.ts";
import { settingsOf } from "../settings.ts";
import { rewriteEvidence } from "../write-evidence.ts";
import { exactControl } from "./chance-control.ts";
import { contextOf, stageVaults } from "./cracked-stage.ts";
import type { ControlPlan, Rig } from "./rig.ts";

/** A vault that gives way to nothing takes the whole budget. */
const nullVaults = 1;

/**
 * Passphrases that stand on the list must all be found, and everything be read; the same copies with headers of
 * other vaults must give way to nothing.
 */
export async function crackControls(
  { scenario, seed, out }: ControlPlan,
  rig: Rig,
): Promise<Control[]> {
  const settings = settingsOf(scenario, {});
  const listed = contextOf(scenario);
  const folder = join(out, "controls", "on-the-list");
  const staged = await stageVaults(
    { scenario, seed, settings, out: folder },
    (persons, _settings, choices) => ({
      chosen: Array.from({ length: persons }, () => ({
        ...{ kind: "on the list", passphrase: choices.pick(listed).text, next: "unused" },
      })),
      printed: null,
    }),
  );
  const all = await attemptOn(rig, scenario, staged, settings);
  const bundle = join(out, "controls", "other-headers", "evidence");
  await rewriteEvidence(scenario, { from: staged.bundle, to: bundle }, otherHeaders);
  const none = await attemptOn(rig, scenario, { ...staged, bundle }, settings);
  const tried = crackClaims.parse(none.findings.claims).vaults;
  return [
    allFound(all),
    // Each guess is a try of its own: a header that no passphrase made gives way to none of them.
    exactControl({
      ...{ kind: "null", name: "the same vaults under headers of others", bundle: none.bundle },
      hits: tried.filter(({ opened }) => opened !== null).length,
      of: none.findings.counts.guesses ?? 0,
      what: "guesses opened a vault",
    }),
  ];
}

function allFound(run: ScoredRun): Control {
  const name = "passphrases that stand on the list";
  const found = run.metrics.find(({ id }) => id === "crack.found");
  const read = run.metrics.find(({ id }) => id === "recovered.fraction");
  return {
    ...{ kind: "positive", name, bundle: run.bundle },
    expected: "every vault gives way, every message is read",
    measured: `${found?.hits ?? 0} of ${found?.of ?? 0} vaults, ${read?.hits ?? 0} of ${read?.of ?? 0} messages`,
    ok: found?.value === 1 && read?.value === 1,
  };
}

/** Some of the copies, each with a header that no passphrase made: salt and commitment are random. */
async function otherHeaders(evidence: Evidence, scratch: string) {
  const devices = evidence.artefacts("device-state").slice(0, nullVaults);
  const kept = [...evidence.artefacts("words"), ...evidence.artefacts("publication"), ...devices];
  const captures = [];
  for (const { id, kind, actor, note, files, at } of kept) {
    const contents = new Map<string, Uint8Array>();
    for (const { path } of files) {
      const bytes = await evidence.read(path);
      const isVault = kind === "device-state" && path.endsWith("vault.sqlite");
      contents.set(path, isVault ? await withOtherHeader(bytes, scratch) : bytes);
    }
    captures.push({ id, kind, actor, note, atMs: Date.parse(at), files: contents });
  }
  return captures;
}

async function withOtherHeader(vault: Uint8Array, scratch: string): Promise<Uint8Array> {
  const path = join(scratch, "vault.sqlite");
  await writeFile(path, vault);
  const database = openSqlite(path);
  const bytes = database.rows("SELECT bytes FROM header")[0]?.[0];
  assert(bytes instanceof Uint8Array, "a vault has a header");
  const header = decodeVaultHeader(bytes);
  const random = (size: number) => new Uint8Array(randomBytes(size));
  const other = encodeVaultHeader({ ...header, salt: random(16), commitment: random(32) });
  database.run("UPDATE header SET bytes = ?", other);
  database.close();
  return new Uint8Array(await readFile(path));
}
