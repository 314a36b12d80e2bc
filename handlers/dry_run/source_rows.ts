/**
 * Sample events → rows of the first edge, through the source's own code: the ingest stage's framer with the
 * compiled scanner, or the OTLP receiver's decoder and framer. Every row comes as a block of its own, so that its fate is told apart and what one
 * row needs is all that is held.
 */
import { runIngestBody } from "../../pipeline/compile/run_body.ts";
import { type Block, BlockWriter, gather, type Layout, readBlock } from "../../pipeline/native/mod.ts";
import { Arena } from "../../otlp/arena.ts";
import { BadRequest, PayloadTooLarge } from "../../otlp/errors.ts";
import { LogsFramer } from "../../otlp/logs_framer.ts";
import { LogsJsonDecoder } from "../../otlp/logs_json.ts";
import type { LogsLayout } from "../../otlp/logs_layout.ts";
import type { DeadRow } from "../../runtime/frame.ts";
import { PartitionFramer } from "../ingest/partition_framer.ts";

/** What a source makes of one event. */
export type Taken =
  | { readonly kind: "rows"; readonly rows: readonly SourceRow[]; readonly tooLarge: number }
  /** A message that is not what the schema says. */
  | { readonly kind: "dead"; readonly letter: DeadRow }
  /** A request that the receiver answers with an error: nothing of it is taken in. */
  | { readonly kind: "refused"; readonly error: string };

/** A block of one row. */
export interface SourceRow {
  readonly block: Uint8Array;
  readonly columnLengths: readonly number[];
}

export interface RowSource {
  /** What the sender would send, whether or not it is as the source wants it. */
  take(text: string): Taken;
}

const encoder = new TextEncoder();

/** Messages of one partition, each a cut of its own. `time`: milliseconds since 1970. */
export function jsonSource(body: string, time: number): RowSource {
  const framer = new PartitionFramer(runIngestBody(body), { topicId: "dry-run", partition: 0, offset: 0 });
  let offset = 0;
  return {
    take(text) {
      const bytes = encoder.encode(text);
      framer.accept({
        bytes,
        count: 1,
        offsets: Float64Array.of(offset++),
        timestamps: Float64Array.of(time),
        keys: Int32Array.of(-1, -1),
        values: Int32Array.of(0, bytes.length),
      }, time);
      const frames = framer.cut(time)?.frames.map(({ frame }) => frame) ?? [];
      const [letter] = frames.flatMap(({ dead }) => dead);
      return letter ? { kind: "dead", letter } : { kind: "rows", rows: frames, tooLarge: 0 };
    },
  };
}

/** Records of one export request, or one record, which is put into a request of its own. */
export function otlpLogsSource(layout: Layout): RowSource {
  const arena = new Arena();
  const decoder = new LogsJsonDecoder(arena);
  const framer = new LogsFramer(arena, { layout: layout as LogsLayout, shards: 1 });
  return {
    take(text) {
      const request = isRecord(text) ? `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${text}]}]}]}` : text;
      arena.load(encoder.encode(request));
      try {
        const { blocks, rejected } = framer.frame(decoder, "0".repeat(64));
        return {
          kind: "rows",
          rows: blocks.flatMap(({ block }) => single(readBlock(block), layout)),
          tooLarge: rejected,
        };
      } catch (error) {
        if (error instanceof BadRequest || error instanceof PayloadTooLarge) {
          return { kind: "refused", error: error.message };
        }
        throw error;
      }
    },
  };
}

/** An object without `resourceLogs`. What is not JSON goes to the decoder as it is, which says where it breaks. */
function isRecord(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) && !("resourceLogs" in value);
  } catch {
    return false;
  }
}

function single(block: Block, layout: Layout): SourceRow[] {
  const writer = new BlockWriter(layout);
  return Array.from({ length: block.rows }, (_, row) => {
    writer.reset();
    const selection = Int32Array.of(row);
    block.columns.forEach(({ column, type }, i) => gather(column, type, selection, writer.columns[i]));
    return writer.finish();
  });
}
