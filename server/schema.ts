/**
 * The relay's whole memory. Under each column stands what it reveals to whoever seizes the file.
 * There are no members, channels, accounts, addresses or times of arrival.
 */
export const schemaVersion = 1;

export const schema = `
CREATE TABLE mailbox (
  -- Random, 31 bits, not counted up: a counter would tell the order in which mailboxes appeared.
  -- Reveals nothing.
  number INTEGER PRIMARY KEY,
  -- The public key that is the mailbox's name. Reveals that someone held this key, and lets a client
  -- seized as well be matched to it. A row stays when its frames are gone: heads never fall back.
  name BLOB NOT NULL UNIQUE,
  -- Last position given out. Reveals how many frames this epoch of some channel ever had.
  head INTEGER NOT NULL,
  -- Bytes ever appended, for the mailbox's limit. Reveals the sum of padded sizes of this epoch.
  bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE frame (
  -- mailbox number * 2^32 + position. Reveals the order within one mailbox, which members need, and
  -- no order across mailboxes: rows are stored by this number, not by arrival.
  id INTEGER PRIMARY KEY,
  -- Random, chosen by the author for retries. Reveals nothing.
  frame_id BLOB NOT NULL,
  -- Hours since 1970, rounded up, after which the frame is deleted. Reveals the hour in which the
  -- frame was stored, to whoever knows the relay's retention: frames of different mailboxes stored
  -- within one hour can be grouped. Nothing finer is kept.
  expires INTEGER NOT NULL,
  -- The sealed, padded frame. Reveals its padded size, a power of two.
  frame BLOB NOT NULL
) STRICT;

-- Finds what has expired. Within one hour it is ordered by id: reveals nothing more than the table.
CREATE INDEX frame_expires ON frame (expires);

-- Which frame ids a mailbox holds, so that a retry is stored once. The same facts as in the frame
-- table, sorted by id: reveals nothing more. WITHOUT ROWID: no hidden counter of arrivals.
CREATE TABLE dedupe (
  mailbox INTEGER NOT NULL,
  frame_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (mailbox, frame_id)
) STRICT, WITHOUT ROWID;
`;
