// Custom functions on maps. Arguments of another type give false or nothing, not an error.
import { need } from "./custom_arguments.ts";
import { spend, visit } from "./budget.ts";
import { orderText } from "./compare.ts";
import { lenientText } from "./format.ts";
import { isMap } from "./values.ts";

/** Whether any key starts with one of the prefixes. */
export function customHasKeyPrefix(...args: unknown[]): boolean {
  need(args, 2, "hasKeyPrefix");
  const [map, prefixes] = args;
  if (!isMap(map) || !Array.isArray(prefixes)) return false;
  const wanted = prefixes.map(lenientText);
  const names = Object.keys(map);
  visit(names.length * wanted.length);
  return names.some((key) => wanted.some((prefix) => key.startsWith(prefix)));
}

/** Whether the map has one of the keys. */
export function customHasAnyKey(...args: unknown[]): boolean {
  need(args, 2, "hasAnyKey");
  const [map, names] = args;
  if (!isMap(map) || !Array.isArray(names)) return false;
  visit(names.length);
  return names.some((name) => Object.hasOwn(map, lenientText(name)));
}

export function customKeys(...args: unknown[]): string[] {
  need(args, 1, "keys");
  if (!isMap(args[0])) return [];
  const names = Object.keys(args[0]).sort(orderText);
  spend(names.length);
  return names;
}
