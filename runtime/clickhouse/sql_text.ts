/** Writing values and names into SQL text. */
import { exception } from "./errors.ts";

/** A string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A quoted identifier. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

/** `SET` for settings and query parameters. Names come from the URL, so they are checked. */
export function setStatement(settings: ReadonlyMap<string, string>, parameters: ReadonlyMap<string, string>): string {
  const parts: string[] = [];
  for (const [name, value] of settings) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw exception(115, "UNKNOWN_SETTING", `Unknown setting '${name}'`);
    parts.push(`${name} = ${literal(value)}`);
  }
  for (const [name, value] of parameters) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw exception(457, "BAD_QUERY_PARAMETER", `'${name}' is not a name for a query parameter`);
    }
    parts.push(`param_${name} = ${literal(value)}`);
  }
  return `SET ${parts.join(", ")}`;
}
