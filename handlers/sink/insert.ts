/**
 * One Native block into the table under one token. An answer that does not come is never taken for a no, and neither is a
 * takeover: nothing is sent until no insert of the lane is known to run.
 */
import { Readable } from "node:stream";
import type { ClickHouseClient } from "@clickhouse/client";
import type { SinkProgram } from "../../pipeline/compile/program.ts";
import { messageOf, PipelineError } from "../../runtime/errors.ts";
import { sleep } from "../../runtime/nats/publish.ts";
import type { ClickHouseAddress } from "../../runtime/stage.ts";
import { errorCode, errorText } from "../../runtime/target/client.ts";
import { advice, classify } from "../../runtime/target/faults.ts";
import { lookUp, PlanUncertain, TRUSTED_MS } from "./uncertain.ts";

/** Seconds an insert may run on the server; the request's time-out is longer. */
export const MAX_EXECUTION_SECONDS = 90;
export const REQUEST_TIMEOUT_MS = 120_000;
/** An insert whose answer is lost cannot be running any more after this long. */
const LONGEST_INSERT_MS = MAX_EXECUTION_SECONDS * 1_000 + REQUEST_TIMEOUT_MS;
/** ClickHouse itself does not know whether the rows were stored. */
const UNKNOWN_STATUS_OF_INSERT = 319;
const MAX_PAUSE_MS = 10_000;

/** Null: stored. Otherwise the server's words about a row of the block. */
export type InsertOutcome = { readonly refused: string; readonly code: number } | null;

export interface InsertListener {
  /** The target does not take rows now; null = it does again. */
  waiting(reason: string | null, personMustAct: boolean): void;
  failed(code: number | null, fault: string): void;
}

export interface InserterOptions {
  readonly client: ClickHouseClient;
  readonly program: SinkProgram;
  readonly address: ClickHouseAddress;
  readonly listener: InsertListener;
  /** Begins the query id of every insert of the lane, and of no other. */
  readonly queryPrefix: string;
  /** Resolves when the lane is surely owned; called right before anything is sent. */
  readonly confirm: () => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface InsertRequest {
  readonly block: Uint8Array;
  readonly rows: number;
  readonly token: string;
  /** When the plan was made, milliseconds since 1970. */
  readonly startedAt: number;
  /** Whether an attempt before this call may have reached the server. */
  readonly inDoubt: boolean;
}

export class Inserter {
  readonly #query: string;
  /** An insert of this lane may be running: own ones whose answer was lost, and at first those of earlier owners. */
  #unsettled = true;

  constructor(readonly options: InserterOptions) {
    const { database, table, columns } = options.program;
    const names = columns.map((column) => identifier(column.name)).join(", ");
    this.#query = `INSERT INTO ${identifier(database)}.${identifier(table)} (${names}) FORMAT Native`;
  }

  /**
   * Tries until the server has the block or refuses one of its rows. Rejects when the signal aborts, when the lane is lost,
   * and with {@link PlanUncertain} when the block may have been stored too long ago for its token to be trusted.
   */
  async insert(request: InsertRequest, signal: AbortSignal): Promise<InsertOutcome> {
    const { listener, confirm, address, now = Date.now } = this.options;
    const queryId = this.options.queryPrefix + request.token;
    let { inDoubt } = request;
    let waited = false;
    const outcome = (result: InsertOutcome) => {
      if (waited) listener.waiting(null, false);
      return result;
    };
    for (let pause = 100;; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      try {
        signal.throwIfAborted();
        if (this.#unsettled) {
          await this.#settle(signal, () => waited = true);
          this.#unsettled = false;
        }
        if (inDoubt && now() - request.startedAt > TRUSTED_MS) {
          const found = await lookUp(this.options.client, queryId);
          if (found === "stored") return outcome(null);
          if (found === "unknown") throw new PlanUncertain(request.rows, this.#table(), request.startedAt);
        }
        await confirm();
        await this.#send(request, queryId, signal);
        return outcome(null);
      } catch (error) {
        if (error instanceof PipelineError || signal.aborted) throw error;
        const code = errorCode(error);
        const fault = classify(code, messageOf(error));
        listener.failed(code, fault);
        if (fault === "row" && code !== null) return outcome({ refused: errorText(error, address), code });
        if (code === null || code === UNKNOWN_STATUS_OF_INSERT) {
          this.#unsettled = true;
          inDoubt ||= !neverSent(error);
        }
        waited = true;
        this.#wait(error, fault === "target");
        await sleep(pause, signal);
      }
    }
  }

  #table(): string {
    return `${this.options.program.database}.${this.options.program.table}`;
  }

  #wait(error: unknown, personMustAct: boolean): void {
    const { address, program, listener } = this.options;
    const text = advice(errorCode(error), { ...program, url: address.url }, messageOf(error));
    listener.waiting(`${errorText(error, address)}; ${text}`, personMustAct);
  }

  async #send({ block, rows, token }: InsertRequest, queryId: string, signal: AbortSignal): Promise<void> {
    const { stream } = await this.options.client.exec({
      query: this.#query,
      values: Readable.from([block], { objectMode: false }),
      query_id: queryId,
      abort_signal: signal,
      clickhouse_settings: {
        async_insert: 0,
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        deduplicate_blocks_in_dependent_materialized_views: 1,
        max_insert_block_size: String(Math.max(rows, 1_048_576)),
        min_insert_block_size_rows: "0",
        min_insert_block_size_bytes: "0",
        max_partitions_per_insert_block: "0",
        input_format_native_allow_types_conversion: 0,
        input_format_skip_unknown_fields: 0,
        max_execution_time: MAX_EXECUTION_SECONDS,
      },
    });
    // The answer of an insert has no body. One that has is an error that came after the status, and may be cut off.
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    if (length > 0) throw new Error("ClickHouse answered an insert with text: the insert may have failed half-way");
  }

  /** Waits until no insert of the lane runs any more (those that do are killed), or the longest of them must be over. */
  async #settle(signal: AbortSignal, onWait: () => void): Promise<void> {
    const { client, queryPrefix } = this.options;
    const until = performance.now() + LONGEST_INSERT_MS;
    for (let pause = 100; performance.now() < until; pause = Math.min(pause * 2, 2_000)) {
      signal.throwIfAborted();
      try {
        const running = await client.query({
          query: "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
          query_params: { prefix: queryPrefix },
          format: "JSONEachRow",
        });
        const found = await running.json<{ query_id: string }>();
        if (found.length === 0) return;
        await client.command({
          query: "KILL QUERY WHERE startsWith(query_id, {prefix:String}) ASYNC",
          query_params: { prefix: queryPrefix },
        });
      } catch (error) {
        // A server that does not answer, or not this question, may still be running it.
        onWait();
        this.#wait(error, false);
      }
      await sleep(pause, signal);
    }
  }
}

/** No connection came about, so nothing of the request has left this process. */
function neverSent(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ECONNREFUSED", "ENOTFOUND"].includes(String(error.code));
}

/** An identifier in backticks. */
export function identifier(name: string): string {
  return "`" + name.replaceAll("\\", "\\\\").replaceAll("`", "\\`") + "`";
}
