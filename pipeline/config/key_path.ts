/**
 * Deduplication keys. A key is a path (`span_id`, `attributes.order_id`, `attributes.service\.name`) or several
 * paths put together, as an object `{"a":trace_id,"b":span_id}` or as an array `[trace_id,span_id]`. This is the
 * part of the GJSON path language that names values of flat records; wildcards, queries and modifiers are refused.
 */
import type { FieldDecl } from "./field_type.ts";
import { type FieldRef, fieldTypes } from "./field_ref.ts";

export type KeyPath =
  | { readonly kind: "value"; readonly value: FieldRef }
  | { readonly kind: "object"; readonly members: readonly { readonly name: string; readonly value: FieldRef }[] }
  | { readonly kind: "array"; readonly items: readonly FieldRef[] };

/** A text is not a usable key. The message says what to write instead. */
export class KeyPathError extends Error {
  override readonly name = "KeyPathError";
}

/** @throws {KeyPathError} */
export function parseKeyPath(text: string): KeyPath {
  const path = text.trim();
  if (path === "") throw new KeyPathError("key must not be empty");
  const open = path[0];
  if (open !== "{" && open !== "[") return { kind: "value", value: valuePath(path) };
  const close = open === "{" ? "}" : "]";
  if (path.length < 2 || !path.endsWith(close)) throw new KeyPathError(`composite key must end with ${close}`);
  const parts = splitTop(path.slice(1, -1));
  if (open === "[") return { kind: "array", items: parts.map((part) => valuePath(part.trim())) };
  const members = parts.map((part) => member(part.trim()));
  if (new Set(members.map((each) => each.name)).size < members.length) {
    throw new KeyPathError("composite key must not use a name twice");
  }
  return { kind: "object", members };
}

/** The values a key is made of, in order. */
export function keyRefs(path: KeyPath): readonly FieldRef[] {
  if (path.kind === "value") return [path.value];
  return path.kind === "array" ? path.items : path.members.map((each) => each.value);
}

/** Why the key cannot be taken from records of this schema, or undefined if it can. */
export function keyPathProblem(path: KeyPath, fields: readonly FieldDecl[]): string | undefined {
  const types = fieldTypes(fields);
  for (const ref of keyRefs(path)) {
    const type = types.get(ref.field);
    if (type === undefined) return `key field ${JSON.stringify(ref.field.slice(0, 100))} not found in schema`;
    if (ref.key !== undefined && type !== "map") {
      return `key field ${JSON.stringify(ref.field.slice(0, 100))} is not a map, so it has no keys to address`;
    }
  }
  return undefined;
}

function member(part: string): { name: string; value: FieldRef } {
  const named = /^"((?:[^"\\]|\\.)*)"\s*:(.*)$/s.exec(part) ?? /^([A-Za-z_]\w*)\s*:(.*)$/s.exec(part);
  if (named === null) {
    const value = valuePath(part);
    return { name: value.key ?? value.field, value };
  }
  return { name: named[1].replace(/\\(.)/gs, "$1"), value: valuePath(named[2].trim()) };
}

function valuePath(path: string): FieldRef {
  const segments = [""];
  for (let i = 0; i < path.length; i++) {
    const c = path[i];
    if (c === "\\") {
      if (++i === path.length) throw new KeyPathError("key must not end with a backslash");
      segments[segments.length - 1] += path[i];
    } else if (c === ".") segments.push("");
    else if ("*?|#{}[],\"'".includes(c) || (c === "@" && segments[segments.length - 1] === "")) {
      throw new KeyPathError(
        'key must be a field, a map field and its key ("attributes.order_id"), or a composite of these ' +
          '({"a":trace_id,"b":span_id}); write a backslash before special characters of a map key',
      );
    } else segments[segments.length - 1] += c;
  }
  if (segments.some((segment) => segment === "")) throw new KeyPathError("key must not have empty parts");
  const [field, ...rest] = segments;
  return rest.length === 0 ? { field } : { field, key: rest.join(".") };
}

/** Splits at commas outside quotes; a backslash protects the next character. */
function splitTop(text: string): string[] {
  const parts = [""];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") parts[parts.length - 1] += c + (text[++i] ?? "");
    else if (c === "," && !quoted) parts.push("");
    else {
      if (c === '"') quoted = !quoted;
      parts[parts.length - 1] += c;
    }
  }
  if (parts.some((part) => part.trim() === "")) throw new KeyPathError("composite key must not have empty parts");
  return parts;
}
