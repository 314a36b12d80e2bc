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
import { JsonRecordReader } from "./json_record.ts";
import { readUint32 } from "./json_scalars.ts";
import { LogRecord, type LogRecordTarget, type LogsNeeds } from "./log_record.ts";
import { utf8Fault } from "./utf8.ts";

const REQUEST = new FieldNames(["resourceLogs"]);
const RESOURCE_LOGS = new FieldNames(["resource", "scopeLogs", "schemaUrl"]);
const SCOPE_LOGS = new FieldNames(["scope", "logRecords", "schemaUrl"]);
const LOG_RECORDS = 1;
const RESOURCE = new FieldNames(["attributes", "droppedAttributesCount"]);
const SCOPE = new FieldNames(["name", "version", "attributes", "droppedAttributesCount"]);
const NOT_SEEN = -1;
/** Seen, and its records have been read. */
const READ = -2;
/** How near the end of a body a schema URL must stand to be looked for before records are read. */
const TAIL_BYTES = 512;
/** A schema URL follows records that were taken without it. */
const LATE_FIELD = new Error("a field of the records' group follows them");

export class LogsJsonDecoder {
  readonly record = new LogRecord();
  readonly #reader: JsonReader;
  readonly #records: JsonRecordReader;
  #needs!: LogsNeeds;
  #target!: LogRecordTarget;
  #recordLimit = 0;
  /** Whether groups are searched for a schema URL before their records are read; else it is hoped that none follows. */
  #lookAhead = false;
  /** Where the record arrays of a resource that was stepped over end: the last one first. */
  readonly #recordEnds: number[] = [];

  constructor(readonly arena: Arena) {
    this.#reader = new JsonReader(arena);
    this.#records = new JsonRecordReader(this.#reader, this.record);
  }

  /** As {@link LogsProtoDecoder.decode}. */
  decode(needs: LogsNeeds, target: LogRecordTarget, recordLimit: number): void {
    const { arena } = this;
    this.#needs = needs;
    this.#target = target;
    this.#recordLimit = recordLimit;
    if (!isUtf8(arena.bytes.subarray(0, arena.bodyLength))) {
      throw new MalformedPayload("the body is not UTF-8", utf8Fault(arena.bytes, 0, arena.bodyLength));
    }
    this.#lookAhead = endsWithSchemaUrl(arena);
    const { top } = arena;
    try {
      this.#request();
    } catch (error) {
      if (error !== LATE_FIELD) throw error;
      this.#lookAhead = true;
      arena.top = top;
      target.restart();
      this.#request();
    }
  }

  #request(): void {
    const reader = this.#reader;
    this.record.clearRequest();
    reader.open(this.arena.bodyLength);
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
    this.#recordEnds.length = 0;
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
          scopesAt = resourceAt === NOT_SEEN || (this.#lookAhead && this.#needs.resource_schema_url) ? reader.at : READ;
          if (scopesAt !== READ) this.#skipScopes();
          else {
            tooLarge = !this.#within(() => this.#complete(record.resourceAttributes)) || tooLarge;
            this.#each(() => this.#scopeLogs(tooLarge));
          }
          break;
        case 2:
          if (!this.#needs.resource_schema_url) reader.skip();
          else {
            if (scopesAt === READ) throw LATE_FIELD;
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

  /** Steps over the groups of a resource, and remembers where their records end. */
  #skipScopes(): void {
    const reader = this.#reader;
    if (!reader.enterArray()) return;
    do {
      if (reader.isNull() || !reader.enterObject()) continue;
      do {
        const isRecords = reader.member(SCOPE_LOGS) === LOG_RECORDS;
        reader.ignore();
        if (isRecords) this.#recordEnds.push(reader.at);
      } while (reader.nextMember());
    } while (reader.nextElement());
    this.#recordEnds.reverse();
  }

  #scopeLogs(resourceTooLarge: boolean): void {
    const { record, arena } = this;
    const reader = this.#reader;
    record.clearScope();
    arena.limitRendering(this.#recordLimit);
    if (reader.isNull() || !reader.enterObject()) return;
    let scopeAt = NOT_SEEN;
    let recordsAt = NOT_SEEN;
    let recordsEnd: number | undefined;
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
          recordsEnd = this.#recordEnds.pop();
          recordsAt = scopeAt === NOT_SEEN || (this.#lookAhead && this.#needs.scope_schema_url) ? reader.at : READ;
          if (recordsAt !== READ) {
            if (recordsEnd === undefined) reader.skip();
            else reader.at = recordsEnd;
          } else {
            tooLarge = !this.#within(() => this.#complete(record.scopeAttributes)) || tooLarge;
            this.#logRecords(tooLarge);
          }
          break;
        case 2:
          if (!this.#needs.scope_schema_url) reader.skip();
          else {
            if (recordsAt === READ) throw LATE_FIELD;
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
    const { arena } = this;
    const reader = this.#reader;
    if (!reader.enterArray()) return;
    const base = arena.top;
    do {
      arena.top = base;
      if (tooLarge) {
        reader.skip();
        this.#target.reject();
      } else this.#logRecord();
    } while (reader.nextElement());
  }

  #resource(): void {
    const { record } = this;
    const reader = this.#reader;
    if (!reader.enterObject()) return;
    do {
      switch (reader.member(RESOURCE)) {
        case 0:
          this.#records.attributes(record.resourceAttributes, this.#needs.resource_attributes);
          break;
        case 1:
          record.resourceDroppedAttributes = readUint32(reader);
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
          this.#records.attributes(record.scopeAttributes, this.#needs.scope_attributes);
          break;
        case 3:
          record.scopeDroppedAttributes = readUint32(reader);
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
    const { record, arena } = this;
    const reader = this.#reader;
    const { at } = reader;
    record.clearRecord();
    arena.limitRendering(this.#recordLimit);
    try {
      this.#records.read(this.#needs, this.#target);
      if (record.attributes.count > 0) record.attributes.finish(arena);
      arena.check();
      this.#target.accept(record);
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      reader.at = at;
      reader.skip();
      this.#target.reject();
    }
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

/** Whether a schema URL ends the last group, so that it probably ends the others too. */
function endsWithSchemaUrl({ bytes, view, bodyLength }: Arena): boolean {
  for (let at = Math.max(3, bodyLength - TAIL_BYTES); at < bodyLength; at++) {
    if (bytes[at] === 0x55 && view.getInt32(at - 3) === 0x656d6155) return true;
  }
  return false;
}
