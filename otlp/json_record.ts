/** One log record in OTLP/JSON, and lists of attributes. */
import type { AttributeList } from "./attribute_list.ts";
import { FieldNames } from "./field_names.ts";
import type { JsonReader } from "./json_reader.ts";
import { readEnum, readUint32, readUint64 } from "./json_scalars.ts";
import { JsonValueReader } from "./json_value.ts";
import type { LogRecord, LogRecordTarget, LogsNeeds } from "./log_record.ts";

const KEY_VALUE = new FieldNames(["key", "value"]);
const RECORD = new FieldNames([
  "timeUnixNano",
  "observedTimeUnixNano",
  "severityNumber",
  "severityText",
  "body",
  "attributes",
  "droppedAttributesCount",
  "flags",
  "traceId",
  "spanId",
  "eventName",
]);

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

const SEVERITIES = new FieldNames([
  "SEVERITY_NUMBER_UNSPECIFIED",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) =>
    ["", "2", "3", "4"].map((step) => `SEVERITY_NUMBER_${name}${step}`)
  ),
]);

export class JsonRecordReader {
  readonly #reader: JsonReader;
  readonly #values: JsonValueReader;

  constructor(reader: JsonReader, readonly record: LogRecord) {
    this.#reader = reader;
    this.#values = new JsonValueReader(reader);
  }

  /** The members of one log record. */
  read(needs: LogsNeeds, target: LogRecordTarget): void {
    const { record } = this;
    const reader = this.#reader;
    if (reader.isNull() || !reader.enterObject()) return;
    do {
      switch (reader.member(RECORD)) {
        case 0:
          readUint64(reader);
          record.timeLo = reader.lo;
          record.timeHi = reader.hi;
          break;
        case 1:
          readUint64(reader);
          record.observedLo = reader.lo;
          record.observedHi = reader.hi;
          break;
        case 2:
          record.severityNumber = readEnum(reader, SEVERITIES);
          break;
        case 3:
          if (!needs.severity_text) reader.skip();
          else {
            reader.string();
            record.severityTextStart = reader.start;
            record.severityTextEnd = reader.stop;
          }
          break;
        case 4:
          if (!needs.body) reader.skip();
          else {
            this.#values.read();
            record.bodyStart = this.#values.start;
            record.bodyEnd = this.#values.end;
          }
          break;
        case 5:
          this.attributes(record.attributes, needs.attributes);
          break;
        case 6:
          record.droppedAttributes = readUint32(reader);
          break;
        case 7:
          record.flags = readUint32(reader);
          break;
        case 8:
          if (!needs.trace_id) reader.skip();
          else {
            this.#id(TRACE_ID_DIGITS, target);
            record.traceIdStart = reader.start;
            record.traceIdEnd = reader.stop;
          }
          break;
        case 9:
          if (!needs.span_id) reader.skip();
          else {
            this.#id(SPAN_ID_DIGITS, target);
            record.spanIdStart = reader.start;
            record.spanIdEnd = reader.stop;
          }
          break;
        case 10:
          if (!needs.event_name) reader.skip();
          else {
            reader.string();
            record.eventNameStart = reader.start;
            record.eventNameEnd = reader.stop;
          }
          break;
        default:
          reader.ignore();
      }
    } while (reader.nextMember());
  }

  /** An array of KeyValue; the last one in an object counts. */
  attributes(list: AttributeList, needed: boolean): void {
    const reader = this.#reader;
    if (!needed) return reader.skip();
    list.clear();
    if (!reader.enterArray()) return;
    do {
      let keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0;
      if (!reader.isNull() && reader.enterObject()) {
        do {
          switch (reader.member(KEY_VALUE)) {
            case 0:
              reader.string();
              keyStart = reader.start;
              keyEnd = reader.stop;
              break;
            case 1:
              this.#values.read();
              valueStart = this.#values.start;
              valueEnd = this.#values.end;
              break;
            default:
              reader.ignore();
          }
        } while (reader.nextMember());
      }
      list.add(keyStart, keyEnd, valueStart, valueEnd);
    } while (reader.nextElement());
  }

  /** An id in hex digits of either case, any length; nothing if all its bytes are zero. */
  #id(usualDigits: number, target: LogRecordTarget): void {
    const reader = this.#reader;
    const { arena } = reader;
    const at = reader.at;
    reader.string();
    const { start, stop } = reader;
    if ((stop - start) % 2 === 1) reader.fail("an id has an odd number of hex digits", at);
    let { bytes } = arena;
    let zero = true;
    let lower = true;
    for (let i = start; i < stop; i++) {
      const digit = bytes[i];
      if (digit === 0x30) continue;
      zero = false;
      if ((digit > 0x30 && digit <= 0x39) || (digit >= 0x61 && digit <= 0x66)) continue;
      if (digit < 0x41 || digit > 0x46) reader.fail("an id is not in hex digits", at);
      lower = false;
    }
    if (zero) {
      reader.stop = start;
      return;
    }
    if (stop - start !== usualDigits) target.unusualId();
    if (lower) return;
    reader.start = arena.top;
    arena.copy(start, stop);
    bytes = arena.bytes;
    // Digits have this bit already, capitals get it.
    for (let i = reader.start; i < arena.top; i++) bytes[i] |= 0x20;
    reader.stop = arena.top;
  }
}
