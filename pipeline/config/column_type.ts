/**
 * Which ClickHouse column types a mapping may name: exactly those that the Native codec can write, and those that need
 * parameters without them, since the table has them.
 */
import { parseType, UnsupportedType } from "../native/mod.ts";

/** Types whose mapping may leave the parameters to the table, also inside another type; a text with labels has them. */
const WITHOUT_PARAMETERS = /\b(?:DateTime64|FixedString|Enum8|Enum16)\b(?!\s*\()/g;
const ANY_PARAMETERS: Readonly<Record<string, string>> = {
  DateTime64: "DateTime64(3)",
  FixedString: "FixedString(1)",
  Enum8: "Enum8('' = 0)",
  Enum16: "Enum16('' = 0)",
};
/** Nobody writes a longer one by hand. */
const MAX_LENGTH = 100_000;

/** Whether the product can write columns of this type. */
export function isKnownColumnType(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  try {
    parseType(withAnyParameters(text));
    return true;
  } catch (error) {
    if (error instanceof UnsupportedType) return false;
    throw error;
  }
}

/** The type with some parameters where it needs them and has none: as good as the table's own where they do not matter. */
export function withAnyParameters(text: string): string {
  return text.includes("'") ? text : text.replaceAll(WITHOUT_PARAMETERS, (name) => ANY_PARAMETERS[name]);
}
