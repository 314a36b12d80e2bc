/**
 * One Native block into the table under one token. An answer that does not come is never taken for a no: nothing else is
 * sent until the earlier query is known to run no more.
 */
import { Readable } from "node:stream";
import type { ClickHouseClient } from "@clickhouse/client";
import type { SinkProgram } from "../../pipeline/compile/program.ts";
import { sleep } from "../../runtime/nats/publish.ts";
import type { ClickHouseAddress } from "../../runtime/stage.ts";
import { errorCode, errorText } from "../../runtime/target/client.ts";
import { advice, classify } from "../../runtime/target/faults.ts";

/** Seconds an insert may run on the server; the request's time-out is longer. */
export const MAX_EXECUTION_SECONDS = 90;
export const REQUEST_TIMEOUT_MS = 120_000;
const MAX_PAUSE_MS = 10_000;

/** Null: stored. Otherwise the server's words about a row of the block. */
export type InsertOutcome = { readonly refused: string; readonly code: number } | null;

export interface InsertListener {
  /** The target does not take rows now; null = it does again. */
  waiting(reason: string | null, personMustAct: boolean): void;
  failed(code: number | null, fault: string): void;
}

export class Inserter {
  readonly #query: string;

  constructor(
    readonly client: ClickHouseClient,
    readonly program: SinkProgram,
    readonly address: ClickHouseAddress,
    readonly hash: string,
    readonly listener: InsertListener,
  ) {
    const columns = program.columns.map((column) => identifier(column.name)).join(", ");
    this.#query = `INSERT INTO ${identifier(program.database)}.${identifier(program.table)} (${columns}) FORMAT Native`;
  }

  /** Tries until the server has the block or refuses one of its rows; rejects only when the signal aborts. */
  async insert(block: Uint8Array, rows: number, token: string, signal: AbortSignal): Promise<InsertOutcome> {
    let waited = false;
    for (let pause = 100;; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      signal.throwIfAborted();
      const queryId = `gf-${this.hash}-${token}`;
      try {
        await this.#send(block, rows, token, queryId);
        if (waited) this.listener.waiting(null, false);
        return null;
      } catch (error) {
        const code = errorCode(error);
        const fault = classify(code);
        this.listener.failed(code, fault);
        if (fault === "row" && code !== null) {
          if (waited) this.listener.waiting(null, false);
          return { refused: errorText(error, this.address), code };
        }
        waited = true;
        const text = errorText(error, this.address);
        this.listener.waiting(
          `${text}; ${advice(code, { ...this.program, url: this.address.url })}`,
          fault === "target",
        );
        await sleep(pause, signal);
        if (code === null) await this.#settle(queryId, signal);
      }
    }
  }

  async #send(block: Uint8Array, rows: number, token: string, queryId: string): Promise<void> {
    const { stream } = await this.client.exec({
      query: this.#query,
      values: Readable.from([block], { objectMode: false }),
      query_id: queryId,
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
    for await (const _ of stream); // the answer has no body; the socket is free when it is read
  }

  /** Waits until the query with an unknown outcome runs no more (it is killed), or its time is over. */
  async #settle(queryId: string, signal: AbortSignal): Promise<void> {
    const until = performance.now() + MAX_EXECUTION_SECONDS * 1_000;
    for (let pause = 100; performance.now() < until; pause = Math.min(pause * 2, 2_000)) {
      signal.throwIfAborted();
      try {
        const running = await this.client.query({
          query: "SELECT count() AS n FROM system.processes WHERE query_id = {id:String}",
          query_params: { id: queryId },
          format: "JSONEachRow",
        });
        const [{ n }] = await running.json<{ n: number | string }>();
        if (Number(n) === 0) return;
        await this.client.command({
          query: "KILL QUERY WHERE query_id = {id:String} ASYNC",
          query_params: { id: queryId },
        });
      } catch (error) {
        // A server that answers nothing may still be running it; one that is not there is not.
        if (errorCode(error) === null) {
          this.listener.waiting(
            `${errorText(error, this.address)}; ${advice(null, { ...this.program, url: this.address.url })}`,
            false,
          );
          if (isRefused(error)) return;
        }
      }
      await sleep(pause, signal);
    }
  }
}

/** Nobody listens on the port: the server process, and with it every query, is gone. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
}

/** An identifier in backticks. */
export function identifier(name: string): string {
  return "`" + name.replaceAll("\\", "\\\\").replaceAll("`", "\\`") + "`";
}
