/** Test data: runs a body through decoder and framer, and reads the blocks back as rows. */
import { createHash } from "node:crypto";
import { type Column, type MapColumn, readBlock } from "../../pipeline/native/mod.ts";
import { Arena } from "../arena.ts";
import { DEFAULT_FRAMING, type FramedRequest, type FramingPlan, LogsFramer } from "../logs_framer.ts";
import { LOGS_LAYOUT } from "../logs_layout.ts";
import { LogsJsonDecoder } from "../logs_json.ts";
import { LogsProtoDecoder } from "../logs_proto.ts";
import { formatTimestamp } from "../record_key.ts";
import { encodeJson, encodeProto, type ResourceData } from "./export_request.ts";

export type Row = Record<string, unknown>;

const arena = new Arena();
const decoders = { protobuf: new LogsProtoDecoder(arena), json: new LogsJsonDecoder(arena) };

export const EVERYTHING: FramingPlan = { layout: LOGS_LAYOUT, shards: 1 };

export function frame(
  encoding: "protobuf" | "json",
  body: Uint8Array | string,
  plan: FramingPlan = EVERYTHING,
  limits = DEFAULT_FRAMING,
): FramedRequest {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  arena.load(bytes);
  return new LogsFramer(arena, plan, limits).frame(
    decoders[encoding],
    createHash("sha256").update(bytes).digest("hex"),
  );
}

export function protoRows(data: ResourceData[], plan?: FramingPlan): Row[] {
  return rowsOf(frame("protobuf", encodeProto(data), plan));
}

export function jsonRows(data: ResourceData[] | string, plan?: FramingPlan): Row[] {
  return rowsOf(frame("json", typeof data === "string" ? data : encodeJson(data), plan));
}

export function rowsOf(request: FramedRequest): Row[] {
  return request.blocks.flatMap(({ block }) => {
    const { rows, columns } = readBlock(block);
    return Array.from(
      { length: rows },
      (_, row) => Object.fromEntries(columns.map(({ name, column }) => [name, cell(column, row)])),
    );
  });
}

/** Timestamps become RFC 3339 text, so rows look like the flattened records of the original. */
function cell(column: Column, row: number): unknown {
  switch (column.kind) {
    case "strings":
      return column.text(row);
    case "fixed":
      if (column.words.length > 0) return formatTimestamp(column.words[row * 2], column.words[row * 2 + 1]);
      return column.number(row);
    case "map":
      return Object.fromEntries(entries(column, row));
    default:
      throw new TypeError(`no ${column.kind} columns in logs`);
  }
}

/** Pairs in the order of the column. */
function entries(map: MapColumn, row: number): [string, string][] {
  const { keys, values } = map;
  if (keys.kind !== "strings" || values.kind !== "strings") throw new TypeError("not a map of strings");
  const list: [string, string][] = [];
  for (let i = map.start(row); i < map.offsets[row]; i++) list.push([keys.text(i), values.text(i)]);
  return list;
}
