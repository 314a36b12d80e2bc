/**
 * AnyValue in protobuf → text. Strings stay where they are in the body; everything else is rendered into the arena.
 * Arrays and key-value lists become plain JSON (keys sorted, of equal keys the last one kept), bytes hex, or base64
 * inside JSON.
 */
import type { Arena } from "./arena.ts";
import { AttributeList } from "./attribute_list.ts";
import { putBase64, putHex, putJsonString } from "./byte_text.ts";
import { MalformedPayload } from "./errors.ts";
import { putInt64, putJsonDouble, putPlainDouble } from "./number_text.ts";
import { isUtf8, utf8Fault } from "./utf8.ts";
import { MAX_DEPTH, WireReader } from "./wire.ts";

/** Tags of AnyValue's fields: number × 8 + wire type. */
const STRING = 0x0a;
const BOOL = 0x10;
const INT = 0x18;
const DOUBLE = 0x21;
const ARRAY = 0x2a;
const KVLIST = 0x32;
const BYTES = 0x3a;
const STRING_INDEX = 0x40;
const UNSET = 0;

export class ProtoValueReader {
  /** The text of the last {@link read}: a range of the arena. */
  start = 0;
  end = 0;
  readonly #reader = new WireReader();
  /** One list of entries per nesting level. */
  readonly #entries: AttributeList[] = [];
  // The last field found by #find, decoded as far as it needs no rendering.
  #from = 0;
  #to = 0;
  #lo = 0;
  #hi = 0;

  constructor(readonly arena: Arena) {}

  /** Renders the AnyValue at [start, end) of the body. */
  read(start: number, end: number): void {
    const { arena } = this;
    const kind = this.#find(start, end);
    if (kind === STRING) {
      this.start = this.#from;
      this.end = this.#to;
      return;
    }
    const from = arena.top;
    switch (kind) {
      case BOOL:
        arena.ascii((this.#lo | this.#hi) !== 0 ? "true" : "false");
        break;
      case INT:
        putInt64(arena, this.#lo, this.#hi);
        break;
      case DOUBLE:
        putPlainDouble(arena, arena.view.getFloat64(this.#from, true));
        break;
      case BYTES:
        putHex(arena, this.#from, this.#to);
        break;
      case ARRAY:
        this.#array(this.#from, this.#to, 1);
        break;
      case KVLIST:
        this.#object(this.#from, this.#to, 1);
        break;
    }
    arena.check();
    this.start = from;
    this.end = arena.top;
  }

  /** Finds the last field of an AnyValue that sets its value; returns its tag, or {@link UNSET}. */
  #find(start: number, end: number): number {
    const reader = this.#reader;
    const { bytes, view } = this.arena;
    reader.open(bytes, start);
    let kind = UNSET;
    while (reader.at < end) {
      const tag = reader.tag(end);
      switch (tag) {
        case STRING:
        case ARRAY:
        case KVLIST:
        case BYTES: {
          const stop = reader.extent(end);
          this.#from = reader.at;
          this.#to = reader.at = stop;
          if (tag === STRING && !isUtf8(bytes, view, this.#from, stop)) {
            throw new MalformedPayload("invalid UTF-8 in a string value", utf8Fault(bytes, this.#from, stop));
          }
          break;
        }
        case BOOL:
        case INT:
        case STRING_INDEX:
          reader.varint(end);
          this.#lo = reader.lo;
          this.#hi = reader.hi;
          break;
        case DOUBLE:
          this.#from = reader.at;
          reader.advance(8, end);
          break;
        default:
          reader.skip(tag, end);
          continue;
      }
      kind = tag;
    }
    return kind;
  }

  /** Appends the AnyValue at [start, end) as JSON. */
  #json(start: number, end: number, depth: number): void {
    const { arena } = this;
    switch (this.#find(start, end)) {
      case STRING:
        return putJsonString(arena, this.#from, this.#to);
      case BOOL:
        return arena.ascii((this.#lo | this.#hi) !== 0 ? "true" : "false");
      case INT:
        return putInt64(arena, this.#lo, this.#hi);
      case DOUBLE:
        return putJsonDouble(arena, arena.view.getFloat64(this.#from, true));
      case ARRAY:
        return this.#array(this.#from, this.#to, depth + 1);
      case KVLIST:
        return this.#object(this.#from, this.#to, depth + 1);
      case BYTES:
        arena.byte(0x22);
        putBase64(arena, this.#from, this.#to);
        return arena.byte(0x22);
      case STRING_INDEX:
        return arena.ascii('""');
      default:
        return arena.ascii("null");
    }
  }

  /** ArrayValue: field 1, repeated AnyValue. */
  #array(start: number, end: number, depth: number): void {
    const { arena } = this;
    this.#descend(start, depth);
    arena.byte(0x5b);
    const reader = this.#reader;
    let first = true;
    for (let at = start; at < end;) {
      reader.open(arena.bytes, at);
      const tag = reader.tag(end);
      if (tag !== 0x0a) {
        reader.skip(tag, end);
        at = reader.at;
        continue;
      }
      const stop = reader.extent(end);
      if (!first) arena.byte(0x2c);
      first = false;
      this.#json(reader.at, stop, depth);
      at = stop;
    }
    arena.byte(0x5d);
  }

  /** KeyValueList: field 1, repeated KeyValue. */
  #object(start: number, end: number, depth: number): void {
    const { arena } = this;
    this.#descend(start, depth);
    const reader = this.#reader;
    const entries = this.#entries[depth] ??= new AttributeList();
    entries.forget();
    reader.open(arena.bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag !== 0x0a) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.extent(end);
      this.#entry(entries, stop);
    }
    entries.finish(arena);
    arena.byte(0x7b);
    for (let i = 0; i < entries.count; i++) {
      if (i > 0) arena.byte(0x2c);
      const spans = entries.spans;
      putJsonString(arena, spans[4 * i], spans[4 * i + 1]);
      arena.byte(0x3a);
      this.#json(spans[4 * i + 2], spans[4 * i + 3], depth);
    }
    arena.byte(0x7d);
  }

  /** KeyValue up to `end`: key 1, value 2. The value is only located. */
  #entry(entries: AttributeList, end: number): void {
    const reader = this.#reader;
    const { bytes, view } = this.arena;
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
    if (!isUtf8(bytes, view, keyStart, keyEnd)) {
      throw new MalformedPayload("invalid UTF-8 in a key", utf8Fault(bytes, keyStart, keyEnd));
    }
    entries.add(keyStart, keyEnd, valueStart, valueEnd);
  }

  #descend(at: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new MalformedPayload(`nested deeper than ${MAX_DEPTH} levels`, at);
    this.arena.check();
  }
}
