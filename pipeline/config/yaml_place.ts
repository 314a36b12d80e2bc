/** Finding the node of a YAML document that a location such as `body.sink.mapping[0].name` is about. */
import { isMap, isScalar, isSeq, type YAMLMap } from "yaml";

/** Line and column, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type PathKey = string | number;

/** `body.sink.mapping[0].name` as `sink`, `mapping`, 0, `name`: the first part names the whole. */
export function pathKeys(path: string): PathKey[] {
  const parts = [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)];
  return parts.slice(1).map(([text, index]) => index === undefined ? text : Number(index));
}

/** The element or property of a node; names match as in bodies, in any case. */
export function childOf(node: unknown, key: PathKey): { node: unknown; keyNode: unknown } | undefined {
  if (isSeq(node) && typeof key === "number") {
    return key < node.items.length ? { node: node.items[key], keyNode: undefined } : undefined;
  }
  if (!isMap(node) || typeof key !== "string") return undefined;
  let names = NAMES.get(node);
  if (names === undefined) NAMES.set(node, names = namesOf(node));
  const pair = names.get(key) ?? names.get(key.toLowerCase());
  return pair && { node: pair.value, keyNode: pair.key };
}

type Pair = YAMLMap["items"][number];

/** A hostile document has a finding for each of very many keys. */
const NAMES = new WeakMap<YAMLMap, Map<string, Pair>>();

/** The first pair of each name as it is written, and, where that is no other's, in small letters. */
function namesOf(node: YAMLMap): Map<string, Pair> {
  const names = new Map<string, Pair>();
  const add = (name: string, pair: Pair) => {
    if (!names.has(name)) names.set(name, pair);
  };
  const named = node.items.flatMap((pair) =>
    isScalar(pair.key) && typeof pair.key.value === "string" ? [{ name: pair.key.value, pair }] : []
  );
  for (const { name, pair } of named) add(name, pair);
  for (const { name, pair } of named) add(name.toLowerCase(), pair);
  return names;
}
