/** Frozen baseline: every key is a row of an SQLite table; a group of frames is one transaction, synced like ours. */
import Database from "better-sqlite3";

const KEY_BYTES = 36;

export class RowPerKey {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement<[string, number]>;
  readonly #transaction: (frames: readonly Uint8Array[]) => number;
  #sequence = 0;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.exec("CREATE TABLE keys (key TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID");
    this.#insert = this.#db.prepare("INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING");
    const decoder = new TextDecoder();
    this.#transaction = this.#db.transaction((frames: readonly Uint8Array[]) => {
      let added = 0;
      for (const frame of frames) {
        for (let at = 0; at < frame.length; at += KEY_BYTES) {
          added += this.#insert.run(decoder.decode(frame.subarray(at, at + KEY_BYTES)), this.#sequence).changes;
        }
      }
      return added;
    });
  }

  /** How many keys were new. */
  take(frames: readonly Uint8Array[]): number {
    this.#sequence++;
    return this.#transaction(frames);
  }

  close(): void {
    this.#db.close();
  }
}
