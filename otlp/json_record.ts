/** One log record in OTLP/JSON, and lists of attributes. */
import type { AttributeList } from "./attribute_list.ts";
import { FieldNames } from "./field_names.ts";
import type { JsonReader } from "./json_reader.ts";
import { readEnum, readUint32, readUint64 } from "./json_scalars.ts";
import { JsonValueReader } from "./json_value.ts";
import type { LogRecord, LogRecordTarget, LogsNeeds } from "./log_record.ts";

// Little-endian words of {"key":" and of ,"value": (the last one overlaps).
const KEY_0 = 0x656b227b;
const KEY_4 = 0x223a2279;
const VALUE_0 = 0x6176222c;
const VALUE_4 = 0x2265756c;
const VALUE_5 = 0x3a226575;

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

const ZERO = 0;
const LOWER = 1;
const CAPITAL = 2;
const NO_DIGIT = 4;
/** What a byte is as a hex digit; kinds can be ORed. */
const DIGIT_KINDS = new Uint8Array(256).fill(NO_DIGIT);
for (const digit of "0123456789abcdef") DIGIT_KINDS[digit.charCodeAt(0)] = digit === "0" ? ZERO : LOWER;
for (const digit of "ABCDEF") DIGIT_KINDS[digit.charCodeAt(0)] = CAPITAL;

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
    do this.#attribute(list); while (reader.nextElement());
  }

  /** KeyValue; the form every sender uses, the key first and no space, without a search for names. */
  #attribute(list: AttributeList): void {
    const reader = this.#reader;
    const values = this.#values;
    const { view } = reader.arena;
    let keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0;
    let more: boolean;
    const { at } = reader;
    if (view.getInt32(at, true) === KEY_0 && view.getInt32(at + 4, true) === KEY_4) {
      reader.at = at + 7;
      reader.string();
      keyStart = reader.start;
      keyEnd = reader.stop;
      const next = reader.at;
      if (
        view.getInt32(next, true) === VALUE_0 && view.getInt32(next + 4, true) === VALUE_4 &&
        view.getInt32(next + 5, true) === VALUE_5
      ) {
        reader.at = next + 9;
        reader.space();
        values.read();
        valueStart = values.start;
        valueEnd = values.end;
      }
      more = reader.nextMember();
    } else more = !reader.isNull() && reader.enterObject();
    while (more) {
      switch (reader.member(KEY_VALUE)) {
        case 0:
          reader.string();
          keyStart = reader.start;
          keyEnd = reader.stop;
          break;
        case 1:
          values.read();
          valueStart = values.start;
          valueEnd = values.end;
          break;
        default:
          reader.ignore();
      }
      more = reader.nextMember();
    }
    list.add(keyStart, keyEnd, valueStart, valueEnd);
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
    let seen = 0;
    for (let i = start; i < stop; i++) seen |= DIGIT_KINDS[bytes[i]];
    if (seen >= NO_DIGIT) reader.fail("an id is not in hex digits", at);
    if (seen === ZERO) {
      reader.stop = start;
      return;
    }
    if (stop - start !== usualDigits) target.unusualId();
    if (seen < CAPITAL) return;
    reader.start = arena.top;
    arena.copy(start, stop);
    bytes = arena.bytes;
    // Digits have this bit already, capitals get it.
    for (let i = reader.start; i < arena.top; i++) bytes[i] |= 0x20;
    reader.stop = arena.top;
  }
}
