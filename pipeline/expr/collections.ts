// Built-in functions on arrays and maps. Maps give their keys in code point order.
import { EvaluationError } from "./errors.ts";
import { spend } from "./budget.ts";
import { characterCount } from "./bytes.ts";
import { equal, less, orderText } from "./compare.ts";
import { array, index, isMap, map, newMap, text, typeOf, type ValueMap } from "./values.ts";
import { fetch } from "./access.ts";

export function len(value: unknown): bigint {
  if (typeof value === "string") return BigInt(characterCount(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  throw new EvaluationError(`invalid argument for len (type ${typeOf(value)})`);
}

export function first(value: unknown): unknown {
  return array(value, "first()")[0] ?? null;
}

export function last(value: unknown): unknown {
  return array(value, "last()").at(-1) ?? null;
}

/** As member access, but nil instead of an error. */
export function get(container: unknown, key: unknown): unknown {
  try {
    return fetch(container, key);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

export function take(value: unknown, count: unknown): unknown[] {
  const size = index(count, "take()");
  if (size < 0) throw new EvaluationError("take() cannot take a negative number of elements");
  return made(array(value, "take()").slice(0, size));
}

export function keys(value: unknown): string[] {
  return made(sortedKeys(map(value, "keys()")));
}

export function values(value: unknown): unknown[] {
  const source = map(value, "values()");
  return made(sortedKeys(source).map((key) => source[key] ?? null));
}

export function toPairs(value: unknown): unknown[] {
  const source = map(value, "toPairs()");
  return made(sortedKeys(source).map((key) => [key, source[key] ?? null]));
}

export function fromPairs(value: unknown): ValueMap {
  const result = newMap();
  for (const pair of made(array(value, "fromPairs()"))) {
    if (!Array.isArray(pair) || pair.length !== 2) throw new EvaluationError("fromPairs() needs pairs [key, value]");
    result[text(pair[0], "a key in fromPairs()")] = pair[1];
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
        spend(containers.length);
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
  return made(array(value, "flatten()").flat(Infinity));
}

export function sort(value: unknown, order: unknown = "asc"): unknown[] {
  const sign = direction(order, "sort()");
  const sorted = array(value, "sort()").toSorted((a, b) => less(a, b) ? -sign : less(b, a) ? sign : 0);
  return made(sorted);
}

export function direction(order: unknown, name: string): 1 | -1 {
  if (order === "asc") return 1;
  if (order === "desc") return -1;
  throw new EvaluationError(`${name}: the order must be "asc" or "desc"`);
}

function sortedKeys(source: ValueMap): string[] {
  return Object.keys(source).sort(orderText);
}

function made<T>(result: T[]): T[] {
  spend(result.length);
  return result;
}
