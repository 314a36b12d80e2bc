/** Bodies that are a configuration: JSON or YAML, version 3 or 2. Version 2 is converted, then read as if it had been 3. */
import { convertV2, isV2 } from "../../pipeline/config/mod.ts";
import { compileExpression, ExpressionError } from "../../pipeline/expr/mod.ts";
import type { ConfigurationBody } from "./body.ts";

/** The same body in version 3. Places in a YAML text are told only of what the client wrote itself. */
export function inVersion3(body: ConfigurationBody): ConfigurationBody {
  if (!isV2(body.value)) return body;
  const value = preview(body);
  return { value, read: (reader) => reader(value) };
}

/** Converts version 2, whatever it looks like. @throws {ConfigError} */
export function preview(body: ConfigurationBody): Record<string, unknown> {
  return body.read((value) => convertV2(value, namesIn));
}

function namesIn(expression: string): Iterable<string> {
  try {
    return compileExpression(expression, null, "stateless").fields;
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}
