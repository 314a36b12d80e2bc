// Reads of one key of a map column: looked up in the column, without making the map.
import type { Checked } from "../expr/checked.ts";
import { stringText } from "../expr/generate_literal.ts";

type Lookup = (field: string, key: string) => string | null;

/** JS text for `field["key"]`, `has(field.key)` or `"key" in field` by way of the access's own look-up, or null. */
export function mapAccess(node: Extract<Checked, { kind: "call" }>, lookup: Lookup | undefined): string | null {
  if (lookup === undefined || node.args.length !== 2) return null;
  const [first, second] = node.target === "cel.isIn" ? [node.args[1], node.args[0]] : node.args;
  if (first.kind !== "field" || second.kind !== "literal" || typeof second.value !== "string") return null;
  switch (node.target) {
    case "cel.index":
    case "cel.select": {
      const text = lookup(first.name, second.value);
      return text === null ? null : `rt.cel.found(${text}, ${stringText(second.value)})`;
    }
    case "cel.has":
    case "cel.isIn": {
      const text = lookup(first.name, second.value);
      return text === null ? null : `(${text} !== null)`;
    }
    default:
      return null;
  }
}
