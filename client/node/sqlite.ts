import Database from "libsql";

/** What SQLite stores and returns here; blobs come back as plain byte arrays. */
export type SqlValue = number | string | null | Uint8Array;

/** The seam to an embedded SQLite driver: everything the vault needs of one, and no more. */
export interface Sqlite {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  run(sql: string, ...values: readonly SqlValue[]): void;
  /** Rows as arrays of column values, still `unknown`: the caller parses them. */
  rows(sql: string, ...values: readonly SqlValue[]): readonly (readonly unknown[])[];
  close(): void;
}

/** Opens, and if need be creates, a database file through libsql. Throws the driver's errors: see `sqliteCode`. */
export function openSqlite(path: string): Sqlite {
  const database = new Database(path);
  return {
    get inTransaction() {
      return database.inTransaction;
    },
    exec(sql) {
      database.exec(sql);
    },
    // Values travel as one array: the driver takes a lone byte array for named parameters and aborts.
    run(sql, ...values) {
      database.prepare(sql).run(values);
    },
    rows(sql, ...values) {
      const found = database.prepare(sql).raw().all(values) as unknown[][];
      return found.map((row) => row.map(plainBytes));
    },
    close() {
      try {
        // The driver's close leaves the connection, and its lock, to the garbage collector as long as
        // a statement lives; in normal mode the lock goes with the next read.
        database.exec("PRAGMA locking_mode = NORMAL");
        database.prepare("SELECT count(*) FROM sqlite_schema").raw().all([]);
      } catch {
        // A damaged file: nothing was locked, or the process's end lets go of it.
      }
      database.close();
    },
  };
}

function plainBytes(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}

/** SQLite's name of an error (`SQLITE_BUSY`, `SQLITE_FULL`, …), or null when it is not one of SQLite's. */
export function sqliteCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  const { code } = error;
  return typeof code === "string" && code.startsWith("SQLITE_") ? code : null;
}
