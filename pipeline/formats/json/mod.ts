/**
 * JSON sources with a registry: records bear the id of their schema, and each schema must have the source's fields. The
 * schema that the configuration was made with is taken for what the configuration says.
 */
import type { Scanner } from "../../scan/mod.ts";
import { SchemaError } from "../errors.ts";
import { incompatibility } from "../field.ts";
import { FramedRecords, type RecordSource, type RegisteredSchema } from "../records.ts";
import { jsonFields } from "./fields.ts";

class JsonRecords extends FramedRecords {
  protected readonly only = null;

  constructor(source: RecordSource, readonly json: Pick<Scanner, "scan" | "errorText">) {
    super(source);
    const version = Number(source.version);
    if (Number.isInteger(version)) this.learn(version, OWN);
  }

  protected scanner(schema: RegisteredSchema) {
    if (schema !== OWN) this.#check(schema);
    return (bytes: Uint8Array, start: number, end: number) =>
      this.json.scan(bytes, start, end) === 0 ? null : this.json.errorText();
  }

  #check({ type, text }: RegisteredSchema): void {
    if (type !== "JSON") throw new SchemaError(`it is of type ${type}, the source reads json`);
    const found = jsonFields(text);
    if (found.length === 0) throw new SchemaError("it has no fields");
    // Objects are not among a schema's fields, so nothing can be said of them.
    const problem = incompatibility(this.source.fields.filter((field) => field.type !== "map"), found);
    if (problem !== null) throw new SchemaError(problem);
  }
}

const OWN: RegisteredSchema = { type: "JSON", text: "", references: [] };

export const bindRecords = (source: RecordSource, json: Pick<Scanner, "scan" | "errorText">) =>
  new JsonRecords(source, json);
