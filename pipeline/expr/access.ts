// Member access, slices, membership.
import { EvaluationError } from "./errors.ts";
import { equal } from "./compare.ts";
import { spend, visit } from "./budget.ts";
import { index, isMap, newMap, typeOf, type ValueMap } from "./values.ts";
import { byteLength, byteSlice, utf8 } from "./bytes.ts";

/** `object[key]`: a missing map key is nil, a missing element is an error. */
export function fetch(object: unknown, key: unknown): unknown {
  if (Array.isArray(object)) {
    const at = position(object.length, key, object);
    return object[at] ?? null;
  }
  if (isMap(object)) {
    if (typeof key !== "string") throw unfetchable(object, key);
    return Object.hasOwn(object, key) ? object[key] ?? null : null;
  }
  if (typeof object === "string") {
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

/** Bounds may be negative (from the end) and are cut to the value; strings are sliced by bytes. */
export function slice(object: unknown, from: unknown, to: unknown): unknown {
  const isText = typeof object === "string";
  if (!isText && !Array.isArray(object)) throw new EvaluationError(`cannot slice ${typeOf(object)}`);
  const length = isText ? byteLength(object) : object.length;
  let start = from === null ? 0 : index(from, "a slice bound");
  let end = to === null ? length : index(to, "a slice bound");
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
  if (!isMap(container)) throw new EvaluationError(`operator "in" not defined on ${typeOf(container)}`);
  if (value === null || value === undefined) return false;
  if (typeof value !== "string") {
    throw new EvaluationError(`cannot use ${typeOf(value)} as a key of ${typeOf(container)}`);
  }
  return Object.hasOwn(container, value);
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

/** A map literal: keys and values in turn; of equal keys the last one counts. */
export function mapOf(...entries: unknown[]): ValueMap {
  spend(entries.length / 2);
  const result = newMap();
  for (let i = 0; i < entries.length; i += 2) {
    const key = entries[i];
    if (typeof key !== "string") throw new EvaluationError(`a map key must be a string, not ${typeOf(key)}`);
    result[key] = entries[i + 1];
  }
  return result;
}

export function arrayOf(...elements: unknown[]): unknown[] {
  spend(elements.length);
  return elements;
}
