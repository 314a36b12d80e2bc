/**
 * ExportLogsServiceRequest in OTLP/JSON → the same log records as `logs_proto.ts` makes of protobuf, straight from the
 * bytes. Names are lowerCamelCase, unknown ones are ignored at every depth, ids are hex in any case, enums integers (their
 * names are tolerated). A second `resource`, `scope`, `scopeLogs` or `logRecords` in one object is refused.
 */
import { isUtf8 } from "node:buffer";
import type { Arena } from "./arena.ts";
import type { AttributeList } from "./attribute_list.ts";
import { MalformedPayload, RecordTooLarge } from "./errors.ts";
import { FieldNames } from "./field_names.ts";
import { JsonReader } from "./json_reader.ts";
import { continuesNumber, JsonValueReader, readBigInt, readSmallUint } from "./json_value.ts";
import { LogRecord, type LogRecordTarget, type LogsNeeds } from "./log_record.ts";

const REQUEST = new FieldNames(["resourceLogs"]);
const RESOURCE_LOGS = new FieldNames(["resource", "scopeLogs", "schemaUrl"]);
const SCOPE_LOGS = new FieldNames(["scope", "logRecords", "schemaUrl"]);
const RESOURCE = new FieldNames(["attributes", "droppedAttributesCount"]);
const SCOPE = new FieldNames(["name", "version", "attributes", "droppedAttributesCount"]);
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
const NOT_SEEN = -1;
/** Seen, and its records have been read. */
const READ = -2;

export class LogsJsonDecoder {
  readonly record = new LogRecord();
  readonly #reader: JsonReader;
  readonly #values: JsonValueReader;
  #needs!: LogsNeeds;
  #target!: LogRecordTarget;
  #recordLimit = 0;
  #lo = 0;
  #hi = 0;

  constructor(readonly arena: Arena) {
    this.#reader = new JsonReader(arena);
    this.#values = new JsonValueReader(this.#reader);
  }

  /** As {@link LogsProtoDecoder.decode}. */
  decode(needs: LogsNeeds, target: LogRecordTarget, recordLimit: number): void {
    const { arena } = this;
    const reader = this.#reader;
    this.#needs = needs;
    this.#target = target;
    this.#recordLimit = recordLimit;
    this.record.clearRequest();
    if (!isUtf8(arena.bytes.subarray(0, arena.bodyLength))) throw new MalformedPayload("the body is not UTF-8", 0);
    reader.open(arena.bodyLength);
    if (reader.enterObject()) {
      do {
        if (reader.member(REQUEST) === 0) this.#each(() => this.#resourceLogs());
        else reader.ignore();
      } while (reader.nextMember());
    }
    reader.space();
    if (reader.at < reader.end) reader.fail("something follows the request");
  }

  /** Calls `read` at every element of an array. */
  #each(read: () => void): void {
    const reader = this.#reader;
    if (!reader.enterArray()) return;
    const base = this.arena.top;
    do {
      this.arena.top = base;
      read();
    } while (reader.nextElement());
  }

  #resourceLogs(): void {
    const { record, arena } = this;
    const reader = this.#reader;
    record.clearResource();
    arena.limitRendering(this.#recordLimit);
    if (reader.isNull() || !reader.enterObject()) return;
    let resourceAt = NOT_SEEN;
    let scopesAt = NOT_SEEN;
    let tooLarge = false;
    do {
      switch (reader.member(RESOURCE_LOGS)) {
        case 0:
          this.#once(resourceAt);
          resourceAt = reader.at;
          tooLarge = !this.#withinValue(() => this.#resource()) || tooLarge;
          break;
        case 1:
          this.#once(scopesAt);
          // What describes the records may follow them.
          scopesAt = resourceAt === NOT_SEEN || this.#needs.resource_schema_url ? reader.at : READ;
          if (scopesAt !== READ) reader.skip();
          else {
            tooLarge = !this.#within(() => this.#complete(record.resourceAttributes)) || tooLarge;
            this.#each(() => this.#scopeLogs(tooLarge));
          }
          break;
        case 2:
          if (!this.#needs.resource_schema_url) reader.skip();
          else {
            tooLarge = !this.#withinValue(() => reader.string()) || tooLarge;
            record.resourceSchemaUrlStart = reader.start;
            record.resourceSchemaUrlEnd = reader.stop;
          }
          break;
        default:
          reader.ignore();
      }
    } while (reader.nextMember());
    if (scopesAt === NOT_SEEN || scopesAt === READ) return;
    tooLarge = !this.#within(() => this.#complete(record.resourceAttributes)) || tooLarge;
    const after = reader.at;
    reader.at = scopesAt;
    this.#each(() => this.#scopeLogs(tooLarge));
    reader.at = after;
  }

  #scopeLogs(resourceTooLarge: boolean): void {
    const { record, arena } = this;
    const reader = this.#reader;
    record.clearScope();
    arena.limitRendering(this.#recordLimit);
    if (reader.isNull() || !reader.enterObject()) return;
    let scopeAt = NOT_SEEN;
    let recordsAt = NOT_SEEN;
    let tooLarge = resourceTooLarge;
    do {
      switch (reader.member(SCOPE_LOGS)) {
        case 0:
          this.#once(scopeAt);
          scopeAt = reader.at;
          tooLarge = !this.#withinValue(() => this.#scope()) || tooLarge;
          break;
        case 1:
          this.#once(recordsAt);
          recordsAt = scopeAt === NOT_SEEN || this.#needs.scope_schema_url ? reader.at : READ;
          if (recordsAt !== READ) reader.skip();
          else {
            tooLarge = !this.#within(() => this.#complete(record.scopeAttributes)) || tooLarge;
            this.#logRecords(tooLarge);
          }
          break;
        case 2:
          if (!this.#needs.scope_schema_url) reader.skip();
          else {
            tooLarge = !this.#withinValue(() => reader.string()) || tooLarge;
            record.scopeSchemaUrlStart = reader.start;
            record.scopeSchemaUrlEnd = reader.stop;
          }
          break;
        default:
          reader.ignore();
      }
    } while (reader.nextMember());
    if (recordsAt === NOT_SEEN || recordsAt === READ) return;
    tooLarge = !this.#within(() => this.#complete(record.scopeAttributes)) || tooLarge;
    const after = reader.at;
    reader.at = recordsAt;
    this.#logRecords(tooLarge);
    reader.at = after;
  }

  #logRecords(tooLarge: boolean): void {
    this.#each(() => {
      if (!tooLarge) return this.#logRecord();
      this.#reader.skip();
      this.#target.reject();
    });
  }

  #resource(): void {
    const { record } = this;
    const reader = this.#reader;
    if (!reader.enterObject()) return;
    do {
      switch (reader.member(RESOURCE)) {
        case 0:
          this.#attributes(record.resourceAttributes, this.#needs.resource_attributes);
          break;
        case 1:
          record.resourceDroppedAttributes = this.#uint32();
          break;
        default:
          reader.ignore();
      }
    } while (reader.nextMember());
  }

  #scope(): void {
    const { record } = this;
    const reader = this.#reader;
    if (!reader.enterObject()) return;
    do {
      switch (reader.member(SCOPE)) {
        case 0:
          if (!this.#needs.scope_name) reader.skip();
          else {
            reader.string();
            record.scopeNameStart = reader.start;
            record.scopeNameEnd = reader.stop;
          }
          break;
        case 1:
          if (!this.#needs.scope_version) reader.skip();
          else {
            reader.string();
            record.scopeVersionStart = reader.start;
            record.scopeVersionEnd = reader.stop;
          }
          break;
        case 2:
          this.#attributes(record.scopeAttributes, this.#needs.scope_attributes);
          break;
        case 3:
          record.scopeDroppedAttributes = this.#uint32();
          break;
        default:
          reader.ignore();
      }
    } while (reader.nextMember());
  }

  #complete(list: AttributeList): void {
    if (list.count === 0) return;
    list.finish(this.arena);
    list.encode(this.arena);
  }

  #logRecord(): void {
    const { record } = this;
    record.clearRecord();
    this.arena.limitRendering(this.#recordLimit);
    const taken = this.#withinValue(() => {
      this.#fields();
      if (record.attributes.count > 0) record.attributes.finish(this.arena);
      this.#target.accept(record);
    });
    if (!taken) this.#target.reject();
  }

  #fields(): void {
    const { record } = this;
    const reader = this.#reader;
    const needs = this.#needs;
    if (reader.isNull() || !reader.enterObject()) return;
    do {
      switch (reader.member(RECORD)) {
        case 0:
          this.#uint64();
          record.timeLo = this.#lo;
          record.timeHi = this.#hi;
          break;
        case 1:
          this.#uint64();
          record.observedLo = this.#lo;
          record.observedHi = this.#hi;
          break;
        case 2:
          record.severityNumber = this.#severity();
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
          this.#attributes(record.attributes, needs.attributes);
          break;
        case 6:
          record.droppedAttributes = this.#uint32();
          break;
        case 7:
          record.flags = this.#uint32();
          break;
        case 8:
          if (!needs.trace_id) reader.skip();
          else {
            this.#id(TRACE_ID_DIGITS);
            record.traceIdStart = reader.start;
            record.traceIdEnd = reader.stop;
          }
          break;
        case 9:
          if (!needs.span_id) reader.skip();
          else {
            this.#id(SPAN_ID_DIGITS);
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
  #attributes(list: AttributeList, needed: boolean): void {
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
  #id(usualDigits: number): void {
    const { arena } = this;
    const reader = this.#reader;
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
    if (stop - start !== usualDigits) this.#target.unusualId();
    if (lower) return;
    reader.start = arena.top;
    arena.copy(start, stop);
    bytes = arena.bytes;
    // Digits have this bit already, capitals get it.
    for (let i = reader.start; i < arena.top; i++) bytes[i] |= 0x20;
    reader.stop = arena.top;
  }

  #uint32(): number {
    const reader = this.#reader;
    const small = readSmallUint(reader);
    if (small >= 0) return small;
    const at = reader.at;
    const value = readBigInt(reader);
    if (value < 0n || value > 0xffffffffn) reader.fail("integer out of range for uint32", at);
    return Number(value);
  }

  /** Reads into `#lo` and `#hi`. */
  #uint64(): void {
    const reader = this.#reader;
    const { bytes } = this.arena;
    const quoted = bytes[reader.at] === 0x22;
    const start = quoted ? reader.at + 1 : reader.at;
    const first = bytes[start];
    let at = start;
    let high = 0;
    let low = 0;
    // Nineteen digits are below 2^64: ten of them, then nine, each exact as a double.
    for (; at < start + 10 && isDigit(bytes[at]); at++) high = high * 10 + (bytes[at] - 0x30);
    if (at === start + 10) {
      for (; at < start + 19 && isDigit(bytes[at]); at++) low = low * 10 + (bytes[at] - 0x30);
    }
    if (at === start + 19 && first !== 0x30 && (quoted ? bytes[at] === 0x22 : !continuesNumber(bytes[at]))) {
      reader.at = quoted ? at + 1 : at;
      this.#combine(high, low);
      return;
    }
    const from = reader.at;
    const value = readBigInt(reader);
    if (BigInt.asUintN(64, value) !== value) reader.fail("integer out of range for uint64", from);
    this.#lo = Number(BigInt.asIntN(32, value));
    this.#hi = Number(BigInt.asIntN(32, value >> 32n));
  }

  /** high × 10^9 + low, for high < 10^10 and low < 10^9, as two's complement halves. */
  #combine(high: number, low: number): void {
    const upper = Math.floor(high / 65_536) * 1e9;
    const lower = (upper % 65_536) * 65_536 + (high % 65_536) * 1e9 + low;
    this.#lo = lower | 0;
    this.#hi = (Math.floor(upper / 65_536) + Math.floor(lower / 4_294_967_296)) | 0;
  }

  #severity(): number {
    const reader = this.#reader;
    const small = readSmallUint(reader);
    if (small >= 0) return small;
    const at = reader.at;
    if (reader.byte === 0x22) {
      reader.string();
      const index = SEVERITIES.find(this.arena.bytes, reader.start, reader.stop);
      if (index >= 0) return index;
      reader.at = at;
    }
    const value = readBigInt(reader);
    if (BigInt.asIntN(32, value) !== value) reader.fail("integer out of range for an enum", at);
    return Number(value);
  }

  /** Runs a step; false if what it rendered was too large. */
  #within(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      return false;
    }
  }

  /** The same for a step that reads one value: in any case the reader then stands behind it. */
  #withinValue(step: () => void): boolean {
    const reader = this.#reader;
    const at = reader.at;
    const within = this.#within(() => {
      step();
      this.arena.check();
    });
    if (within) return true;
    reader.at = at;
    reader.skip();
    return false;
  }

  #once(seenAt: number): void {
    if (seenAt !== NOT_SEEN) this.#reader.fail("a field occurs twice");
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

const SEVERITIES = new FieldNames([
  "SEVERITY_NUMBER_UNSPECIFIED",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) =>
    ["", "2", "3", "4"].map((step) => `SEVERITY_NUMBER_${name}${step}`)
  ),
]);
