import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { slotRecordBytes, slotRecords } from "#client/core/key-slot.ts";

/** The key slot on the disk: two records that are only ever overwritten in place. */
export interface SlotFile {
  /** All bytes of the file, whatever its length. */
  read(): Uint8Array;
  /** Overwrites one record; durable only after `sync`. */
  write(index: number, record: Uint8Array): void;
  sync(): void;
  close(): void;
}

// A slot is a few blocks; a planted giant is read no further than it takes to refuse it.
const readBytesMax = slotRecordBytes * slotRecords + 1;

/** Opens an existing key slot, or creates an empty one readable by its owner only. */
export function openSlotFile(path: string, mode: "existing" | "new"): SlotFile {
  const file = openSync(path, mode === "new" ? "w+" : "r+", 0o600);
  return {
    read() {
      const bytes = new Uint8Array(Math.min(fstatSync(file).size, readBytesMax));
      let at = 0;
      while (at < bytes.length) {
        const read = readSync(file, bytes, at, bytes.length - at, at);
        if (read === 0) break;
        at += read;
      }
      return bytes.subarray(0, at);
    },
    write(index, record) {
      const start = index * slotRecordBytes;
      let at = 0;
      while (at < record.length) {
        at += writeSync(file, record, at, record.length - at, start + at);
      }
    },
    sync() {
      fsyncSync(file);
    },
    close() {
      closeSync(file);
    },
  };
}
