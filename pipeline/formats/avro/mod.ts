/** Avro sources: the fields of their schema, and their records → columns. */
import type { Target } from "../../scan/mod.ts";
import { SchemaError } from "../errors.ts";
import { type FormatField, incompatibility } from "../field.ts";
import { BinaryRecords, type MakeReader, type RecordSource } from "../records.ts";
import { avroFields } from "./fields.ts";
import { avroReader } from "./reader.ts";
import { parseAvro } from "./schema.ts";

export const MAX_AVRO_BYTES = 64 << 10;

/** @throws {SchemaError} */
export function fieldsOfAvro(file: string): FormatField[] {
  return avroFields(parseAvro(file));
}

export const makeAvroReader: MakeReader = ({ type, text, references }, { fields }) => {
  if (type !== "AVRO") throw new SchemaError(`it is of type ${type}, the source reads avro`);
  const schema = parseAvro(text, references.map((each) => each.text));
  const problem = incompatibility(fields, avroFields(schema));
  if (problem !== null) throw new SchemaError(problem);
  return avroReader(schema, fields);
};

export const bindRecords = (source: RecordSource, columns: readonly (Target | null)[]) =>
  new BinaryRecords(source, makeAvroReader, "AVRO", columns);
