/**
 * The durable state of one shard of a stateful stage: one SQLite file, one transaction per frame (or group of frames).
 *
 * A commit makes everything of a frame durable at once: the mark of its input, the keys it added, its output frame (the
 * outbox) and its ledger counts; after a crash at any moment either all of it is there or nothing.
 *
 * The file fences itself: opening it writes the owner's epoch into it, and every change checks that epoch inside its
 * transaction. An owner that was replaced gets `FencedOut` from then on, however late its write comes.
 */
import Database from "better-sqlite3";
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { FencedOut } from "../errors.ts";
import { FrameAlreadyCommitted, StateFileCorrupt, StateFileMissing, StateFileTooNew } from "./errors.ts";
import { FINGERPRINT_BYTES } from "./fingerprints.ts";
import { namedError } from "./sqlite_errors.ts";
import { APPLICATION_ID, SCHEMA, STATE_FORMAT } from "./state_schema.ts";

export interface OpenOptions {
  /** The opener's epoch for this shard. */
  readonly epoch: number;
  /** Random id that the file gets if it has to be created. It is the incarnation of the outbox as an origin. */
  readonly newFileId: string;
  /** Id of the file that must be there: another one, or none, is an error instead of a silent empty start. */
  readonly expectedFileId?: string;
  /** Path of the engine's native file; it is the one that a sandbox allows. Default: the package looks for it. */
  readonly engine?: string;
  /** Size the file may grow to; a commit beyond it is refused with `StateVolumeFull`. */
  readonly maxBytes?: number;
}

export interface OutboxFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

export interface PendingFrame extends OutboxFrame {
  readonly seq: number;
}

export interface FrameCommit {
  readonly epoch: number;
  /** Sequence of the input frame in its stream. */
  readonly inSequence: number;
  /** False for all but the last commit of an input frame that has several outputs. Default true. */
  readonly moveMark?: boolean;
  /** Incarnation of that stream; sequences of a re-created stream start over. */
  readonly inStream?: string;
  /** Positions handled by now, per origin. */
  readonly positions?: Readonly<Record<string, number>>;
  /** New keys of the frame, 16 bytes each, and the bucket they are in (`Fingerprints.bucketAt`). */
  readonly fingerprints?: Uint8Array;
  readonly bucket?: number;
  /** What to publish; gets the next outbox sequence. */
  readonly outbox?: OutboxFrame | null;
  /** Amounts to add to counters. */
  readonly ledger?: Readonly<Record<string, number>>;
}

/** Pages a transaction may leave in the log before they are moved into the file: 16 MiB. */
const CHECKPOINT_PAGES = 4096;

/** Blobs below this size are worth joining: 1 000 keys. */
const SMALL_BLOB = 16_000;

/** Opens the file at `path`, creating it if it is not there, and makes `epoch` its owner. */
export function openStateFile(path: string, options: OpenOptions): StateFile {
  if (!Number.isSafeInteger(options.epoch)) throw new RangeError("an epoch is a whole number");
  const { expectedFileId } = options;
  if (expectedFileId !== undefined && !existsSync(path)) throw new StateFileMissing(path, expectedFileId, null);
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: 5000, ...(options.engine ? { nativeBinding: options.engine } : {}) });
    refuseForeign(path, db); // before anything is written, even the journal mode
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    if (options.maxBytes !== undefined) {
      const pageSize = Number(db.pragma("page_size", { simple: true }));
      db.pragma(`max_page_count = ${Math.max(1, Math.floor(options.maxBytes / pageSize))}`);
    }
    const opened = db;
    const fileId = opened.transaction(() => takeOver(path, opened, options)).immediate();
    return new StateFile(path, opened, options.epoch, fileId);
  } catch (error) {
    db?.close();
    throw namedError(path, error);
  }
}

function refuseForeign(path: string, db: Database.Database): void {
  if (isEmpty(db)) return;
  if (db.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw new StateFileCorrupt(path, "it is another program's database");
  }
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > STATE_FORMAT) throw new StateFileTooNew(path, version, STATE_FORMAT);
}

function isEmpty(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function takeOver(path: string, db: Database.Database, options: OpenOptions): string {
  if (isEmpty(db)) {
    if (options.expectedFileId !== undefined) throw new StateFileMissing(path, options.expectedFileId, "empty");
    db.exec(SCHEMA);
    db.prepare("INSERT INTO state VALUES (1, ?, ?, 1)").run(options.newFileId, options.epoch);
    return options.newFileId;
  }
  const row = db.prepare<[], { file_id: string; epoch: number }>("SELECT file_id, epoch FROM state").get();
  if (row === undefined) throw new StateFileCorrupt(path, "it has no owner row");
  if (options.expectedFileId !== undefined && row.file_id !== options.expectedFileId) {
    throw new StateFileMissing(path, options.expectedFileId, row.file_id);
  }
  if (row.epoch > options.epoch) throw fencedOut(path, options.epoch, row.epoch);
  db.prepare("UPDATE state SET epoch = ?").run(options.epoch);
  return row.file_id;
}

function fencedOut(path: string, epoch: number, owner: number): FencedOut {
  return new FencedOut(
    `state file ${path} belongs to epoch ${owner}, not ${epoch}: another worker has taken the shard over`,
  );
}

export class StateFile {
  readonly #db: Database.Database;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(readonly path: string, db: Database.Database, readonly epoch: number, readonly fileId: string) {
    this.#db = db;
    this.#sql = prepare(db);
  }

  /** Commits one frame; its outbox sequence, or null if it has no output. */
  commitFrame(frame: FrameCommit): number | null {
    return this.commitFrames([frame])[0];
  }

  /**
   * Commits frames in order and in one transaction: all or none, one sync. `publishedUpTo` also deletes the outbox up to
   * that sequence, which saves a transaction of its own.
   */
  commitFrames(frames: readonly FrameCommit[], publishedUpTo?: number): (number | null)[] {
    return this.#change(frames.map(({ epoch }) => epoch), () => {
      if (publishedUpTo !== undefined) this.#sql.deleteOutbox.run(publishedUpTo);
      return frames.map((frame) => this.#apply(frame));
    });
  }

  /** Deletes what was published; how many frames that were. */
  deleteOutbox(epoch: number, upToSeq: number): number {
    return this.#change([epoch], () => this.#sql.deleteOutbox.run(upToSeq).changes);
  }

  /** Frames that are committed and perhaps not published, in order, from behind `afterSeq` on. */
  pendingOutbox(afterSeq = 0, limit = Number.MAX_SAFE_INTEGER): PendingFrame[] {
    const rows = this.#read(() => this.#sql.outbox.all(afterSeq, limit));
    return rows.map(({ seq, headers, payload }) => ({ seq, headers: JSON.parse(headers), payload }));
  }

  /** Sequence that the next output frame will get. */
  outboxNext(): number {
    return this.#read(() => this.#sql.owner.get()!.outbox_next);
  }

  /** Highest committed sequence of an input stream, or null. */
  inMark(stream = ""): number | null {
    return this.#read(() => this.#sql.mark.get("in", stream)?.value ?? null);
  }

  /** Highest handled position of an origin, or null. */
  position(origin: string): number | null {
    return this.#read(() => this.#sql.mark.get("origin", origin)?.value ?? null);
  }

  ledger(): Record<string, number> {
    const rows = this.#read(() => this.#sql.ledger.all());
    return Object.fromEntries(rows.map(({ counter, value }) => [counter, value]));
  }

  /** How many keys are stored in buckets from `fromBucket` on. */
  fingerprintCount(fromBucket = 0): number {
    return this.#read(() => this.#sql.countKeys.get(fromBucket)!.bytes) / FINGERPRINT_BYTES;
  }

  /** The stored keys in the order of their buckets. The file cannot be changed while this is iterated. */
  *fingerprints(fromBucket = 0): Generator<{ bytes: Uint8Array; bucket: number }> {
    try {
      for (const { keys, bucket } of this.#sql.keys.iterate(fromBucket)) {
        if (keys.length % FINGERPRINT_BYTES !== 0) {
          throw new StateFileCorrupt(this.path, "a key blob has an odd length");
        }
        yield { bytes: keys, bucket };
      }
    } catch (error) {
      throw namedError(this.path, error);
    }
  }

  /** Deletes up to `limit` blobs of buckets below `beforeBucket`; fewer than that means: nothing is left to delete. */
  expire(epoch: number, beforeBucket: number, limit = 256): number {
    return this.#change([epoch], () => this.#sql.expire.run(beforeBucket, limit).changes);
  }

  /**
   * Joins up to `limit` small blobs of one bucket below `beforeBucket` into one, so that many small frames do not make
   * the next start slow; how many blobs went, 0 when there is nothing to join. Meant for buckets that have closed.
   */
  compact(epoch: number, beforeBucket: number, limit = 4096): number {
    return this.#change([epoch], () => {
      const bucket = this.#sql.fragmented.get(SMALL_BLOB, beforeBucket)?.bucket;
      if (bucket === undefined) return 0;
      const blobs = this.#sql.smallBlobs.all(bucket, SMALL_BLOB, limit);
      this.#sql.addKeys.run(bucket, Buffer.concat(blobs.map(({ keys }) => keys)));
      for (const { id } of blobs) this.#sql.deleteKeys.run(id);
      return blobs.length;
    });
  }

  /** Reads the whole file and throws `StateFileCorrupt` if it is not sound. Takes as long as reading it takes. */
  verify(): void {
    const result = this.#read(() => this.#db.pragma("integrity_check(1)", { simple: true }));
    if (result !== "ok") throw new StateFileCorrupt(this.path, String(result));
  }

  close(): void {
    this.#db.close();
  }

  #apply(frame: FrameCommit): number | null {
    const { inSequence, inStream = "", fingerprints, bucket, outbox } = frame;
    const sql = this.#sql;
    const mark = sql.mark.get("in", inStream)?.value;
    if (mark !== undefined && inSequence <= mark) throw new FrameAlreadyCommitted(inStream, inSequence, mark);
    if (frame.moveMark ?? true) sql.setMark.run("in", inStream, inSequence);
    for (const [origin, position] of Object.entries(frame.positions ?? {})) sql.setMark.run("origin", origin, position);
    if (fingerprints !== undefined && fingerprints.length > 0) {
      if (fingerprints.length % FINGERPRINT_BYTES !== 0 || bucket === undefined) {
        throw new RangeError("fingerprints of a frame are 16 bytes each and have a bucket");
      }
      sql.addKeys.run(bucket, fingerprints);
    }
    for (const [counter, amount] of Object.entries(frame.ledger ?? {})) sql.count.run(counter, amount);
    if (outbox === undefined || outbox === null) return null;
    const { outbox_next: seq } = sql.takeOutboxSequence.get()!;
    sql.addOutbox.run(seq, JSON.stringify(outbox.headers), outbox.payload);
    return seq;
  }

  /** Runs a change in a transaction that first checks who owns the file. */
  #change<T>(epochs: readonly number[], change: () => T): T {
    try {
      return this.#db.transaction(() => {
        const owner = this.#sql.owner.get()!.epoch;
        if (owner !== this.epoch) throw fencedOut(this.path, this.epoch, owner);
        for (const epoch of epochs) if (epoch !== owner) throw fencedOut(this.path, epoch, owner);
        return change();
      }).immediate();
    } catch (error) {
      throw namedError(this.path, error);
    }
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw namedError(this.path, error);
    }
  }
}

function prepare(db: Database.Database) {
  return {
    owner: db.prepare<[], { epoch: number; outbox_next: number }>("SELECT epoch, outbox_next FROM state"),
    takeOutboxSequence: db.prepare<[], { outbox_next: number }>(
      "UPDATE state SET outbox_next = outbox_next + 1 RETURNING outbox_next - 1 AS outbox_next",
    ),
    mark: db.prepare<[string, string], { value: number }>("SELECT value FROM marks WHERE kind = ? AND name = ?"),
    setMark: db.prepare<[string, string, number]>(
      "INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
    ),
    ledger: db.prepare<[], { counter: string; value: number }>("SELECT counter, value FROM ledger"),
    count: db.prepare<[string, number]>(
      "INSERT INTO ledger VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    ),
    addKeys: db.prepare<[number, Uint8Array]>("INSERT INTO fingerprints (bucket, keys) VALUES (?, ?)"),
    keys: db.prepare<[number], { keys: Uint8Array; bucket: number }>(
      "SELECT keys, bucket FROM fingerprints WHERE bucket >= ? ORDER BY bucket, id",
    ),
    countKeys: db.prepare<[number], { bytes: number }>(
      "SELECT coalesce(sum(length(keys)), 0) AS bytes FROM fingerprints WHERE bucket >= ?",
    ),
    expire: db.prepare<[number, number]>(
      "DELETE FROM fingerprints WHERE id IN (SELECT id FROM fingerprints WHERE bucket < ? ORDER BY bucket LIMIT ?)",
    ),
    fragmented: db.prepare<[number, number], { bucket: number }>(
      "SELECT bucket FROM fingerprints WHERE length(keys) < ? AND bucket < ? GROUP BY bucket HAVING count(*) > 1 " +
        "ORDER BY bucket LIMIT 1",
    ),
    smallBlobs: db.prepare<[number, number, number], { id: number; keys: Uint8Array }>(
      "SELECT id, keys FROM fingerprints WHERE bucket = ? AND length(keys) < ? ORDER BY id LIMIT max(2, ?)",
    ),
    deleteKeys: db.prepare<[number]>("DELETE FROM fingerprints WHERE id = ?"),
    addOutbox: db.prepare<[number, string, Uint8Array]>("INSERT INTO outbox VALUES (?, ?, ?)"),
    outbox: db.prepare<[number, number], { seq: number; headers: string; payload: Uint8Array }>(
      "SELECT seq, headers, payload FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
    ),
    deleteOutbox: db.prepare<[number]>("DELETE FROM outbox WHERE seq <= ?"),
  };
}
