// Makes syntax nodes and keeps the promise of their number and height.
import { CelSyntaxError } from "./errors.ts";
import { type CelNode, type CelShape, MAX_HEIGHT, MAX_NODES } from "./syntax.ts";

export class NodeBuilder {
  #count = 0;

  make(position: number, shape: CelShape): CelNode {
    const height = 1 + Math.max(0, ...children(shape).map((child) => child.height));
    if (height > MAX_HEIGHT) {
      throw new CelSyntaxError(`the expression is nested deeper than ${MAX_HEIGHT} levels`, position);
    }
    if (++this.#count > MAX_NODES) {
      throw new CelSyntaxError(`the expression has more than ${MAX_NODES} parts`, position);
    }
    return { ...shape, position, height };
  }
}

export function children(node: CelShape): readonly CelNode[] {
  switch (node.kind) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [node.object];
    case "index":
      return [node.object, node.index];
    case "call":
      return node.receiver === null ? node.args : [node.receiver, ...node.args];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "logic":
      return node.operands;
    case "conditional":
      return [node.test, node.then, node.otherwise];
    case "list":
      return node.elements;
    case "map":
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
  }
}
