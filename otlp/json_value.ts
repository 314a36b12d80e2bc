/**
 * AnyValue in OTLP/JSON → the same text as `proto_value.ts` makes of protobuf. Source: OTLP specification 1.11, "JSON
 * Protobuf Encoding", on top of the proto3 JSON mapping: 64-bit integers as text or number, doubles also as text,
 * bytes in base64 of either alphabet, null for a default.
 */
import type { Arena } from "./arena.ts";
import { AttributeList } from "./attribute_list.ts";
import { putBase64, putHex, putJsonString } from "./byte_text.ts";
import { FieldNames } from "./field_names.ts";
import type { JsonReader } from "./json_reader.ts";
import { isPlainDecimal, isPlainInteger, readBase64, readBigInt, readDouble } from "./json_scalars.ts";
import { putInt64, putJsonDouble, putPlainDouble } from "./number_text.ts";
import { MAX_DEPTH } from "./wire.ts";

const ANY_VALUE = new FieldNames([
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
  "bytesValue",
  "arrayValue",
  "kvlistValue",
]);
const STRING = 0;
const BOOL = 1;
const INT = 2;
const DOUBLE = 3;
const BYTES = 4;
const ARRAY = 5;
const KVLIST = 6;

// Little-endian words of {"stringValue":", how most values are written.
const STRING_VALUE_0 = 0x7473227b;
const STRING_VALUE_4 = 0x676e6972;
const STRING_VALUE_8 = 0x756c6156;
const STRING_VALUE_12 = 0x223a2265;

const VALUES = new FieldNames(["values"]);
const KEY_VALUE = new FieldNames(["key", "value"]);

export class JsonValueReader {
  /** The text of the last {@link read}: a range of the arena. */
  start = 0;
  end = 0;
  readonly #arena: Arena;
  readonly #entries: AttributeList[] = [];

  constructor(readonly reader: JsonReader) {
    this.#arena = reader.arena;
  }

  /** Renders the AnyValue that comes next. */
  read(): void {
    const { reader } = this;
    const from = this.#arena.top;
    const { view } = this.#arena;
    const { at } = reader;
    if (
      view.getInt32(at, true) === STRING_VALUE_0 && view.getInt32(at + 4, true) === STRING_VALUE_4 &&
      view.getInt32(at + 8, true) === STRING_VALUE_8 && view.getInt32(at + 12, true) === STRING_VALUE_12
    ) {
      reader.at = at + 15;
      reader.string();
      this.start = reader.start;
      this.end = reader.stop;
      if (!reader.nextMember()) return this.#arena.check();
    } else {
      this.start = this.end = from;
      if (reader.isNull() || !reader.enterObject()) return;
    }
    do {
      const kind = reader.member(ANY_VALUE);
      if (kind < 0) {
        reader.ignore();
        continue;
      }
      this.#arena.top = from;
      this.#text(kind);
    } while (reader.nextMember());
    this.#arena.check();
  }

  /** Reads one member of an AnyValue; sets {@link start} and {@link end}. */
  #text(kind: number): void {
    const { reader } = this;
    const arena = this.#arena;
    if (
      kind === STRING || (kind === INT && isPlainInteger(reader)) || (kind === DOUBLE && isPlainDecimal(reader))
    ) {
      if (kind === STRING) reader.string();
      this.start = reader.start;
      this.end = reader.stop;
      return;
    }
    let from = arena.top;
    switch (kind) {
      case BOOL:
        arena.ascii(reader.boolean() ? "true" : "false");
        break;
      case INT:
        this.#integer();
        break;
      case DOUBLE: {
        const value = readDouble(reader);
        putPlainDouble(arena, value);
        break;
      }
      case BYTES: {
        const bytes = readBase64(reader);
        from = arena.top;
        putHex(arena, bytes, from);
        break;
      }
      case ARRAY:
        this.#array(1);
        break;
      case KVLIST:
        this.#object(1);
        break;
    }
    this.start = from;
    this.end = arena.top;
  }

  /** Appends the AnyValue that comes next as JSON. */
  #json(depth: number): void {
    const { reader } = this;
    const arena = this.#arena;
    const from = arena.top;
    if (!reader.isNull() && reader.enterObject()) {
      do {
        const kind = reader.member(ANY_VALUE);
        if (kind < 0) {
          reader.ignore();
          continue;
        }
        arena.top = from;
        this.#jsonOf(kind, depth);
      } while (reader.nextMember());
    }
    if (arena.top === from) arena.ascii("null");
  }

  #jsonOf(kind: number, depth: number): void {
    const { reader } = this;
    const arena = this.#arena;
    const from = arena.top;
    switch (kind) {
      case STRING: {
        reader.string();
        const unescaped = arena.top;
        putJsonString(arena, reader.start, reader.stop);
        return this.#close(from, unescaped);
      }
      case BOOL:
        return arena.ascii(reader.boolean() ? "true" : "false");
      case INT:
        return this.#integer();
      case DOUBLE:
        return putJsonDouble(arena, readDouble(reader));
      case BYTES: {
        const bytes = readBase64(reader);
        const decoded = arena.top;
        arena.byte(0x22);
        putBase64(arena, bytes, decoded);
        arena.byte(0x22);
        return this.#close(from, decoded);
      }
      case ARRAY:
        return this.#array(depth + 1);
      case KVLIST:
        return this.#object(depth + 1);
    }
  }

  /** Appends an int64 in decimals. */
  #integer(): void {
    const { reader } = this;
    const arena = this.#arena;
    const from = arena.top;
    const value = readBigInt(reader);
    if (BigInt.asIntN(64, value) !== value) reader.fail("integer out of range for int64");
    arena.top = from;
    putInt64(arena, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** ArrayValue: `{"values": [AnyValue]}`. */
  #array(depth: number): void {
    const { reader } = this;
    const arena = this.#arena;
    this.#descend(depth);
    const from = arena.top;
    arena.ascii("[]");
    if (!reader.enterObject()) return;
    do {
      if (reader.member(VALUES) < 0) {
        reader.ignore();
        continue;
      }
      arena.top = from;
      arena.byte(0x5b);
      if (reader.enterArray()) {
        this.#json(depth);
        while (reader.nextElement()) {
          arena.byte(0x2c);
          this.#json(depth);
        }
      }
      arena.byte(0x5d);
    } while (reader.nextMember());
  }

  /** KeyValueList: `{"values": [KeyValue]}`. */
  #object(depth: number): void {
    const { reader } = this;
    const arena = this.#arena;
    this.#descend(depth);
    const from = arena.top;
    const entries = this.#entries[depth] ??= new AttributeList();
    entries.forget();
    if (reader.enterObject()) {
      do {
        if (reader.member(VALUES) < 0) reader.ignore();
        else {
          arena.top = from;
          entries.forget();
          if (reader.enterArray()) {
            do this.#entry(entries); while (reader.nextElement());
          }
        }
      } while (reader.nextMember());
    }
    entries.finish(arena);
    // Behind keys whose escapes were resolved.
    const text = arena.top;
    const after = reader.at;
    arena.byte(0x7b);
    for (let i = 0; i < entries.count; i++) {
      if (i > 0) arena.byte(0x2c);
      putJsonString(arena, entries.spans[4 * i], entries.spans[4 * i + 1]);
      arena.byte(0x3a);
      reader.at = entries.spans[4 * i + 2];
      if (entries.spans[4 * i + 3] > reader.at) this.#json(depth);
      else arena.ascii("null");
    }
    arena.byte(0x7d);
    reader.at = after;
    this.#close(from, text);
  }

  /** KeyValue: `{"key": string, "value": AnyValue}`; the value is only located. */
  #entry(entries: AttributeList): void {
    const { reader } = this;
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
            valueStart = reader.at;
            reader.skip();
            valueEnd = reader.at;
            break;
          default:
            reader.ignore();
        }
      } while (reader.nextMember());
    }
    entries.add(keyStart, keyEnd, valueStart, valueEnd);
  }

  /** Moves text that starts at `text` down to `from`, over what was needed to make it. */
  #close(from: number, text: number): void {
    if (text === from) return;
    const arena = this.#arena;
    arena.bytes.copyWithin(from, text, arena.top);
    arena.top -= text - from;
  }

  #descend(depth: number): void {
    if (depth > MAX_DEPTH) this.reader.fail(`nested deeper than ${MAX_DEPTH} levels`);
    this.#arena.check();
  }
}
