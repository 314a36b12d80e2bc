/** Log records → the columns of one block, as far as the layout asks for them. */
import { BlockWriter, Fixed32Writer, Fixed64Writer, MapWriter, StringWriter } from "../pipeline/native/mod.ts";
import { type AttributeList, encodedLength } from "./attribute_list.ts";
import type { LogRecord } from "./log_record.ts";
import type { LogsField, LogsLayout } from "./logs_layout.ts";

/** A finished block. */
export interface LogsBlock {
  readonly rows: number;
  readonly block: Uint8Array;
  readonly columnLengths: readonly number[];
}

export class LogsColumns {
  rows = 0;
  /** Bytes of the rows so far, without names and types of the columns. */
  bytes = 0;
  readonly #writer: BlockWriter;
  readonly #fixedLength: number;
  readonly #timestamp: Fixed64Writer | undefined;
  readonly #observed: Fixed64Writer | undefined;
  readonly #severityNumber: Fixed32Writer | undefined;
  readonly #severityText: StringWriter | undefined;
  readonly #body: StringWriter | undefined;
  readonly #traceId: StringWriter | undefined;
  readonly #spanId: StringWriter | undefined;
  readonly #flags: Fixed32Writer | undefined;
  readonly #dropped: Fixed32Writer | undefined;
  readonly #resourceAttributes: StringMap | undefined;
  readonly #scopeName: StringWriter | undefined;
  readonly #scopeVersion: StringWriter | undefined;
  readonly #scopeAttributes: StringMap | undefined;
  readonly #attributes: StringMap | undefined;
  readonly #eventName: StringWriter | undefined;
  readonly #resourceSchemaUrl: StringWriter | undefined;
  readonly #scopeSchemaUrl: StringWriter | undefined;
  readonly #resourceDropped: Fixed32Writer | undefined;
  readonly #scopeDropped: Fixed32Writer | undefined;

  constructor(readonly layout: LogsLayout) {
    this.#writer = new BlockWriter(layout);
    const find = <T>(field: LogsField, kind: new (...args: never[]) => T): T | undefined => {
      const index = layout.findIndex((column) => column.name === field);
      if (index < 0) return undefined;
      const column = this.#writer.columns[index];
      if (column instanceof kind) return column;
      throw new TypeError(`column ${field} of a logs layout cannot have type ${layout[index].type}`);
    };
    const map = (field: LogsField): StringMap | undefined => {
      const column = find(field, MapWriter);
      return column && new StringMap(column);
    };
    this.#timestamp = find("timestamp", Fixed64Writer);
    this.#observed = find("observed_timestamp", Fixed64Writer);
    this.#severityNumber = find("severity_number", Fixed32Writer);
    this.#severityText = find("severity_text", StringWriter);
    this.#body = find("body", StringWriter);
    this.#traceId = find("trace_id", StringWriter);
    this.#spanId = find("span_id", StringWriter);
    this.#flags = find("flags", Fixed32Writer);
    this.#dropped = find("dropped_attributes_count", Fixed32Writer);
    this.#resourceAttributes = map("resource_attributes");
    this.#scopeName = find("scope_name", StringWriter);
    this.#scopeVersion = find("scope_version", StringWriter);
    this.#scopeAttributes = map("scope_attributes");
    this.#attributes = map("attributes");
    this.#eventName = find("event_name", StringWriter);
    this.#resourceSchemaUrl = find("resource_schema_url", StringWriter);
    this.#scopeSchemaUrl = find("scope_schema_url", StringWriter);
    this.#resourceDropped = find("resource_dropped_attributes_count", Fixed32Writer);
    this.#scopeDropped = find("scope_dropped_attributes_count", Fixed32Writer);
    this.#fixedLength = layout.reduce((sum, column) => sum + fixedLength(column.type), 0);
  }

  /** Bytes this record will take. */
  rowLength(record: LogRecord): number {
    let length = this.#fixedLength;
    if (this.#severityText) length += encodedLength(record.severityTextEnd - record.severityTextStart);
    if (this.#body) length += encodedLength(record.bodyEnd - record.bodyStart);
    if (this.#traceId) length += encodedLength(record.traceIdEnd - record.traceIdStart);
    if (this.#spanId) length += encodedLength(record.spanIdEnd - record.spanIdStart);
    if (this.#resourceAttributes) length += record.resourceAttributes.encodedLength;
    if (this.#scopeName) length += encodedLength(record.scopeNameEnd - record.scopeNameStart);
    if (this.#scopeVersion) length += encodedLength(record.scopeVersionEnd - record.scopeVersionStart);
    if (this.#scopeAttributes) length += record.scopeAttributes.encodedLength;
    if (this.#attributes) length += record.attributes.encodedLength;
    if (this.#eventName) length += encodedLength(record.eventNameEnd - record.eventNameStart);
    if (this.#resourceSchemaUrl) length += encodedLength(record.resourceSchemaUrlEnd - record.resourceSchemaUrlStart);
    if (this.#scopeSchemaUrl) length += encodedLength(record.scopeSchemaUrlEnd - record.scopeSchemaUrlStart);
    return length;
  }

  /** Appends a row. `bytes` is what the record's ranges refer to, `length` its {@link rowLength}. */
  put(record: LogRecord, bytes: Uint8Array, length: number): void {
    this.#timestamp?.putI64(record.timeLo, record.timeHi);
    this.#observed?.putI64(record.observedLo, record.observedHi);
    this.#severityNumber?.putNumber(record.severityNumber);
    this.#severityText?.putSlice(bytes, record.severityTextStart, record.severityTextEnd);
    this.#body?.putSlice(bytes, record.bodyStart, record.bodyEnd);
    this.#traceId?.putSlice(bytes, record.traceIdStart, record.traceIdEnd);
    this.#spanId?.putSlice(bytes, record.spanIdStart, record.spanIdEnd);
    this.#flags?.putNumber(record.flags);
    this.#dropped?.putNumber(record.droppedAttributes);
    this.#resourceAttributes?.putEncoded(record.resourceAttributes, bytes);
    this.#scopeName?.putSlice(bytes, record.scopeNameStart, record.scopeNameEnd);
    this.#scopeVersion?.putSlice(bytes, record.scopeVersionStart, record.scopeVersionEnd);
    this.#scopeAttributes?.putEncoded(record.scopeAttributes, bytes);
    this.#attributes?.put(record.attributes, bytes);
    this.#eventName?.putSlice(bytes, record.eventNameStart, record.eventNameEnd);
    this.#resourceSchemaUrl?.putSlice(bytes, record.resourceSchemaUrlStart, record.resourceSchemaUrlEnd);
    this.#scopeSchemaUrl?.putSlice(bytes, record.scopeSchemaUrlStart, record.scopeSchemaUrlEnd);
    this.#resourceDropped?.putNumber(record.resourceDroppedAttributes);
    this.#scopeDropped?.putNumber(record.scopeDroppedAttributes);
    this.rows++;
    this.bytes += length;
  }

  /** The block of all rows since the last call. */
  take(): LogsBlock {
    const { rows, block, columnLengths } = this.#writer.finish();
    this.reset();
    return { rows, block, columnLengths };
  }

  reset(): void {
    this.#writer.reset();
    this.rows = this.bytes = 0;
  }
}

/** A Map(String, String) column. */
class StringMap {
  readonly #keys: StringWriter;
  readonly #values: StringWriter;

  constructor(readonly column: MapWriter) {
    if (!(column.keys instanceof StringWriter && column.values instanceof StringWriter)) {
      throw new TypeError("attribute columns of a logs layout are Map(String, String)");
    }
    this.#keys = column.keys;
    this.#values = column.values;
  }

  put(list: AttributeList, bytes: Uint8Array): void {
    const { spans } = list;
    for (let at = 0; at < list.count * 4; at += 4) {
      this.#keys.putSlice(bytes, spans[at], spans[at + 1]);
      this.#values.putSlice(bytes, spans[at + 2], spans[at + 3]);
    }
    this.column.endRow();
  }

  /** A list that was brought into column form once for many rows. */
  putEncoded(list: AttributeList, bytes: Uint8Array): void {
    if (list.count > 0) {
      this.#keys.putWire(bytes, list.keysStart, list.keysEnd, list.count);
      this.#values.putWire(bytes, list.valuesStart, list.valuesEnd, list.count);
    }
    this.column.endRow();
  }
}

/** Bytes per row that do not depend on the record. */
function fixedLength(type: string): number {
  if (type.startsWith("DateTime64") || type.startsWith("Map")) return 8;
  return type === "UInt32" ? 4 : 0;
}
