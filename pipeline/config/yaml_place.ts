/** Finding the node of a YAML document that a location such as `body.sink.mapping[0].name` is about. */
import { isMap, isScalar, isSeq } from "yaml";

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
  const named = (matches: (name: string) => boolean) =>
    node.items.find(({ key }) => isScalar(key) && typeof key.value === "string" && matches(key.value));
  const pair = named((name) => name === key) ?? named((name) => name.toLowerCase() === key.toLowerCase());
  return pair && { node: pair.value, keyNode: pair.key };
}
