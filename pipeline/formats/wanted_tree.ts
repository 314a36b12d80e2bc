/** Wanted fields by the names of the records around them. */
import type { WantedField } from "./field.ts";

export interface WantedNode {
  /** −1: only something inside of it is wanted. */
  slot: number;
  readonly inside: Map<string, WantedNode>;
}

export function wantedTree(fields: readonly WantedField[]): ReadonlyMap<string, WantedNode> {
  const root: WantedNode = { slot: -1, inside: new Map() };
  fields.forEach(({ name }, slot) => {
    let node = root;
    for (const part of name.split(".")) {
      let next = node.inside.get(part);
      if (!next) node.inside.set(part, next = { slot: -1, inside: new Map() });
      node = next;
    }
    node.slot = slot;
  });
  return root.inside;
}
