// Built-in functions on arrays and maps. Maps give their keys in code point order, those with any keys as they came.
import { EvaluationError } from "./errors.ts";
import { read, spend, visit, walking } from "./budget.ts";
import { characterCount } from "./bytes.ts";
import { equal, less, orderText } from "./compare.ts";
import { AnyMap } from "./any_map.ts";
import { array, index, isMap, typeOf } from "./values.ts";
import { fetch } from "./access.ts";

export function len(value: unknown): bigint {
  if (typeof value === "string") {
    read(value);
    return BigInt(characterCount(value));
  }
  if (Array.isArray(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  if (value instanceof AnyMap) return BigInt(value.size);
  throw new EvaluationError(`invalid argument for len (type ${typeOf(value)})`);
}

/** Of anything without elements, nil. */
export function first(value: unknown): unknown {
  return elementOrNil(value, 0n);
}

export function last(value: unknown): unknown {
  return elementOrNil(value, -1n);
}

function elementOrNil(value: unknown, at: bigint): unknown {
  return Array.isArray(value) || typeof value === "string" ? get(value, at) : null;
}

/** As member access, but nil for what is not there. */
export function get(container: unknown, key: unknown): unknown {
  if (typeof container === "string" || Array.isArray(container)) index(key, "the index of get()");
  else if (!isMap(container) && !(container instanceof AnyMap)) return null;
  else return fetch(container, key);
  try {
    return fetch(container, key);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

export function take(value: unknown, count: unknown): unknown[] {
  const elements = array(value, "take()");
  if (typeof count !== "bigint") throw new EvaluationError(`cannot take ${typeOf(count)} elements`);
  if (count < 0n) throw new EvaluationError("take() cannot take a negative number of elements");
  return made(elements.slice(0, Number(count)));
}

export function keys(value: unknown): unknown[] {
  return made(entriesOf(value, "keys()").map(([key]) => key));
}

export function values(value: unknown): unknown[] {
  return made(entriesOf(value, "values()").map(([, element]) => element));
}

export function toPairs(value: unknown): unknown[] {
  return made(entriesOf(value, "toPairs()"));
}

function entriesOf(value: unknown, where: string): [key: unknown, element: unknown][] {
  if (value instanceof AnyMap) return value.entries().map(({ key, value }) => [key, value ?? null]);
  if (!isMap(value)) throw new EvaluationError(`${where} needs a map, not ${typeOf(value)}`);
  return Object.keys(value).sort(orderText).map((key) => [key, value[key] ?? null]);
}

export function fromPairs(value: unknown): AnyMap {
  const result = new AnyMap();
  for (const pair of made(array(value, "fromPairs()"))) {
    if (!Array.isArray(pair) || pair.length !== 2) throw new EvaluationError("fromPairs() needs pairs [key, value]");
    result.set(pair[0], pair[1]);
  }
  return result;
}

export function reverse(value: unknown): unknown[] {
  return made(array(value, "reverse()").toReversed());
}

export function uniq(value: unknown): unknown[] {
  const seen = new Set<unknown>();
  const containers: unknown[] = [];
  return made(
    array(value, "uniq()").filter((element) => {
      if (typeof element === "object" && element !== null) {
        visit(containers.length);
        if (containers.some((other) => equal(other, element))) return false;
        containers.push(element);
        return true;
      }
      const key = typeof element === "bigint" ? Number(element) : element;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}

/** Joins arrays into one. */
export function concat(...parts: unknown[]): unknown[] {
  return made(parts.flatMap((part) => array(part, "concat()")));
}

/** Takes the elements out of inner arrays of any depth. */
export function flatten(value: unknown): unknown[] {
  return made(walking(() => flattened(array(value, "flatten()"))));
}

/** An array that stands in several places gives its elements at each of them. */
export function flattened(values: readonly unknown[], into: unknown[] = []): unknown[] {
  visit(4 * (1 + values.length));
  for (const value of values) {
    if (Array.isArray(value)) flattened(value, into);
    else into.push(value);
  }
  return into;
}

/** Of anything but an array, nil. */
export function sort(value: unknown, order: unknown = "asc"): unknown[] | null {
  const sign = direction(order, "sort()");
  if (!Array.isArray(value)) return null;
  const sorted = value.toSorted((a, b) => less(a, b) ? -sign : less(b, a) ? sign : 0);
  return made(sorted);
}

export function direction(order: unknown, name: string): 1 | -1 {
  if (order === "asc") return 1;
  if (order === "desc") return -1;
  throw new EvaluationError(`${name}: the order must be "asc" or "desc"`);
}

function made<T>(result: T[]): T[] {
  spend(result.length);
  return result;
}
