/** An output of one stateless transform as the expressions of the next one see it. */
import type { FieldType } from "../../config/field_type.ts";
import { kindName } from "./coerce.ts";
import { RowError } from "./errors.ts";

/** What a map holds under a key; undefined where it has no such key, or there is no map. Other values have no members. */
export function memberOf(value: unknown, key: string): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw new RowError(`expected a map, got ${kindName(value)}`);
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/**
 * The next transform was checked against the declared type, and relies on it. Conversion makes texts, numbers and booleans
 * what they are declared as; outputs of other types pass as they are, so they are looked at here. Numbers become doubles,
 * as all numbers of an event are.
 */
export function outputValue(value: unknown, declared: FieldType, name: string): unknown {
  if (value === null || value === undefined) return null;
  switch (declared) {
    case "string":
      if (typeof value === "string") return value;
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "array":
      if (Array.isArray(value)) return value;
      break;
    case "map":
      if (typeof value === "object" && !Array.isArray(value)) return value;
      break;
    default:
      if (typeof value === "number") return value;
      if (typeof value === "bigint") return Number(value);
  }
  throw new RowError(
    `output ${JSON.stringify(name)} of the transform before is declared ${declared}, got ${kindName(value)}`,
  );
}
