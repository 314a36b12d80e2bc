/**
 * How a mapping or a key names its value: a field of the feeding schema, or one key of a map field.
 */
import type { FieldDecl } from "./field_type.ts";

/** A field, or with `key` the value under that key of a map field. */
export interface FieldRef {
  readonly field: string;
  readonly key?: string;
}

/** Types of a schema's fields by name. */
export function fieldTypes(fields: readonly FieldDecl[]): ReadonlyMap<string, FieldDecl["type"]> {
  return new Map(fields.map((field) => [field.name, field.type]));
}

const SUBSCRIPT = /^([^[\]]+)\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]$/s;
const LONGEST_NAME = 1000;

/**
 * Resolves `field`, `map['key']` or `map.key` (everything after the map's name is the key, dots included) against a
 * schema. A field of exactly that name wins, then the longest map field. Undefined if nothing in the schema fits.
 */
export function fieldResolver(fields: readonly FieldDecl[]): (name: string) => FieldRef | undefined {
  const types = fieldTypes(fields);
  return (name) => {
    if (types.has(name)) return { field: name };
    if (name.length > LONGEST_NAME) return undefined;
    const subscript = SUBSCRIPT.exec(name);
    if (subscript !== null && types.get(subscript[1]) === "map") {
      return { field: subscript[1], key: (subscript[2] ?? subscript[3]).replace(/\\(.)/gs, "$1") };
    }
    for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
      const field = name.slice(0, dot);
      if (types.get(field) === "map" && dot + 1 < name.length) return { field, key: name.slice(dot + 1) };
    }
    return undefined;
  };
}

/** One name against one schema; see {@link fieldResolver}. */
export function resolveFieldRef(name: string, fields: readonly FieldDecl[]): FieldRef | undefined {
  return fieldResolver(fields)(name);
}
