/**
 * JavaScript values into columns: results of transforms, and arrays and maps from JSON. One function is made per column
 * when a program is created; it holds all decisions that depend on types.
 */
import {
  ArrayWriter,
  type ChType,
  type ColumnWriter,
  MapWriter,
  NullableWriter,
  TupleWriter,
} from "../../native/mod.ts";
import type { FieldType } from "../../config/field_type.ts";
import { kindName } from "./coerce.ts";
import { RowError } from "./errors.ts";
import { ExactNumber } from "./exact_number.ts";
import { scalarWriter } from "./scalar_writer.ts";

/** Appends exactly one value; throws, with the column to be rolled back, if the value does not fit. */
export type PutValue = (value: unknown) => void;

/** `element`: inside an array, map or tuple, where nothing declares a type. `key`: the text that is a map's key. */
export type DeclaredType = FieldType | "element" | "key";

/** `milliseconds`: integers meant for a date-time count those instead of seconds. */
export function valueWriter(writer: ColumnWriter, declared: DeclaredType, milliseconds = false): PutValue {
  const { type } = writer;
  if (writer instanceof NullableWriter) {
    const put = valueWriter(writer.inner, declared, milliseconds);
    return (value) => {
      if (value === null || value === undefined) writer.putNull();
      else {
        writer.beginValue();
        put(value);
      }
    };
  }
  if (writer instanceof ArrayWriter) return arrayWriter(writer, declared === "element");
  if (writer instanceof MapWriter) return mapWriter(writer);
  if (writer instanceof TupleWriter) return tupleWriter(writer);
  const put = scalarWriter(writer, type, declared, milliseconds);
  return (value) => {
    if (value === null || value === undefined) writer.putDefault();
    else put(value);
  };
}

function arrayWriter(writer: ArrayWriter, inside: boolean): PutValue {
  const { inner } = writer.type;
  const put = valueWriter(writer.inner, "element");
  return (value) => {
    if (inside && (value === null || value === undefined)) return writer.putDefault();
    if (!Array.isArray(value)) throw new RowError(`expected an array, got ${kindName(value)}`);
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i];
      if (inner.kind === "Map" && !isObject(element) && element !== null && element !== undefined) {
        throw new RowError(`array element at index ${i} is not a map, got ${kindName(element)}`);
      }
      put(element);
    }
    writer.endRow();
  };
}

/** Values of text columns are made texts whatever they are; null is empty. */
function mapWriter(writer: MapWriter): PutValue {
  const putKey = valueWriter(writer.keys, "key");
  const putEntry = valueWriter(writer.values, isText(writer.type.value) ? "string" : "element");
  return (value) => {
    if (value !== null && value !== undefined) {
      if (!isObject(value)) throw new RowError(`expected a map, got ${kindName(value)}`);
      for (const key of Object.keys(value)) {
        putKey(key);
        putEntry(value[key]);
      }
    }
    writer.endRow();
  };
}

/** Elements by position from an array, by name from a map: what the map lacks is default, what it has besides is ignored. */
function tupleWriter(writer: TupleWriter): PutValue {
  const { elements } = writer.type;
  const puts = writer.elements.map((element) => valueWriter(element, "element"));
  const named = elements[0].name !== undefined;
  return (value) => {
    if (value === null || value === undefined) return writer.putDefault();
    if (Array.isArray(value)) {
      if (value.length !== elements.length) {
        throw new RowError(`expected ${elements.length} elements of a tuple, got ${value.length}`);
      }
      for (let i = 0; i < puts.length; i++) puts[i](value[i]);
    } else {
      if (!named || !isObject(value)) {
        throw new RowError(`expected ${named ? "a map or an array" : "an array"}, got ${kindName(value)}`);
      }
      for (let i = 0; i < puts.length; i++) puts[i](ownMember(value, elements[i].name!));
    }
    writer.endRow();
  };
}

function ownMember(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isText(type: ChType): boolean {
  return type.kind === "Nullable" || type.kind === "LowCardinality" ? isText(type.inner) : type.kind === "String";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
