/**
 * The catalog on a SQL database. Every change is one conditional statement (plus its history row) in one transaction,
 * so it holds with any number of API processes and operators on the same database.
 */
import type {
  Catalog,
  ChangeGuard,
  ConfigChange,
  HistoryEntry,
  JsonObject,
  NewPipeline,
  PipelineMetadata,
  PipelineRecord,
} from "./catalog.ts";
import { EncryptionError, PipelineExists, PipelineNotFound, VersionConflict } from "./errors.ts";
import { ENCRYPTED, type SecretBox } from "./secrets.ts";
import { type SqlDatabase, SqlError, type SqlRow, type SqlSession, UNIQUE_VIOLATION } from "./sql.ts";
import {
  canTransition,
  checkEditable,
  checkTransition,
  deletionUnderway,
  type PipelineStatus,
  StatusError,
  TRANSITIONS,
} from "./status.ts";

const RFC3339 = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;
const COLUMNS = `id, name, status, reason, config, metadata, resources, version, deleting,
  to_char(created_at at time zone 'UTC', ${RFC3339}) as created_at,
  to_char(updated_at at time zone 'UTC', ${RFC3339}) as updated_at`;

export class SqlCatalog implements Catalog {
  /** `onProblem` is told of pipelines that `list` had to leave out because their secrets cannot be read. */
  constructor(
    private readonly db: SqlDatabase,
    private readonly secrets: SecretBox,
    private readonly onProblem: (message: string, error: unknown) => void,
  ) {}

  async createPipeline(pipeline: NewPipeline): Promise<PipelineRecord> {
    try {
      return await this.db.transaction(async (session) => {
        const [row] = await session.query(
          `insert into glassflow.pipeline (id, name, status, config, metadata, resources)
           values ($1, $2, 'Created', $3::json, $4::json, $5::json) returning ${COLUMNS}`,
          [
            pipeline.id,
            pipeline.name,
            this.sealed(pipeline.id, pipeline.config),
            JSON.stringify(pipeline.metadata),
            JSON.stringify(pipeline.resources),
          ],
        );
        await this.remember(session, row, "history");
        return this.record(row);
      });
    } catch (error) {
      if (error instanceof SqlError && error.state === UNIQUE_VIOLATION) throw new PipelineExists(pipeline.id);
      throw error;
    }
  }

  async get(id: string): Promise<PipelineRecord> {
    return this.record(await this.row(this.db, id));
  }

  async list(): Promise<PipelineRecord[]> {
    const rows = await this.db.query(
      `select ${COLUMNS} from glassflow.pipeline order by pipeline.created_at desc, ordinal desc`,
    );
    return rows.flatMap((row) => {
      try {
        return [this.record(row)];
      } catch (error) {
        if (!(error instanceof EncryptionError)) throw error;
        this.onProblem(`pipeline ${row.id} is left out of the list`, error);
        return [];
      }
    });
  }

  async keyFits(): Promise<boolean> {
    const sealed = await this.db.query(
      `select id, config from glassflow.pipeline where config::text like '%"${ENCRYPTED}%'`,
    );
    return sealed.length === 0 || sealed.some((row) => {
      try {
        this.secrets.open(String(row.id), row.config as JsonObject);
        return true;
      } catch (error) {
        if (error instanceof EncryptionError) return false;
        throw error;
      }
    });
  }

  updateConfig(
    id: string,
    change: ConfigChange,
    to: "Resuming" | null,
    guard: ChangeGuard = {},
  ): Promise<PipelineRecord> {
    return this.change(
      id,
      guard,
      (row) => refuseEdit(row, to),
      "name = $2, config = $3::json, metadata = $4::json, resources = $5::json, status = coalesce($6, status), reason = null",
      [
        change.name,
        this.sealed(id, change.config),
        JSON.stringify(change.metadata),
        JSON.stringify(change.resources),
        to,
      ],
      "history",
    );
  }

  rename(id: string, name: string, guard: ChangeGuard = {}): Promise<PipelineRecord> {
    return this.change(id, guard, () => {}, "name = $2", [name]);
  }

  setMetadata(id: string, metadata: PipelineMetadata, guard: ChangeGuard = {}): Promise<PipelineRecord> {
    return this.change(id, guard, () => {}, "metadata = $2::json", [JSON.stringify(metadata)]);
  }

  setResources(
    id: string,
    resources: JsonObject,
    to: "Resuming" | null,
    guard: ChangeGuard = {},
  ): Promise<PipelineRecord> {
    return this.change(
      id,
      guard,
      (row) => refuseEdit(row, to),
      "resources = $2::json, status = coalesce($3, status), reason = null",
      [JSON.stringify(resources), to],
      "status",
    );
  }

  transition(
    id: string,
    from: readonly PipelineStatus[],
    to: PipelineStatus,
    reason?: string,
    guard: ChangeGuard = {},
  ): Promise<PipelineRecord> {
    const refuse = (row: SqlRow) => {
      const current = row.status as PipelineStatus;
      if (row.deleting) throw deletionUnderway(current, to);
      checkTransition(current, to);
      if (!from.includes(current)) throw invalid(current, to);
    };
    const type = to === "Failed" ? "error" : "status";
    return this.change(id, guard, refuse, "status = $2, reason = $3", [to, reason ?? null], type);
  }

  async setReason(id: string, status: PipelineStatus, reason: string | null): Promise<void> {
    await this.db.query(
      `update glassflow.pipeline set reason = $3 where id = $1 and status = $2 and reason is distinct from $3`,
      [id, status, reason],
    );
  }

  async revert(before: PipelineRecord, after: PipelineRecord): Promise<boolean> {
    return await this.db.transaction(async (session) => {
      const [row] = await session.query(
        `update glassflow.pipeline set name = $3, status = $4, reason = $5, config = $6::json, metadata = $7::json,
           resources = $8::json, deleting = $9, version = version + 1, updated_at = clock_timestamp()
         where id = $1 and version = $2 returning ${COLUMNS}`,
        [
          before.id,
          after.version,
          before.name,
          before.status,
          before.reason,
          this.sealed(before.id, before.config),
          JSON.stringify(before.metadata),
          JSON.stringify(before.resources),
          before.deleting,
        ],
      );
      if (row) await this.remember(session, row, "history");
      return row !== undefined;
    });
  }

  beginDelete(id: string, guard: ChangeGuard = {}): Promise<PipelineRecord> {
    return this.change(id, guard, (row) => checkEditable(String(row.status)), "deleting = true", []);
  }

  async delete(id: string): Promise<void> {
    await this.db.query("delete from glassflow.pipeline where id = $1", [id]);
  }

  async history(id: string, limit = 100): Promise<HistoryEntry[]> {
    const rows = await this.db.query(
      `select type, to_char(at at time zone 'UTC', ${RFC3339}) as at, status, reason, config
       from glassflow.pipeline_history where pipeline_id = $1 order by ordinal desc limit $2`,
      [id, limit],
    );
    return rows.map((row) => ({
      type: row.type as HistoryEntry["type"],
      at: String(row.at),
      status: row.status as PipelineStatus,
      reason: row.reason as string | null,
      config: row.config ? this.secrets.open(id, row.config as JsonObject) : null,
    }));
  }

  async ping(): Promise<void> {
    await this.db.query("select 1");
  }

  async close(): Promise<void> {
    await this.db.close();
  }

  /** Locks the row, lets `refuse` judge it, applies the assignments and writes history: one transaction. */
  private change(
    id: string,
    guard: ChangeGuard,
    refuse: (row: SqlRow) => void,
    assignments: string,
    params: readonly unknown[],
    history?: HistoryEntry["type"],
  ): Promise<PipelineRecord> {
    return this.db.transaction(async (session) => {
      const current = await this.row(session, id, "for update");
      const version = Number(current.version);
      if (guard.version !== undefined && guard.version !== version) {
        throw new VersionConflict(id, guard.version, version);
      }
      refuse(current);
      const [row] = await session.query(
        `update glassflow.pipeline set ${assignments}, version = version + 1, updated_at = clock_timestamp()
         where id = $1 returning ${COLUMNS}`,
        [id, ...params],
      );
      if (history) await this.remember(session, row, history);
      return this.record(row);
    });
  }

  private async row(session: SqlSession, id: string, lock = ""): Promise<SqlRow> {
    const [row] = await session.query(`select ${COLUMNS} from glassflow.pipeline where id = $1 ${lock}`, [id]);
    if (!row) throw new PipelineNotFound(id);
    return row;
  }

  private async remember(session: SqlSession, row: SqlRow, type: HistoryEntry["type"]): Promise<void> {
    await session.query(
      `insert into glassflow.pipeline_history (pipeline_id, type, status, reason, config)
       values ($1, $2, $3, $4, $5::json)`,
      [row.id, type, row.status, row.reason, type === "history" ? JSON.stringify(row.config) : null],
    );
  }

  private sealed(id: string, config: JsonObject): string {
    return JSON.stringify(this.secrets.seal(id, config));
  }

  private record(row: SqlRow): PipelineRecord {
    const id = String(row.id);
    const metadata = row.metadata as PipelineMetadata;
    const name = String(row.name);
    return {
      id,
      name,
      status: row.status as PipelineStatus,
      reason: row.reason as string | null,
      config: { ...this.secrets.open(id, row.config as JsonObject), name, metadata },
      metadata,
      resources: row.resources as JsonObject,
      version: Number(row.version),
      deleting: Boolean(row.deleting),
      createdAt: String(row.created_at),
      updatedAt: String(row.updated_at),
    };
  }
}

function refuseEdit(row: SqlRow, to: PipelineStatus | null): void {
  const current = row.status as PipelineStatus;
  checkEditable(current);
  if (row.deleting) throw deletionUnderway(current, "");
  if (to !== null && !canTransition(current, to)) throw invalid(current, to);
}

function invalid(current: PipelineStatus, to: PipelineStatus): StatusError {
  return new StatusError(
    "INVALID_STATUS_TRANSITION",
    `Invalid status transition from ${current} to ${to}`,
    current,
    to,
    TRANSITIONS[current],
  );
}
