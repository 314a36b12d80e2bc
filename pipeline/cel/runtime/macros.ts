// The comprehensions behind the macros. `all` and `exists` absorb errors when another element decides the result.
import { spend, visit } from "../../expr/budget.ts";
import { equals } from "./compare.ts";
import { hasKey, rangeOf } from "./containers.ts";
import { bool, FAILURE_STEPS } from "./logic.ts";
import { isMap, noOverload } from "./values.ts";

type Predicate = (element: unknown) => unknown;

export function all(range: unknown, predicate: Predicate): boolean {
  return decide(range, predicate, false);
}

export function exists(range: unknown, predicate: Predicate): boolean {
  return decide(range, predicate, true);
}

/** `decisive` as soon as one element gives it; otherwise the first error, or the opposite. */
function decide(range: unknown, predicate: Predicate, decisive: boolean): boolean {
  const elements = rangeOf(range);
  let failure: { readonly error: unknown } | null = null;
  for (const element of elements) {
    visit(1);
    try {
      if (bool(predicate(element)) === decisive) return decisive;
    } catch (error) {
      visit(FAILURE_STEPS);
      failure ??= { error };
    }
  }
  if (failure !== null) throw failure.error;
  return !decisive;
}

export function existsOne(range: unknown, predicate: Predicate): boolean {
  return select(range, predicate).length === 1;
}

export function filter(range: unknown, predicate: Predicate): unknown[] {
  const kept = select(range, predicate);
  spend(kept.length);
  return kept;
}

function select(range: unknown, predicate: Predicate): unknown[] {
  const elements = rangeOf(range);
  visit(elements.length);
  return elements.filter((element) => bool(predicate(element)));
}

export function mapEach(range: unknown, transform: Predicate): unknown[] {
  const elements = rangeOf(range);
  visit(elements.length);
  spend(elements.length);
  return elements.map((element) => transform(element));
}

/** `map` with a condition */
export function mapWhere(range: unknown, predicate: Predicate, transform: Predicate): unknown[] {
  return filter(range, predicate).map((element) => transform(element));
}

/** `value in container` */
export function isIn(value: unknown, container: unknown): boolean {
  if (isMap(container)) return hasKey(container, value);
  if (!Array.isArray(container)) throw noOverload("in", value, container);
  visit(container.length);
  return container.some((element) => equals(value, element));
}
