// The functions that call a predicate for each element. Predicates get (element, index).
import { EvaluationError } from "./errors.ts";
import { add } from "./arithmetic.ts";
import { spend, visit } from "./budget.ts";
import { direction } from "./collections.ts";
import { less } from "./compare.ts";
import { AnyMap } from "./any_map.ts";
import { utf8 } from "./bytes.ts";
import { array, bool, isMap } from "./values.ts";

export type Predicate = (element: unknown, index: number) => unknown;

export function all(source: unknown, test: Predicate): boolean {
  return elements(source, "all()").every((element, i) => bool(test(element, i), "the predicate of all()"));
}

export function any(source: unknown, test: Predicate): boolean {
  return elements(source, "any()").some((element, i) => bool(test(element, i), "the predicate of any()"));
}

export function none(source: unknown, test: Predicate): boolean {
  return !elements(source, "none()").some((element, i) => bool(test(element, i), "the predicate of none()"));
}

export function one(source: unknown, test: Predicate): boolean {
  return matching(elements(source, "one()"), test, "one()") === 1;
}

export function count(source: unknown, test: Predicate | null): bigint {
  return BigInt(matching(elements(source, "count()"), test ?? ((element) => element), "count()"));
}

function matching(elements: unknown[], test: Predicate, name: string): number {
  let found = 0;
  elements.forEach((element, i) => {
    if (bool(test(element, i), `the predicate of ${name}`)) found++;
  });
  return found;
}

export function filter(source: unknown, test: Predicate): unknown[] {
  const kept = elements(source, "filter()").filter((element, i) => bool(test(element, i), "the predicate of filter()"));
  spend(kept.length);
  return kept;
}

/** The language's map(); named so because a map is also a value here. */
export function mapEach(source: unknown, change: Predicate): unknown[] {
  const items = elements(source, "map()");
  spend(items.length);
  return items.map((element, i) => change(element, i));
}

export function sum(source: unknown, change: Predicate | null): unknown {
  let total: unknown = 0n;
  elements(source, "sum()").forEach((element, i) => {
    total = add(change === null ? element : change(element, i), total);
  });
  return total;
}

export function find(source: unknown, test: Predicate): unknown {
  const items = elements(source, "find()");
  return items[firstIndex(items, test, "find()")] ?? null;
}

export function findIndex(source: unknown, test: Predicate): bigint | null {
  const at = firstIndex(elements(source, "findIndex()"), test, "findIndex()");
  return at < 0 ? null : BigInt(at);
}

function firstIndex(elements: unknown[], test: Predicate, name: string): number {
  return elements.findIndex((element, i) => bool(test(element, i), `the predicate of ${name}`));
}

export function findLast(source: unknown, test: Predicate): unknown {
  const items = elements(source, "findLast()");
  return items[lastIndex(items, test, "findLast()")] ?? null;
}

export function findLastIndex(source: unknown, test: Predicate): bigint | null {
  const at = lastIndex(elements(source, "findLastIndex()"), test, "findLastIndex()");
  return at < 0 ? null : BigInt(at);
}

function lastIndex(elements: unknown[], test: Predicate, name: string): number {
  return elements.findLastIndex((element, i) => bool(test(element, i), `the predicate of ${name}`));
}

export function groupBy(source: unknown, key: Predicate): AnyMap {
  const items = elements(source, "groupBy()");
  spend(items.length);
  const groups = new AnyMap();
  items.forEach((element, i) => {
    const name = key(element, i);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [element]);
    else (group as unknown[]).push(element);
  });
  return groups;
}

/** Stable. */
export function sortBy(source: unknown, key: Predicate, order: unknown = "asc"): unknown[] {
  const items = elements(source, "sortBy()");
  spend(items.length);
  const sign = direction(order, "sortBy()");
  return items
    .map((element, i) => ({ element, key: key(element, i) }))
    .sort((a, b) => less(a.key, b.key) ? -sign : less(b.key, a.key) ? sign : 0)
    .map(({ element }) => element);
}

/** Without an initial value (`undefined`) the first element is the initial value. */
export function reduce(
  source: unknown,
  step: (accumulator: unknown, element: unknown, index: number) => unknown,
  initial?: unknown,
): unknown {
  const items = elements(source, "reduce()");
  if (initial === undefined && items.length === 0) {
    throw new EvaluationError("reduce of empty array with no initial value");
  }
  let accumulator = initial === undefined ? items[0] : initial;
  for (let i = initial === undefined ? 1 : 0; i < items.length; i++) {
    accumulator = step(accumulator, items[i], i);
  }
  return accumulator;
}

/** Those of an array, the bytes of a string, and none of an empty map. */
function elements(source: unknown, name: string): unknown[] {
  let items: unknown[];
  if (typeof source === "string") items = Array.from(utf8(source), BigInt);
  else if (isMap(source) && Object.keys(source).length === 0) items = [];
  else if (source instanceof AnyMap && source.size === 0) items = [];
  else items = array(source, name);
  visit(items.length);
  return items;
}
