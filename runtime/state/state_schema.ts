/**
 * Tables of a state file, format 1.
 *
 * `state` has one row. `marks` holds what was handled, per stream incarnation (frame sequence) and per origin (position).
 * A row of `fingerprints` is one committed frame: its new keys, and the last millisecond of the time bucket they are in.
 */
export const STATE_FORMAT = 1;

/** "GFst": tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x47467374;

export const SCHEMA = `
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  file_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  outbox_next INTEGER NOT NULL
) STRICT;
CREATE TABLE marks (kind TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (counter TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE fingerprints (id INTEGER PRIMARY KEY, bucket INTEGER NOT NULL, keys BLOB NOT NULL) STRICT;
CREATE INDEX fingerprints_bucket ON fingerprints (bucket);
CREATE TABLE outbox (seq INTEGER PRIMARY KEY, headers TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${STATE_FORMAT};
`;
