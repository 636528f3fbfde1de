import Database from "libsql";

/** The few things asked of a SQLite driver, so that another can take its place. */
export interface Driver {
  exec(sql: string): void;
  /** A statement whose rows come as arrays of columns, in the order selected. */
  prepare(sql: string): Statement;
  close(): void;
}

export type Value = number | Uint8Array;

export interface Statement {
  /** Runs it; the number of rows changed. */
  run(...values: Value[]): number;
  rows(...values: Value[]): unknown[][];
}

/** Opens a database file, or `:memory:`. */
export function openDriver(path: string): Driver {
  const database = new Database(path);
  return {
    exec(sql) {
      database.exec(sql);
    },
    prepare(sql) {
      const statement = database.prepare<[Value[]]>(sql);
      if (statement.reader) statement.raw(true);
      // Values go as one array: the driver takes a lone Uint8Array for named parameters, and aborts.
      return {
        run: (...values) => statement.run(values).changes,
        rows: (...values) => statement.all(values) as unknown[][],
      };
    },
    close() {
      database.close();
    },
  };
}

/** Whether the driver refused because there is no room left on the disk. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_FULL";
}

/** Whether another process holds the database. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.code.startsWith("SQLITE_BUSY")
  );
}
