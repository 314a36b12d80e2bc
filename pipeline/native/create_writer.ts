/** The writer of each column type. */
import {
  BFloat16Writer,
  Fixed16Writer,
  Fixed32Writer,
  Fixed64Writer,
  Fixed8Writer,
  type FixedWriter,
  Float32Writer,
  Float64Writer,
} from "./fixed_writer.ts";
import { JsonWriter } from "./json_writer.ts";
import { LowCardinalityWriter } from "./low_cardinality_writer.ts";
import { ArrayWriter, MapWriter, NullableWriter, TupleWriter } from "./nested_writers.ts";
import { StringWriter } from "./string_writer.ts";
import { Enum16Writer, Enum8Writer, FixedStringWriter, IPv4Writer, IPv6Writer, UUIDWriter } from "./text_writers.ts";
import { type ChType, decimalWidth } from "./types.ts";
import { WideWriter } from "./wide_writer.ts";
import type { ColumnWriter } from "./writer.ts";

/** The engine's default of Date32 is its first day, 1900-01-01. */
const DATE32_DEFAULT = -25567;

export function createWriter(type: ChType): ColumnWriter {
  switch (type.kind) {
    case "String":
      return new StringWriter();
    case "Int":
    case "UInt":
      return integerWriter(type, type.bits);
    case "Decimal":
      return integerWriter(type, (decimalWidth(type) * 8) as 32 | 64 | 128 | 256);
    case "Float":
      if (type.bits === 16) return new BFloat16Writer(type);
      return type.bits === 32 ? new Float32Writer(type) : new Float64Writer(type);
    case "Bool":
      return new Fixed8Writer(type);
    case "Date":
      return new Fixed16Writer(type);
    case "Date32":
      return new Fixed32Writer(type, DATE32_DEFAULT);
    case "DateTime":
    case "Time":
      return new Fixed32Writer(type);
    case "DateTime64":
    case "Time64":
      return new Fixed64Writer(type);
    case "JSON":
      return new JsonWriter(type);
    case "Enum":
      return type.bits === 8 ? new Enum8Writer(type) : new Enum16Writer(type);
    case "FixedString":
      return new FixedStringWriter(type);
    case "UUID":
      return new UUIDWriter();
    case "IPv4":
      return new IPv4Writer();
    case "IPv6":
      return new IPv6Writer();
    case "Nullable":
      return new NullableWriter(type, createWriter(type.inner));
    case "LowCardinality": {
      const inner = type.inner.kind === "Nullable" ? type.inner.inner : type.inner;
      return new LowCardinalityWriter(type, createWriter(inner));
    }
    case "Array":
      return new ArrayWriter(type, createWriter(type.inner));
    case "Map":
      return new MapWriter(type, createWriter(type.key), createWriter(type.value));
    case "Tuple":
      return new TupleWriter(type, type.elements.map((element) => createWriter(element.type)));
  }
}

function integerWriter(type: ChType, bits: 8 | 16 | 32 | 64 | 128 | 256): FixedWriter {
  switch (bits) {
    case 8:
      return new Fixed8Writer(type);
    case 16:
      return new Fixed16Writer(type);
    case 32:
      return new Fixed32Writer(type);
    case 64:
      return new Fixed64Writer(type);
    case 128:
    case 256:
      return new WideWriter(type, bits);
  }
}
