/** The ClickHouse Native format: types, column writers, block writer and reader, JSON, merge, hash, dates. */
export { ConvertError, MalformedBlock, UnsupportedType } from "./errors.ts";
export * from "./types.ts";
export { parseType } from "./parse_type.ts";
export { ColumnWriter } from "./writer.ts";
export { StringWriter } from "./string_writer.ts";
export {
  BFloat16Writer,
  Fixed16Writer,
  Fixed32Writer,
  Fixed64Writer,
  Fixed8Writer,
  FixedWriter,
  Float32Writer,
  Float64Writer,
} from "./fixed_writer.ts";
export { Enum16Writer, Enum8Writer, FixedStringWriter, IPv4Writer, IPv6Writer, UUIDWriter } from "./text_writers.ts";
export { JsonWriter } from "./json_writer.ts";
export { readWide, WideWriter } from "./wide_writer.ts";
export { ArrayWriter, MapWriter, NullableWriter, TupleWriter } from "./nested_writers.ts";
export { LowCardinalityWriter } from "./low_cardinality_writer.ts";
export { createWriter } from "./create_writer.ts";
export { BlockWriter, type WrittenBlock } from "./block_writer.ts";
export * from "./columns.ts";
export { type Block, type BlockColumn, readBlock } from "./read_block.ts";
export { jsonValue, rowJson } from "./json.ts";
export { gather, type RowSelection } from "./gather.ts";
export { type BlockPart, mergeBlocks } from "./merge.ts";
export { formatScaled, parseScaled, parseScaledText } from "./decimal.ts";
export { formatTime, parseTimeOfDay } from "./time_of_day.ts";
export { hash128, shardOf } from "./hash.ts";
export { daysFromCivil, formatDate, formatInstant, fromTicks, type Instant, toTicks } from "./calendar.ts";
export { parseDateTime, parseRfc3339 } from "./datetime.ts";
