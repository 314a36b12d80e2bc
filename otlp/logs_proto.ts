/**
 * ExportLogsServiceRequest in protobuf → log records, straight from the bytes: no object per record or value.
 * Unknown fields (and known ones with another wire type) are skipped, groups too. Fields no one needs are skipped
 * without a look inside. Field numbers: opentelemetry-proto `logs/v1/logs.proto` and `common/v1/common.proto`.
 *
 * Of a field that is not repeated the last occurrence counts. Resource and scope may stand anywhere in their group.
 */
import type { Arena } from "./arena.ts";
import type { AttributeList } from "./attribute_list.ts";
import { putHex } from "./byte_text.ts";
import { MalformedPayload, RecordTooLarge } from "./errors.ts";
import { LogRecord, type LogRecordTarget, type LogsNeeds } from "./log_record.ts";
import { ProtoValueReader } from "./proto_value.ts";
import { isUtf8, utf8Fault } from "./utf8.ts";
import { WireReader } from "./wire.ts";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

export class LogsProtoDecoder {
  readonly record = new LogRecord();
  readonly #reader = new WireReader();
  readonly #values: ProtoValueReader;
  #needs!: LogsNeeds;
  #target!: LogRecordTarget;
  #recordLimit = 0;

  constructor(readonly arena: Arena) {
    this.#values = new ProtoValueReader(arena);
  }

  /**
   * Decodes the body in the arena and hands every record to `target`, in order. Throws `MalformedPayload`; records
   * handed over before that must then be dropped. `recordLimit` bounds the text rendered from one record.
   */
  decode(needs: LogsNeeds, target: LogRecordTarget, recordLimit: number): void {
    this.#needs = needs;
    this.#target = target;
    this.#recordLimit = recordLimit;
    this.record.clearRequest();
    const reader = this.#reader;
    const end = this.arena.bodyLength;
    const base = this.arena.top;
    reader.open(this.arena.bytes, 0);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === 0x0a) {
        const stop = reader.extent(end);
        this.arena.top = base;
        this.#resourceLogs(reader.at, stop);
        reader.open(this.arena.bytes, stop);
      } else reader.skip(tag, end);
    }
  }

  #resourceLogs(start: number, end: number): void {
    const { arena, record } = this;
    const reader = this.#reader;
    const needs = this.#needs;
    record.clearResource();
    arena.limitRendering(this.#recordLimit);
    let tooLarge = false;
    reader.open(arena.bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === 0x0a) {
        const stop = reader.extent(end);
        tooLarge = !this.#resource(reader.at, stop) || tooLarge;
        reader.open(arena.bytes, stop);
      } else if (tag === 0x1a && needs.resource_schema_url) {
        record.resourceSchemaUrlEnd = this.#string(end);
        record.resourceSchemaUrlStart = this.#from;
      } else reader.skip(tag, end);
    }
    tooLarge = !this.#complete(record.resourceAttributes) || tooLarge;
    const base = arena.top;
    reader.open(arena.bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === 0x12) {
        const stop = reader.extent(end);
        arena.top = base;
        this.#scopeLogs(reader.at, stop, tooLarge);
        reader.open(arena.bytes, stop);
      } else reader.skip(tag, end);
    }
  }

  /** Returns whether the rendered attributes kept within the limit. */
  #resource(start: number, end: number): boolean {
    const reader = this.#reader;
    const { record } = this;
    const needs = this.#needs;
    reader.open(this.arena.bytes, start);
    try {
      while (reader.at < end) {
        const tag = reader.tag(end);
        if (tag === 0x0a && needs.resource_attributes) this.#attribute(record.resourceAttributes, reader.extent(end));
        else if (tag === 0x10) record.resourceDroppedAttributes = this.#uint32(end);
        else reader.skip(tag, end);
      }
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      return false;
    }
    return true;
  }

  #scopeLogs(start: number, end: number, resourceTooLarge: boolean): void {
    const { arena, record } = this;
    const reader = this.#reader;
    const needs = this.#needs;
    record.clearScope();
    arena.limitRendering(this.#recordLimit);
    let tooLarge = resourceTooLarge;
    reader.open(arena.bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === 0x0a) {
        const stop = reader.extent(end);
        tooLarge = !this.#scope(reader.at, stop) || tooLarge;
        reader.open(arena.bytes, stop);
      } else if (tag === 0x1a && needs.scope_schema_url) {
        record.scopeSchemaUrlEnd = this.#string(end);
        record.scopeSchemaUrlStart = this.#from;
      } else reader.skip(tag, end);
    }
    tooLarge = !this.#complete(record.scopeAttributes) || tooLarge;
    const base = arena.top;
    reader.open(arena.bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === 0x12) {
        const stop = reader.extent(end);
        arena.top = base;
        if (tooLarge) this.#target.reject();
        else this.#logRecord(reader.at, stop);
        reader.open(arena.bytes, stop);
      } else reader.skip(tag, end);
    }
  }

  #scope(start: number, end: number): boolean {
    const reader = this.#reader;
    const { record } = this;
    const needs = this.#needs;
    reader.open(this.arena.bytes, start);
    try {
      while (reader.at < end) {
        const tag = reader.tag(end);
        if (tag === 0x0a && needs.scope_name) {
          record.scopeNameEnd = this.#string(end);
          record.scopeNameStart = this.#from;
        } else if (tag === 0x12 && needs.scope_version) {
          record.scopeVersionEnd = this.#string(end);
          record.scopeVersionStart = this.#from;
        } else if (tag === 0x1a && needs.scope_attributes) {
          this.#attribute(record.scopeAttributes, reader.extent(end));
        } else if (tag === 0x20) record.scopeDroppedAttributes = this.#uint32(end);
        else reader.skip(tag, end);
      }
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      return false;
    }
    return true;
  }

  /** Sorts a group's attributes and writes them in column form; returns whether that kept within the limit. */
  #complete(list: AttributeList): boolean {
    if (list.count === 0) return true;
    try {
      list.finish(this.arena);
      list.encode(this.arena);
      return true;
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      return false;
    }
  }

  #logRecord(start: number, end: number): void {
    this.record.clearRecord();
    this.arena.limitRendering(this.#recordLimit);
    try {
      this.#fields(start, end);
      if (this.record.attributes.count > 0) this.record.attributes.finish(this.arena);
      this.#target.accept(this.record);
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      this.#target.reject();
    }
  }

  #fields(start: number, end: number): void {
    const { arena, record } = this;
    const reader = this.#reader;
    const needs = this.#needs;
    reader.open(arena.bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      switch (tag) {
        case 0x09: { // time_unix_nano, fixed64
          const at = reader.at;
          reader.advance(8, end);
          record.timeLo = arena.view.getInt32(at, true);
          record.timeHi = arena.view.getInt32(at + 4, true);
          break;
        }
        case 0x59: { // observed_time_unix_nano, fixed64
          const at = reader.at;
          reader.advance(8, end);
          record.observedLo = arena.view.getInt32(at, true);
          record.observedHi = arena.view.getInt32(at + 4, true);
          break;
        }
        case 0x10: // severity_number, enum
          record.severityNumber = this.#uint32(end);
          break;
        case 0x1a: // severity_text
          if (!needs.severity_text) reader.skip(tag, end);
          else {
            record.severityTextEnd = this.#string(end);
            record.severityTextStart = this.#from;
          }
          break;
        case 0x2a: // body
          if (!needs.body) reader.skip(tag, end);
          else {
            const stop = reader.extent(end);
            this.#values.read(reader.at, stop);
            reader.open(arena.bytes, stop);
            record.bodyStart = this.#values.start;
            record.bodyEnd = this.#values.end;
          }
          break;
        case 0x32: // attributes
          if (!needs.attributes) reader.skip(tag, end);
          else this.#attribute(record.attributes, reader.extent(end));
          break;
        case 0x38: // dropped_attributes_count
          record.droppedAttributes = this.#uint32(end);
          break;
        case 0x45: { // flags, fixed32
          const at = reader.at;
          reader.advance(4, end);
          record.flags = arena.view.getInt32(at, true);
          break;
        }
        case 0x4a: // trace_id
          if (!needs.trace_id) reader.skip(tag, end);
          else {
            record.traceIdEnd = this.#id(end, TRACE_ID_BYTES);
            record.traceIdStart = this.#from;
          }
          break;
        case 0x52: // span_id
          if (!needs.span_id) reader.skip(tag, end);
          else {
            record.spanIdEnd = this.#id(end, SPAN_ID_BYTES);
            record.spanIdStart = this.#from;
          }
          break;
        case 0x62: // event_name
          if (!needs.event_name) reader.skip(tag, end);
          else {
            record.eventNameEnd = this.#string(end);
            record.eventNameStart = this.#from;
          }
          break;
        default:
          reader.skip(tag, end);
      }
    }
  }

  /** KeyValue from the reader's position up to `end`: key 1, value 2. Leaves the reader at `end`. */
  #attribute(list: AttributeList, end: number): void {
    const { arena } = this;
    const reader = this.#reader;
    const bytes = reader.bytes;
    let keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === 0x0a) {
        keyEnd = reader.extent(end);
        keyStart = reader.at;
        reader.at = keyEnd;
      } else if (tag === 0x12) {
        valueEnd = reader.extent(end);
        valueStart = reader.at;
        reader.at = valueEnd;
      } else reader.skip(tag, end);
    }
    if (!isUtf8(bytes, arena.view, keyStart, keyEnd)) {
      throw new MalformedPayload("invalid UTF-8 in an attribute key", utf8Fault(bytes, keyStart, keyEnd));
    }
    // The common value: one string that fills the message and whose length takes one byte.
    const length = valueEnd - valueStart - 2;
    if (length >= 0 && length < 0x80 && bytes[valueStart] === 0x0a && bytes[valueStart + 1] === length) {
      if (!isUtf8(bytes, arena.view, valueStart + 2, valueEnd)) {
        const at = utf8Fault(bytes, valueStart + 2, valueEnd);
        throw new MalformedPayload("invalid UTF-8 in an attribute value", at);
      }
      list.add(keyStart, keyEnd, valueStart + 2, valueEnd);
      return;
    }
    this.#values.read(valueStart, valueEnd);
    list.add(keyStart, keyEnd, this.#values.start, this.#values.end);
    reader.open(arena.bytes, end);
  }

  /** Where the range found by {@link #string} or {@link #id} starts. */
  #from = 0;

  /** A string field's value; returns its end. */
  #string(end: number): number {
    const reader = this.#reader;
    const stop = reader.extent(end);
    this.#from = reader.at;
    reader.at = stop;
    if (!isUtf8(reader.bytes, this.arena.view, this.#from, stop)) {
      throw new MalformedPayload("invalid UTF-8 in a string", utf8Fault(reader.bytes, this.#from, stop));
    }
    return stop;
  }

  /** An id as hex: of any length, nothing if all its bytes are zero. Returns the end of the text. */
  #id(end: number, usualLength: number): number {
    const { arena } = this;
    const reader = this.#reader;
    const stop = reader.extent(end);
    const start = reader.at;
    reader.at = stop;
    this.#from = arena.top;
    let seen = 0;
    for (let i = start; i < stop; i++) seen |= reader.bytes[i];
    if (seen === 0) return this.#from;
    if (stop - start !== usualLength) this.#target.unusualId();
    putHex(arena, start, stop);
    arena.check();
    reader.bytes = arena.bytes;
    return arena.top;
  }

  #uint32(end: number): number {
    this.#reader.varint(end);
    return this.#reader.lo;
  }
}
