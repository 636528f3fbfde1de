import { z } from "zod";
import type { VaultImage } from "#client/core/vault.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";
import { diskFailure } from "./vault-files.ts";

const blob = z.instanceof(Uint8Array);
const rowsShape = z.object({
  header: z.tuple([z.tuple([blob])]),
  root: z.tuple([z.tuple([z.int(), blob])]),
  segments: z.array(z.tuple([blob, blob])),
});

/** All rows of an open vault database, still sealed. Failure `vault-damaged`. */
export function imageRows(database: Sqlite): VaultImage {
  try {
    const parsed = rowsShape.safeParse({
      header: database.rows("SELECT bytes FROM header"),
      root: database.rows("SELECT generation, sealed FROM root"),
      segments: database.rows("SELECT id, sealed FROM segment"),
    });
    if (!parsed.success) throw new Failure("vault-damaged", "vault.sqlite: rows of another form");
    const [[header]] = parsed.data.header;
    const [[generation, root]] = parsed.data.root;
    const segments = new Map(parsed.data.segments.map(([id, sealed]) => [hex(id), sealed]));
    return { header, generation, root, segments };
  } catch (error) {
    throw diskFailure(error, "vault.sqlite");
  }
}

/** The same of a copy of `vault.sqlite` that nobody holds: a stolen one. Failure `vault-damaged`. */
export function readStolenVault(path: string): VaultImage {
  const database = openSqlite(path);
  try {
    return imageRows(database);
  } finally {
    database.close();
  }
}
