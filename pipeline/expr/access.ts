// Member access, slices, membership.
import { EvaluationError } from "./errors.ts";
import { equal } from "./compare.ts";
import { read, spend, visit } from "./budget.ts";
import { AnyMap } from "./any_map.ts";
import { index, isMap, newMap, typeOf, type ValueMap } from "./values.ts";
import { byteLength, byteSlice, utf8 } from "./bytes.ts";

/** `object[key]`: a missing map key is nil, a missing element is an error. A nil key of a map is the empty one. */
export function fetch(object: unknown, key: unknown): unknown {
  if (Array.isArray(object)) {
    const at = position(object.length, key, object);
    return object[at] ?? null;
  }
  if (isMap(object)) {
    const name = mapKey(key, object);
    return Object.hasOwn(object, name) ? object[name] ?? null : null;
  }
  if (object instanceof AnyMap) return object.get(key) ?? null;
  if (typeof object === "string") {
    read(object);
    const bytes = utf8(object);
    return BigInt(bytes[position(bytes.length, key, object)]);
  }
  throw unfetchable(object, key);
}

function position(length: number, key: unknown, object: unknown): number {
  if (typeof key !== "number" && typeof key !== "bigint") throw unfetchable(object, key);
  const given = index(key, "an index");
  const at = given < 0 ? length + given : given;
  if (at < 0 || at >= length) {
    throw new EvaluationError(`index out of range: ${given} (array length is ${length})`);
  }
  return at;
}

function unfetchable(object: unknown, key: unknown): EvaluationError {
  const name = typeof key === "object" || key === undefined ? typeOf(key) : String(key);
  return new EvaluationError(`cannot fetch ${name} from ${typeOf(object)}`);
}

/** An absent bound is undefined. Bounds may be negative (from the end) and are cut to the value; strings are sliced by bytes. */
export function slice(object: unknown, from: unknown, to: unknown): unknown {
  const isText = typeof object === "string";
  if (!isText && !Array.isArray(object)) throw new EvaluationError(`cannot slice ${typeOf(object)}`);
  if (isText) read(object);
  const length = isText ? byteLength(object) : object.length;
  let start = from === undefined ? 0 : index(from, "a slice bound");
  let end = to === undefined ? length : index(to, "a slice bound");
  if (start < 0) start = Math.max(0, length + start);
  if (end < 0) end = Math.max(0, length + end);
  end = Math.min(end, length);
  start = Math.min(start, end);
  return isText ? byteSlice(object, start, end) : object.slice(start, end);
}

/** `value in container` */
export function isIn(value: unknown, container: unknown): boolean {
  if (container === null || container === undefined) return false;
  if (Array.isArray(container)) {
    visit(container.length);
    return container.some((element) => equal(element, value));
  }
  if (container instanceof AnyMap) return container.has(value);
  if (!isMap(container)) throw new EvaluationError(`operator "in" not defined on ${typeOf(container)}`);
  return Object.hasOwn(container, mapKey(value, container));
}

/** A nil key is the empty one. */
function mapKey(key: unknown, container: unknown): string {
  if (typeof key === "string") return key;
  if (key === null || key === undefined) return "";
  throw new EvaluationError(`cannot use ${typeOf(key)} as a key of ${typeOf(container)}`);
}

/** `value in ["a", "b"]`: the texts are looked up as the keys of a map are, so that other values are an error. */
export function inTexts(value: unknown, texts: readonly string[]): boolean {
  return texts.includes(mapKey(value, texts));
}

/** `value in from..to` without making the range */
export function inRange(value: unknown, from: number, to: number): boolean {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= from && number <= to;
}

export function range(from: unknown, to: unknown): bigint[] {
  const start = index(from, "..");
  const size = Math.max(0, index(to, "..") - start + 1);
  spend(size);
  return Array.from({ length: size }, (_, i) => BigInt(start + i));
}

/** A map literal: keys and values in turn; of equal keys the first one counts. */
export function mapOf(...entries: unknown[]): ValueMap {
  spend(entries.length / 2);
  const result = newMap();
  for (let i = 0; i < entries.length; i += 2) {
    const key = entries[i];
    if (typeof key !== "string") throw new EvaluationError(`a map key must be a string, not ${typeOf(key)}`);
    if (!Object.hasOwn(result, key)) result[key] = entries[i + 1];
  }
  return result;
}

export function arrayOf(...elements: unknown[]): unknown[] {
  spend(elements.length);
  return elements;
}
