// Lists and maps: making them, reading them, and the one way to look up a key.
import { spend } from "../../expr/budget.ts";
import { EvaluationError } from "../../expr/errors.ts";
import { isMap, KeyedMap, keyOf, noOverload, type ObjectMap, typeName, Uint } from "./values.ts";

export interface Entry {
  readonly value: unknown;
}

/** The entry of a key, or undefined. Its value is never undefined. */
export function entryOf(map: ObjectMap | KeyedMap, key: unknown): Entry | undefined {
  if (map instanceof KeyedMap) {
    const found = keyOf(key);
    return found === null ? undefined : map.entries.get(found);
  }
  return typeof key === "string" && Object.hasOwn(map, key) ? { value: map[key] ?? null } : undefined;
}

export function entriesOf(map: ObjectMap | KeyedMap): [key: unknown, value: unknown][] {
  if (!(map instanceof KeyedMap)) return Object.entries(map).map(([key, value]) => [key, value ?? null]);
  return [...map.entries.values()].map(({ key, value }) => [key, value]);
}

export function sizeOf(map: ObjectMap | KeyedMap): number {
  return map instanceof KeyedMap ? map.entries.size : Object.keys(map).length;
}

/** What a comprehension goes over: a list's elements, a map's keys. */
export function rangeOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isMap(value)) return entriesOf(value).map(([key]) => key);
  throw new EvaluationError(`a value of type ${typeName(value)} has no elements: use a list or a map`);
}

export function listOf(...elements: unknown[]): unknown[] {
  spend(elements.length);
  return elements;
}

/** Keys and values in turn; of equal keys the last one counts. @throws EvaluationError for a key of a wrong type */
export function mapOf(...parts: unknown[]): ObjectMap | KeyedMap {
  spend(parts.length / 2);
  const result = new KeyedMap();
  let textual = true;
  for (let i = 0; i < parts.length; i += 2) {
    const key = typeof parts[i] === "number" ? null : keyOf(parts[i]);
    if (key === null) throw new EvaluationError(`unsupported key type: ${typeName(parts[i])}`);
    result.entries.set(key, { key: parts[i], value: parts[i + 1] });
    textual &&= typeof key === "string";
  }
  if (!textual) return result;
  const plain: ObjectMap = Object.create(null);
  for (const [key, { value }] of result.entries) plain[String(key)] = value;
  return plain;
}

/** `container[key]` */
export function index(container: unknown, key: unknown): unknown {
  if (isMap(container)) {
    const entry = entryOf(container, key);
    if (entry !== undefined) return entry.value;
    throw noSuchKey(key);
  }
  if (!Array.isArray(container)) throw noOverload("[]", container, key);
  const at = position(container, key);
  if (at < 0 || at >= container.length) {
    throw new EvaluationError(`index ${at} out of range of a list of ${container.length}`);
  }
  return container[at] ?? null;
}

function position(list: readonly unknown[], key: unknown): number {
  const number = key instanceof Uint ? key.value : key;
  if (typeof number === "bigint") return Number(number);
  if (typeof number === "number" && Number.isInteger(number)) return number;
  throw noOverload("[]", list, key);
}

function noSuchKey(key: unknown): EvaluationError {
  const name = key instanceof Uint ? key.value : typeof key === "object" ? typeName(key) : key;
  return new EvaluationError(`no such key: ${name}`);
}

/** `object.field` of a value whose type is only known now */
export function select(object: unknown, field: string): unknown {
  if (!isMap(object)) throw new EvaluationError(`no such overload: a ${typeName(object)} has no field ${field}`);
  return index(object, field);
}

/** `has(object.field)`: what is no container has no fields */
export function has(object: unknown, field: string): boolean {
  if (Array.isArray(object)) throw noOverload("has", object);
  return isMap(object) && entryOf(object, field) !== undefined;
}

/** A map's value that was looked up in place: null stands for absent. */
export function found(value: string | null, key: string): string {
  if (value === null) throw noSuchKey(key);
  return value;
}

export function hasKey(map: unknown, key: unknown): boolean {
  if (!isMap(map)) throw noOverload("in", key, map);
  return entryOf(map, key) !== undefined;
}
